import type { Comparison, LabelVectors } from "../encoder.js";
import { ClipError } from "../errors.js";
import { dot } from "../math/dot.js";
import type { Embedding } from "../math/unit.js";
import { type Calibration, probabilitiesOf } from "./confidence/calibration.js";
import type { ZeroShotWeights } from "./weights.js";

/** One label's answer for one picture. */
export interface Prediction {
  readonly label: string;
  /** Share among all labels of the call, or, of a model that scores by sigmoids, the label's own, 0..1. */
  readonly probability: number;
  /** Cosine of picture and label, −1..1. */
  readonly similarity: number;
  /** Of labels judged each by itself: from the label's threshold on. */
  readonly holds?: boolean;
}

/** Cosines [labels] of a picture and the labels. Raises `runtime.features` where a vector has something that is no number. */
function cosinesOf(image: Embedding, { labels, vectors }: LabelVectors): Float32Array {
  return Float32Array.from(vectors, (vector, i) => checkedCosine(dot(image, vector), labels[i]!));
}

/** Raises `runtime.features` where a picture's cosine with a label is no number. */
export function checkedCosine(cosine: number, label: string): number {
  if (Number.isFinite(cosine)) return cosine;
  throw new ClipError(
    "runtime.features",
    `Expected numbers in the vectors of a picture and of ${JSON.stringify(label)} but their cosine is ${cosine}.`,
  );
}

/** How a picture and the labels go together. */
export function compare(image: Embedding, weights: ZeroShotWeights): Comparison {
  if (weights.compare) return weights.compare(image);
  const scores = cosinesOf(image, weights);
  return { scores, similarities: scores };
}

/** What becomes probabilities [labels]: cosines, of an ensemble logarithms of its probabilities. */
export function similaritiesOf(image: Embedding, weights: ZeroShotWeights): Float32Array {
  return compare(image, weights).scores;
}

/**
 * Picture f32 [dim] × weights → predictions, most probable first; at most `top` of them. A number is a logit scale:
 * plain softmax, not calibrated. Raises `calibrate.labels` for a vector calibration of other labels.
 */
export function predict(
  image: Embedding,
  weights: ZeroShotWeights,
  scale: number | Calibration,
  top = weights.labels.length,
): Prediction[] {
  const calibration =
    typeof scale === "number" ? ({ method: "temperature", logitScale: scale } as const) : scale;
  const { scores, similarities } = compare(image, weights);
  const probabilities = probabilitiesOf(scores, calibration, weights.labels);
  return rank(similarities, probabilities, weights.labels, top);
}

/** Predictions in order of their probabilities; of equal ones the larger cosine is first. */
export function rank(
  similarities: Float32Array,
  probabilities: readonly number[],
  labels: readonly string[],
  top: number,
): Prediction[] {
  const order = labels.map((_, index) => index);
  order.sort((a, b) => probabilities[b]! - probabilities[a]! || similarities[b]! - similarities[a]! || a - b);
  return order.slice(0, Math.max(0, top)).map((index) => ({
    label: labels[index]!,
    probability: probabilities[index]!,
    similarity: similarities[index]!,
  }));
}
