import { ClipError } from "../../errors.js";
import { minimise } from "../../math/lbfgs.js";
import { sigmoid } from "../../math/scoring.js";
import { positionsIn } from "./calibration.js";

/** Labels that are judged each by itself: p = σ(slope · cosine + offset), chosen from the label's threshold on. */
export interface IndependentLabels {
  readonly slope: number;
  readonly offset: number;
  readonly labels: readonly string[];
  /** [labels] probability, 0..1. */
  readonly thresholds: readonly number[];
}

/** Pictures for which any number of labels may hold. */
export interface MultiLabelScores {
  readonly labels: readonly string[];
  /** [n, labels] −1..1, row-major. */
  readonly similarities: Float32Array;
  /** [n, labels] 1 where the label holds, else 0. */
  readonly truth: Uint8Array;
}

/** The same for its labels in another order. */
export function independentInOrder(
  independent: IndependentLabels,
  labels: readonly string[],
): IndependentLabels {
  const from = positionsIn(independent.labels, labels);
  return { ...independent, labels, thresholds: from.map((i) => independent.thresholds[i]!) };
}

/** Pictures with a label and without it that a threshold of its own needs; with fewer the common one is used. */
const LEAST_EACH = 5;

/**
 * One slope and offset for all labels (Platt 1999), the likeliest, and for each label the threshold with the best F1 on
 * these pictures. Raises `calibrate.pictures` where no label is ever, or always, there, `calibrate.scores` for lengths that
 * don't go together and cosines that are no numbers.
 */
export function fitIndependent({ labels, similarities, truth }: MultiLabelScores): IndependentLabels {
  checkScores(labels, similarities, truth);
  const positives = truth.reduce((sum, one) => sum + one, 0);
  if (positives === 0 || positives === truth.length) {
    throw new ClipError(
      "calibrate.pictures",
      `Expected pictures with and without labels but ${positives} of ${truth.length} pairs hold.`,
    );
  }
  const { slope, offset } = fitPairs(similarities, truth);
  const n = truth.length;
  const width = labels.length;
  const probabilities = Float64Array.from(similarities, (cosine) => sigmoid(slope * cosine + offset));
  const common = bestThreshold(probabilities, truth);
  const thresholds = labels.map((_, label) => {
    const [own, holds] = [new Float64Array(n / width), new Uint8Array(n / width)];
    for (let i = 0; i < own.length; i++) {
      own[i] = probabilities[i * width + label]!;
      holds[i] = truth[i * width + label]!;
    }
    const holding = holds.reduce((sum, one) => sum + one, 0);
    return Math.min(holding, own.length - holding) < LEAST_EACH ? common : bestThreshold(own, holds);
  });
  return { slope, offset, labels, thresholds };
}

/** Cosines of pairs [n] and which hold → the likeliest slope and offset before the sigmoid; some must hold and some not. */
export function fitPairs(
  similarities: Float32Array,
  truth: Uint8Array,
): { readonly slope: number; readonly offset: number } {
  const positives = truth.reduce((sum, one) => sum + one, 0);
  const spread = standardise(similarities);
  const n = truth.length;
  const found = minimise(
    (point, gradient) => {
      let loss = 0;
      gradient.fill(0);
      for (let i = 0; i < n; i++) {
        const x = (similarities[i]! - spread.mean) / spread.deviation;
        const p = sigmoid(point[0]! * x + point[1]!);
        loss -= Math.log(Math.max(truth[i] ? p : 1 - p, Number.MIN_VALUE)) / n;
        const error = (p - truth[i]!) / n;
        gradient[0]! += error * x;
        gradient[1]! += error;
      }
      return loss;
    },
    Float64Array.of(1, Math.log(positives / (n - positives))),
  );
  const slope = found[0]! / spread.deviation;
  const offset = found[1]! - slope * spread.mean;
  return { slope, offset };
}

function standardise(values: Float32Array): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, deviation: Math.sqrt(variance) || 1 };
}

function checkScores(labels: readonly string[], similarities: Float32Array, truth: Uint8Array): void {
  const wrong = (words: string): ClipError => new ClipError("calibrate.scores", words);
  if (
    labels.length === 0 ||
    similarities.length % labels.length !== 0 ||
    truth.length !== similarities.length
  ) {
    throw wrong(
      `Expected as many truths as cosines, ${labels.length} a picture, but received ${truth.length} and ${similarities.length}.`,
    );
  }
  if (!similarities.every(Number.isFinite))
    throw wrong("Expected finite cosines but at least one is not a number.");
  if (!truth.every((one) => one <= 1)) throw wrong("Expected truths of 0 and 1 but received another number.");
}

/** The threshold with the largest F1: halfway between two neighbouring probabilities. */
function bestThreshold(probabilities: Float64Array, holds: Uint8Array): number {
  const falling = Uint32Array.from(probabilities, (_, i) => i).sort(
    (a, b) => probabilities[b]! - probabilities[a]!,
  );
  const total = holds.reduce((sum, one) => sum + one, 0);
  let hits = 0;
  let best = { f1: -1, threshold: 0.5 };
  for (const [place, i] of falling.entries()) {
    hits += holds[i]!;
    const p = probabilities[i]!;
    const next = place + 1 < falling.length ? probabilities[falling[place + 1]!]! : 0;
    if (next === p) continue;
    const f1 = (2 * hits) / (place + 1 + total);
    if (f1 > best.f1) best = { f1, threshold: (p + next) / 2 };
  }
  return best.threshold;
}

/** One label that was judged by itself. */
export interface IndependentPrediction {
  readonly label: string;
  /** 0..1; the labels' need not sum to 1. */
  readonly probability: number;
  /** −1..1 */
  readonly similarity: number;
  /** From its threshold on. */
  readonly holds: boolean;
}

/** Cosines [labels] of one picture → each label's own answer, most probable first. */
export function judgeIndependently(
  similarities: Float32Array,
  { slope, offset, labels, thresholds }: IndependentLabels,
): IndependentPrediction[] {
  return labels
    .map((label, i) => {
      const probability = sigmoid(slope * similarities[i]! + offset);
      return { label, probability, similarity: similarities[i]!, holds: probability >= thresholds[i]! };
    })
    .sort((a, b) => b.probability - a.probability);
}
