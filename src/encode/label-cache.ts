import type { EmbeddingCache } from "../cache/embedding-cache.js";
import type { Embedding } from "../math/unit.js";
import { labelKeys } from "./text-cache.js";

/** Vectors of labels as they were computed, and whether something was to be told about them. */
export interface ComputedLabels {
  readonly vectors: readonly Embedding[];
  /** True where a warning came up: those labels are computed, and told of, each time. */
  readonly warned: boolean;
}

/**
 * Labels (distinct) → their unit vectors: those remembered for these templates, and the others from `compute`. A set that
 * was seen before needs no tokenizer and no model.
 */
export async function rememberedLabels(
  cache: EmbeddingCache,
  labels: readonly string[],
  templates: readonly string[],
  compute: (missing: readonly string[]) => Promise<ComputedLabels>,
): Promise<Embedding[]> {
  const keys = labelKeys(labels, templates);
  const vectors = await cache.get(keys);
  const missing = labels.flatMap((_, i) => (vectors[i] ? [] : [i]));
  if (missing.length > 0) {
    const computed = await compute(missing.map((i) => labels[i]!));
    for (const [row, i] of missing.entries()) {
      const vector = computed.vectors[row]!;
      vectors[i] = vector;
      if (!computed.warned) await cache.put(keys[i]!, vector);
    }
  }
  return vectors as Embedding[];
}
