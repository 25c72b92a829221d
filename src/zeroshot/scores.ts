import type { Scoring } from "../math/scoring.js";

/** Cosines of labelled pictures and labels: all that measuring, calibrating and conformal sets need of a model. */
export interface LabelledScores {
  /** Path or position of each picture, for messages. */
  readonly images: readonly string[];
  readonly labels: readonly string[];
  /** [n] position of each picture's label. */
  readonly truth: Int32Array;
  /** [n, labels] −1..1, row-major. */
  readonly similarities: Float32Array;
  /** The model's own multiplier before softmax. */
  readonly logitScale: number;
  /** The model's own scoring; absent: softmax. */
  readonly scoring?: Scoring;
}

/** One picture's cosines [labels]: a view. */
export function rowOf({ similarities, labels }: LabelledScores, i: number): Float32Array {
  return similarities.subarray(i * labels.length, (i + 1) * labels.length);
}

/** The pictures at some positions. */
export function pickScores(scores: LabelledScores, positions: readonly number[]): LabelledScores {
  const width = scores.labels.length;
  const similarities = new Float32Array(positions.length * width);
  for (const [to, from] of positions.entries()) similarities.set(rowOf(scores, from), to * width);
  return {
    ...scores,
    images: positions.map((i) => scores.images[i]!),
    truth: Int32Array.from(positions, (i) => scores.truth[i]!),
    similarities,
  };
}
