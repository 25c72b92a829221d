import { ClipError } from "../../errors.js";
import { type Scoring, sigmoid } from "../../math/scoring.js";
import { softmax } from "../../math/softmax.js";

/** One multiplier of all cosines (temperature 1 / logitScale): the field's baseline (Guo et al. 2017, arXiv 1706.04599). */
export interface TemperatureCalibration {
  readonly method: "temperature";
  readonly logitScale: number;
}

/** A weight and an offset a label: logit = logitScale · weight · cosine + offset. For these labels alone (Guo et al. 2017, section 4.2). */
export interface VectorCalibration {
  readonly method: "vector";
  readonly logitScale: number;
  readonly labels: readonly string[];
  /** [labels] */
  readonly weights: readonly number[];
  /** [labels] */
  readonly offsets: readonly number[];
}

/**
 * Temperature, then a rising curve from the largest probability to the share right; the other labels share the rest as
 * before. The most probable label stays so (top-label calibration, Gupta & Ramdas 2022, arXiv 2107.08353; isotonic
 * regression, Zadrozny & Elkan 2002).
 */
export interface IsotonicCalibration {
  readonly method: "isotonic";
  readonly logitScale: number;
  /** Largest probabilities before, rising. */
  readonly from: readonly number[];
  /** Largest probabilities after, rising; lines between them, the ends' values beyond. */
  readonly to: readonly number[];
}

/** Each label by itself, σ(logitScale · cosine + bias), of models that were trained so; the probabilities need not sum to 1. */
export interface SigmoidCalibration {
  readonly method: "sigmoid";
  readonly logitScale: number;
  readonly bias: number;
}

/** How cosines become probabilities. */
export type Calibration =
  | TemperatureCalibration
  | VectorCalibration
  | IsotonicCalibration
  | SigmoidCalibration;

/** The model's own probabilities, not calibrated. */
export function plainCalibration({
  logitScale,
  scoring,
}: {
  readonly logitScale: number;
  readonly scoring?: Scoring | undefined;
}): Calibration {
  if (scoring?.kind !== "sigmoid") return { method: "temperature", logitScale };
  return { method: "sigmoid", logitScale, bias: scoring.bias };
}

/** The same as shares that sum to 1, for what is said of all labels together: sets, entropy, several models. */
export function sharesOf(
  similarities: ArrayLike<number>,
  calibration: Calibration,
  labels?: readonly string[],
): number[] {
  const probabilities = probabilitiesOf(similarities, calibration, labels);
  if (calibration.method !== "sigmoid") return probabilities;
  const sum = probabilities.reduce((total, p) => total + p, 0);
  // Below the smallest number that there is, what is nearest has all.
  if (!(sum > 0)) return softmax(Array.from(similarities, (cosine) => calibration.logitScale * cosine));
  return probabilities.map((p) => p / sum);
}

/** Cosines [labels] of one picture → probabilities [labels], which sum to 1 unless they are sigmoids. Raises `calibrate.labels` for a vector of other labels. */
export function probabilitiesOf(
  similarities: ArrayLike<number>,
  calibration: Calibration,
  labels?: readonly string[],
): number[] {
  const { logitScale } = calibration;
  const cosines = Array.from(similarities);
  if (calibration.method === "vector") {
    checkSameLabels(calibration.labels, labels);
    const { weights, offsets } = calibration;
    return softmax(cosines.map((cosine, i) => logitScale * weights[i]! * cosine + offsets[i]!));
  }
  if (calibration.method === "sigmoid")
    return cosines.map((cosine) => sigmoid(logitScale * cosine + calibration.bias));
  const plain = softmax(cosines.map((cosine) => logitScale * cosine));
  if (calibration.method === "temperature") return plain;
  return raiseLargest(plain, calibration);
}

/** The largest probability → its place on the curve, but never below the next label's. */
function raiseLargest(plain: readonly number[], { from, to }: IsotonicCalibration): number[] {
  let best = 0;
  for (let i = 1; i < plain.length; i++) if (plain[i]! > plain[best]!) best = i;
  const others = 1 - plain[best]!;
  if (others <= 0) return [...plain];
  const next = plain.reduce((most, p, i) => (i === best ? most : Math.max(most, p)), 0) / others;
  // A hair above, so that rounding does not turn them round.
  const least = (next / (1 + next)) * (1 + 2 ** -40);
  const raised = Math.max(interpolate(plain[best]!, from, to), least);
  return plain.map((p, i) => (i === best ? raised : (p / others) * (1 - raised)));
}

/** The same calibration for its labels in another order. */
export function inOrderOf(calibration: Calibration, labels: readonly string[]): Calibration {
  if (calibration.method !== "vector") return calibration;
  const { weights, offsets } = calibration;
  const from = positionsIn(calibration.labels, labels);
  return {
    ...calibration,
    labels,
    weights: from.map((i) => weights[i]!),
    offsets: from.map((i) => offsets[i]!),
  };
}

/** Where each label stands among the known ones, which hold them all. */
export function positionsIn(known: readonly string[], labels: readonly string[]): number[] {
  const positions = new Map(known.map((label, i) => [label, i]));
  return labels.map((label) => positions.get(label)!);
}

/** True where a calibration holds for these labels. */
export function fitsLabels(calibration: Calibration, labels: readonly string[]): boolean {
  return calibration.method !== "vector" || same(calibration.labels, labels);
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((label, i) => label === b[i]);
}

function checkSameLabels(own: readonly string[], given: readonly string[] | undefined): void {
  if (given && same(own, given)) return;
  throw new ClipError(
    "calibrate.labels",
    `Expected the ${own.length} labels that this vector scaling was fitted for but received ${given?.length ?? "none"} or others.`,
  );
}

/** The value of the line through (from, to) at x; the ends' values beyond them. */
function interpolate(x: number, from: readonly number[], to: readonly number[]): number {
  let low = 0;
  let high = from.length - 1;
  if (x <= from[low]!) return to[low]!;
  if (x >= from[high]!) return to[high]!;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (from[middle]! <= x) low = middle;
    else high = middle;
  }
  const width = from[high]! - from[low]!;
  return to[low]! + ((to[high]! - to[low]!) * (x - from[low]!)) / width;
}
