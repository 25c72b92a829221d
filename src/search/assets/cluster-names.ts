import type { LabelVectors } from "../../encoder.js";
import { dot } from "../../math/dot.js";
import { type Embedding, unit } from "../../math/unit.js";

/** A word for a cluster. */
export interface ClusterWord {
  readonly label: string;
  /** By how much its cosine with the cluster's centre is above the mean of its cosines with the other centres'. */
  readonly lift: number;
}

/** Words that a cluster is told by. */
const WORDS = 3;
/** A word beside the first has at least this share of the first's lift. */
const LEAST_SHARE = 0.6;

/**
 * Centres [k] of f32 [dim] and labels → words for each: those that fit it better than the other clusters, best first. By contrast, as
 * some words are near to all pictures. Two clusters begin with the same word only where
 * no other fits nearly as well.
 */
export function nameClusters(
  centres: readonly Float32Array[],
  { labels, vectors }: LabelVectors,
): ClusterWord[][] {
  const directions = centres.map((centre): Embedding => unit(centre));
  const cosines = directions.map((centre) => vectors.map((vector) => dot(centre, vector)));
  const means = labels.map((_, l) => cosines.reduce((sum, row) => sum + row[l]!, 0) / centres.length);
  const k = centres.length;
  // The mean without the cluster itself.
  const lifts = cosines.map((row) =>
    row.map((cosine, l) => (k > 1 ? (cosine - means[l]!) * (k / (k - 1)) : cosine)),
  );
  const firsts = new Array<number>(k).fill(-1);
  const bests = lifts.map((row) => Math.max(...row));
  const pairs = lifts.flatMap((row, c) => row.map((lift, l) => ({ c, l, lift })));
  const taken = new Set<number>();
  for (const { c, l, lift } of pairs.sort((a, b) => b.lift - a.lift)) {
    if (firsts[c]! >= 0 || taken.has(l) || lift < LEAST_SHARE * bests[c]!) continue;
    firsts[c] = l;
    taken.add(l);
  }
  return lifts.map((row, c) => {
    const order = row.map((lift, l) => ({ label: labels[l]!, lift, l })).sort((a, b) => b.lift - a.lift);
    const first = order.find(({ l }) => l === firsts[c]) ?? order[0];
    if (first === undefined) return [];
    const others = order.filter(
      ({ l, lift }) => l !== first.l && lift >= LEAST_SHARE * first.lift && lift > 0,
    );
    return [first, ...others].slice(0, WORDS).map(({ label, lift }) => ({ label, lift }));
  });
}
