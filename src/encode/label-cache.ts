import type { Embedding } from "../math/unit.js";

/** All that a label's vector is made of beside the templates. */
export interface LabelParts {
  readonly words: readonly string[];
  readonly own: readonly string[];
}

/** Vectors of labels by what they were made of. */
export interface LabelVectorCache {
  /** Labels → keys; `recipe` is all that makes prompts of a label, any JSON. */
  keysOf(labels: readonly LabelParts[], recipe: unknown): Uint8Array[];
  get(keys: readonly Uint8Array[]): Promise<(Embedding | undefined)[]>;
  put(key: Uint8Array, vector: Embedding): Promise<void>;
}

/** Takes the vector of the n-th of the labels that are computed, as soon as it is there. */
export type KeepLabel = (row: number, vector: Embedding) => Promise<void>;

/**
 * Keys of labels' prompts → the labels' unit vectors: those remembered, and the others, given by their positions, from
 * `compute`. What that hands to `keep` is remembered even where it is ended later; a set that was seen before needs no
 * tokenizer and no model.
 */
export async function rememberedLabels(
  cache: Pick<LabelVectorCache, "get" | "put">,
  keys: readonly Uint8Array[],
  compute: (missing: readonly number[], keep: KeepLabel) => Promise<readonly Embedding[]>,
): Promise<Embedding[]> {
  const vectors = await cache.get(keys);
  const missing = keys.flatMap((_, i) => (vectors[i] ? [] : [i]));
  if (missing.length > 0) {
    const computed = await compute(missing, (row, vector) => cache.put(keys[missing[row]!]!, vector));
    for (const [row, i] of missing.entries()) vectors[i] = computed[row]!;
  }
  return vectors as Embedding[];
}
