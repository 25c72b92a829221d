import { dot } from "../math/dot.js";
import { softmax } from "../math/softmax.js";
import { topK } from "../math/top-k.js";
import type { Embedding } from "../math/unit.js";
import type { ZeroShotWeights } from "./weights.js";

/** One label's answer for one picture. */
export interface Prediction {
  readonly label: string;
  /** Softmax over all labels of the call, 0..1; not calibrated. */
  readonly probability: number;
  /** Cosine of picture and label, −1..1. */
  readonly similarity: number;
}

/** Picture f32 [dim] × weights → predictions, most probable first; at most `top` of them. */
export function predict(
  image: Embedding,
  weights: ZeroShotWeights,
  logitScale: number,
  top = weights.labels.length,
): Prediction[] {
  const similarities = weights.vectors.map((vector) => dot(image, vector));
  const probabilities = softmax(similarities.map((similarity) => logitScale * similarity));
  return topK(similarities, top).map((index) => ({
    label: weights.labels[index]!,
    probability: probabilities[index]!,
    similarity: similarities[index]!,
  }));
}
