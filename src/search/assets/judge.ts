import { ClipError } from "../../errors.js";
import { softmax } from "../../math/softmax.js";
import { type IndependentLabels, judgeIndependently } from "../../zeroshot/confidence/independent.js";
import { Vectors } from "../store/vectors.js";

/** A label that a picture gets, and how sure that is. */
export interface Tag {
  readonly label: string;
  /** 0..1: the label's own where thresholds were fitted, else its share among all labels of the set. */
  readonly probability: number;
  /** −1..1 */
  readonly similarity: number;
}

/** What decides where no thresholds were fitted; both found on Flickr8k's validation photos (docs/assets.md). */
export const DEFAULT_RULE = { least: 0.1, most: 5 } as const;

/** How labels are chosen: by thresholds that were fitted, else those whose share is at least `least`, at most `most` of them. */
export type TagRule =
  | { readonly kind: "fitted"; readonly independent: IndependentLabels }
  | {
      readonly kind: "share";
      /** Multiplier of cosines before softmax. */
      readonly logitScale: number;
      /** 0..1 */
      readonly least: number;
      readonly most: number;
    };

/** Unit vectors [n] of f32 [dim] → a function that gives the cosines [n] of any unit vector with them. */
export function similaritiesTo(vectors: readonly Float32Array[]): (vector: Float32Array) => Float32Array {
  const dim = vectors[0]?.length ?? 0;
  const all = new Vectors(dim);
  for (const [i, vector] of vectors.entries()) all.set(i, vector);
  return (vector) => {
    if (vector.length === dim) return all.dots(vector);
    throw new ClipError(
      "search.model",
      `Expected vectors of ${dim} numbers but the store's have ${vector.length}: take the model that made it.`,
    );
  };
}

/** Cosines [labels] of a picture → the labels that it gets, most probable first. */
export function tagsOf(similarities: Float32Array, labels: readonly string[], rule: TagRule): Tag[] {
  if (rule.kind === "fitted") {
    return judgeIndependently(similarities, rule.independent)
      .filter(({ holds }) => holds)
      .map(({ label, probability, similarity }) => ({ label, probability, similarity }));
  }
  const shares = softmax(Array.from(similarities, (cosine) => rule.logitScale * cosine));
  return labels
    .map((label, i) => ({ label, probability: shares[i]!, similarity: similarities[i]! }))
    .filter(({ probability }) => probability >= rule.least)
    .sort((a, b) => b.probability - a.probability)
    .slice(0, rule.most);
}
