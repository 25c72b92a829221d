import type { Encoder } from "../../encoder.js";
import { ClipError } from "../../errors.js";
import { dot } from "../../math/dot.js";
import type { Embedding } from "../../math/unit.js";
import type { Store } from "../store/store.js";
import { best, checkTop, type Listed, type ListOptions } from "./outliers.js";

/** What pictures are between: the first is what is looked for. */
export type PromptPair = readonly [wanted: string, unwanted: string];

/** Pairs that are asked where none are given. */
export const QUALITY_PAIRS: readonly PromptPair[] = [
  ["a sharp photo", "a blurry photo"],
  ["a well lit photo", "a photo that is too dark"],
  ["a good photo", "a bad photo"],
];
/** More pairs say nothing new. */
const MOST_PAIRS = 100;

/** Encoded pairs. */
export interface QualityDirection {
  readonly pairs: readonly (readonly [Embedding, Embedding])[];
  /** Multiplier of the cosine before the logistic function. */
  readonly logitScale: number;
}

/** Pairs of prompts → their vectors. Raises `search.options`. */
export async function qualityOf(
  encoder: Encoder,
  pairs: readonly PromptPair[] = QUALITY_PAIRS,
): Promise<QualityDirection> {
  if (pairs.length === 0 || pairs.length > MOST_PAIRS || pairs.flat().some((text) => text.trim() === "")) {
    throw new ClipError(
      "search.options",
      `Expected 1 to ${MOST_PAIRS} pairs of words but received ${pairs.length}, or an empty one.`,
    );
  }
  const vectors = await encoder.encodeTexts(pairs.flat());
  const { logitScale, measuredLogitScale } = encoder.model;
  return {
    pairs: pairs.map((_, i) => [vectors[2 * i]!, vectors[2 * i + 1]!] as const),
    logitScale: measuredLogitScale ?? logitScale,
  };
}

/** The mean over the pairs of the probability of the first of both, 0..1. */
export function qualityScore(vector: Float32Array, { pairs, logitScale }: QualityDirection): number {
  const sum = pairs.reduce((total, [wanted, unwanted]) => {
    const margin = dot(vector, wanted) - dot(vector, unwanted);
    return total + 1 / (1 + Math.exp(-logitScale * margin));
  }, 0);
  return sum / pairs.length;
}

export interface QualityOptions extends ListOptions {
  /** True: the worst first. Default false. */
  readonly worst?: boolean;
}

/** Rows by what the pairs say, the best (or worst) first. Raises `search.options` and what the store does. */
export async function sortByQuality(
  store: Store,
  direction: QualityDirection,
  options: QualityOptions = {},
): Promise<Listed[]> {
  const { filter, signal, worst = false, onProgress } = options;
  const top = checkTop(options);
  const total = await store.count(filter);
  const sign = worst ? -1 : 1;
  let list: Listed[] = [];
  let done = 0;
  const scanning = store.scan({
    columns: ["path", "time", "vector"],
    ...(filter ? { filter } : {}),
    ...(signal ? { signal } : {}),
  });
  for await (const rows of scanning) {
    const scored = rows.map(({ vector, ...row }) => ({
      ...row,
      score: sign * qualityScore(vector, direction),
    }));
    list = best([...list, ...scored], top);
    done += rows.length;
    onProgress?.({ done, total: Math.max(total, done) });
  }
  return list.map((row) => ({ ...row, score: sign * row.score }));
}
