import { products } from "./matrix.js";

/** Rows whose products are held at once: 1,000 × 20,000 numbers are 80 MB. */
const BLOCK = 1000;

export interface Neighbour {
  readonly at: number;
  /** Cosine, above 0 */
  readonly near: number;
}

/** [n] each vector's nearest others, at most so many, the nearest first; those with a cosine of 0 or less left out. */
export async function neighboursOf(features: readonly Float32Array[], most: number): Promise<Neighbour[][]> {
  const found: Neighbour[][] = [];
  const count = features.length;
  for (let from = 0; from < count; from += BLOCK) {
    const some = features.slice(from, from + BLOCK);
    const all = await products(some, features);
    for (let i = 0; i < some.length; i++) {
      const best: Neighbour[] = [];
      for (let at = 0; at < count; at++) {
        const near = all[i * count + at]!;
        if (at === from + i || near <= (best[most - 1]?.near ?? 0)) continue;
        best.push({ at, near });
        best.sort((a, b) => b.near - a.near || a.at - b.at);
        best.length = Math.min(best.length, most);
      }
      found.push(best);
    }
  }
  return found;
}
