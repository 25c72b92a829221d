import type { EmbeddingCache } from "../cache/embedding-cache.js";
import type { Embedding } from "../math/unit.js";

/** Vectors of labels as they were computed, and whether something was to be told about them. */
export interface ComputedLabels {
  readonly vectors: readonly Embedding[];
  /** True where a warning came up: those labels are computed, and told of, each time. */
  readonly warned: boolean;
}

/**
 * Keys of labels' prompts → the labels' unit vectors: those remembered, and the others, given by their positions, from
 * `compute`. A set that was seen before needs no tokenizer and no model.
 */
export async function rememberedLabels(
  cache: EmbeddingCache,
  keys: readonly Uint8Array[],
  compute: (missing: readonly number[]) => Promise<ComputedLabels>,
): Promise<Embedding[]> {
  const vectors = await cache.get(keys);
  const missing = keys.flatMap((_, i) => (vectors[i] ? [] : [i]));
  if (missing.length > 0) {
    const computed = await compute(missing);
    for (const [row, i] of missing.entries()) {
      const vector = computed.vectors[row]!;
      vectors[i] = vector;
      if (!computed.warned) await cache.put(keys[i]!, vector);
    }
  }
  return vectors as Embedding[];
}
