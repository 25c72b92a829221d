import { dot } from "../../math/dot.js";

/** What diversity looks at of a hit. */
export interface Diversifiable {
  readonly similarity: number;
  readonly vector: Float32Array;
}

/** Values → 0..1 by least and most; all of them 1 where they are equal. */
function scale(values: readonly number[]): (value: number) => number {
  const least = Math.min(...values);
  const span = Math.max(...values) - least;
  return (value) => (span > 0 ? (value - least) / span : 1);
}

/**
 * Maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998): one after the other the hit with the highest
 * λ · similarity to the query − (1 − λ) · largest similarity to a chosen one. Both are brought to 0..1 over the hits first, because
 * pictures are much nearer to each other than to words. Positions in order; `before` counts as chosen already.
 */
export function diversify(
  hits: readonly Diversifiable[],
  count: number,
  lambda: number,
  before: readonly Float32Array[] = [],
): number[] {
  const near = hits.map(({ vector }) => before.reduce((most, one) => Math.max(most, dot(vector, one)), -1));
  const between = hits.flatMap((a, i) => hits.slice(i + 1).map((b) => dot(a.vector, b.vector)));
  const ofQuery = scale(hits.map(({ similarity }) => similarity));
  const ofHits = scale([...between, ...near.filter((value) => value > -1)]);
  const left = new Set(hits.keys());
  const chosen: number[] = [];
  while (chosen.length < count && left.size > 0) {
    let best = -1;
    let most = Number.NEGATIVE_INFINITY;
    for (const at of left) {
      const alike = near[at]! > -1 ? ofHits(near[at]!) : 0;
      const score = lambda * ofQuery(hits[at]!.similarity) - (1 - lambda) * alike;
      if (score > most) [best, most] = [at, score];
    }
    left.delete(best);
    chosen.push(best);
    for (const at of left) near[at] = Math.max(near[at]!, dot(hits[at]!.vector, hits[best]!.vector));
  }
  return chosen;
}
