import { ClipError } from "../errors.js";
import { minimise } from "../math/lbfgs.js";
import { softmax } from "../math/softmax.js";
import { sharesOf, type TemperatureCalibration } from "./confidence/calibration.js";
import { fitCalibration } from "./confidence/fit.js";
import { type LabelledScores, rowOf } from "./scores.js";

/**
 * How answers of several models become one: the weighted mean of their probabilities; of their logits (a product of experts);
 * or the sum of points by rank (Borda), the most for the first label.
 */
export const COMBINES = ["probability", "logit", "rank"] as const;
export type Combine = (typeof COMBINES)[number];

/** Models of one ensemble: each is opened and asked. */
export const MOST_MEMBERS = 16;

/** What a 32-bit float holds above 0, so that logarithms stay finite. */
const LEAST = 1e-37;

/** Weights as given, or all alike → summing to 1. Raises `usage.ensemble`. */
export function memberWeights(count: number, given?: readonly number[]): number[] {
  if (count < 2 || count > MOST_MEMBERS) {
    throw new ClipError("usage.ensemble", `Expected 2 to ${MOST_MEMBERS} models but received ${count}.`);
  }
  const weights = given ?? new Array<number>(count).fill(1);
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const fine = weights.every((weight) => Number.isFinite(weight) && weight >= 0);
  if (fine && weights.length === count && sum > 0 && Number.isFinite(sum)) {
    return weights.map((weight) => weight / sum);
  }
  throw new ClipError(
    "usage.ensemble",
    `Expected ${count} finite weights, none below 0 and one above it, but received [${weights.join(", ").slice(0, 80)}].`,
  );
}

/** Probabilities [members, labels] of one picture, weights that sum to 1 → probabilities [labels]. */
export function combine(
  members: readonly (readonly number[])[],
  weights: readonly number[],
  how: Combine,
): number[] {
  const labels = members[0]!.map((_, label) => label);
  if (how === "logit") {
    return softmax(
      labels.map((label) =>
        members.reduce((sum, row, m) => sum + weights[m]! * Math.log(Math.max(row[label]!, LEAST)), 0),
      ),
    );
  }
  const mean = labels.map((label) => members.reduce((sum, row, m) => sum + weights[m]! * row[label]!, 0));
  if (how === "probability") return mean;
  const points = new Float64Array(labels.length);
  for (const [m, row] of members.entries()) {
    const order = labels.toSorted((a, b) => row[b]! - row[a]! || a - b);
    for (const [place, label] of order.entries()) points[label]! += weights[m]! * (labels.length - 1 - place);
  }
  // The order is the points'; how sure it is, the mean's.
  const order = labels.toSorted((a, b) => points[b]! - points[a]! || mean[b]! - mean[a]! || a - b);
  const sorted = mean.toSorted((a, b) => b - a);
  const out = new Array<number>(labels.length);
  for (const [place, label] of order.entries()) out[label] = sorted[place]!;
  return out;
}

/** Probabilities → their logarithms f32, finite: softmax gives the probabilities back. */
export function logarithms(probabilities: readonly number[]): Float32Array {
  return Float32Array.from(probabilities, (p) => Math.log(Math.max(p, LEAST)));
}

/** What an ensemble needs to answer, fitted on labelled pictures. */
export interface FittedEnsemble {
  /** [members] */
  readonly calibrations: readonly TemperatureCalibration[];
  /** [members], summing to 1 */
  readonly weights: readonly number[];
  /** What logarithms of the combined probabilities are multiplied with; above 1 where the mean is too unsure. */
  readonly scale: number;
}

/** Raises `calibrate.scores` unless all members saw the same pictures and labels. */
export function checkSamePictures(members: readonly LabelledScores[]): void {
  const [first, ...others] = members;
  const same = others.every(
    ({ images, labels }) =>
      images.length === first!.images.length &&
      labels.length === first!.labels.length &&
      images.every((image, i) => image === first!.images[i]) &&
      labels.every((label, i) => label === first!.labels[i]),
  );
  if (first && same) return;
  throw new ClipError(
    "calibrate.scores",
    "Expected scores of the same pictures and labels from every model.",
  );
}

/** The scale of each member, likeliest for its own answers. Raises `calibrate.pictures`, `calibrate.scores`. */
export function fitMembers(members: readonly LabelledScores[]): TemperatureCalibration[] {
  checkSamePictures(members);
  return members.map((scores) => ({
    method: "temperature",
    logitScale: fitCalibration(scores, "temperature").logitScale,
  }));
}

/** Probabilities [pictures][members][labels]. */
function probabilityRows(
  members: readonly LabelledScores[],
  calibrations: readonly TemperatureCalibration[],
): number[][][] {
  return Array.from(members[0]!.truth, (_, i) =>
    members.map((scores, m) => sharesOf(rowOf(scores, i), calibrations[m]!)),
  );
}

/** Combined answers as scores: softmax of their similarities (logarithms) times the scale gives the probabilities. */
export function combinedScores(
  members: readonly LabelledScores[],
  { calibrations, weights, scale }: FittedEnsemble,
  how: Combine,
): LabelledScores {
  const { images, labels, truth } = members[0]!;
  const similarities = new Float32Array(truth.length * labels.length);
  for (const [i, rows] of probabilityRows(members, calibrations).entries()) {
    similarities.set(logarithms(combine(rows, weights, how)), i * labels.length);
  }
  return { images, labels, truth, similarities, logitScale: scale };
}

/**
 * Scores of the same pictures by each member → scales, weights and the scale of the whole: weights of the largest likelihood
 * of the true labels (of the mean of probabilities for `rank` too, which has none of its own), unless given. Raises
 * `calibrate.*`, `usage.ensemble`.
 */
export function fitEnsemble(
  members: readonly LabelledScores[],
  how: Combine,
  given?: readonly number[],
): FittedEnsemble {
  const even = memberWeights(members.length, given);
  const calibrations = fitMembers(members);
  const weights = given ? even : fitWeights(members, calibrations, how);
  const plain = combinedScores(members, { calibrations, weights, scale: 1 }, how);
  return { calibrations, weights, scale: fitCalibration(plain, "temperature").logitScale };
}

/** Pull of the weights towards each other: of members that are as good as each other none is dropped by chance. */
const PULL = 1e-3;

/** Weights are exp(θ) / Σ exp(θ), so that every θ is on the simplex; the loss falls smoothly in it. */
function fitWeights(
  members: readonly LabelledScores[],
  calibrations: readonly TemperatureCalibration[],
  how: Combine,
): number[] {
  const { truth } = members[0]!;
  const n = truth.length;
  const rows = probabilityRows(members, calibrations);
  const logs = how === "logit" ? rows.map((picture) => picture.map(logarithms)) : [];
  const found = minimise((point, gradient) => {
    const w = softmax([...point]);
    const slopes = w.map(() => 0);
    let loss = 0;
    for (let i = 0; i < n; i++) {
      const label = truth[i]!;
      if (how === "logit") {
        const own = logs[i]!;
        const mixed = softmax(
          Array.from(own[0]!, (_, k) => own.reduce((sum, row, m) => sum + w[m]! * row[k]!, 0)),
        );
        loss -= Math.log(Math.max(mixed[label]!, LEAST)) / n;
        for (const [m, row] of own.entries()) {
          let mean = 0;
          for (const [k, p] of mixed.entries()) mean += p * row[k]!;
          slopes[m]! += (mean - row[label]!) / n;
        }
      } else {
        const own = rows[i]!;
        const mixed = Math.max(
          own.reduce((sum, row, m) => sum + w[m]! * row[label]!, 0),
          LEAST,
        );
        loss -= Math.log(mixed) / n;
        for (const [m, row] of own.entries()) slopes[m]! -= row[label]! / mixed / n;
      }
    }
    const mean = slopes.reduce((sum, slope, m) => sum + w[m]! * slope, 0);
    for (const [m, slope] of slopes.entries()) {
      gradient[m] = w[m]! * (slope - mean) + PULL * point[m]!;
      loss += (PULL / 2) * point[m]! ** 2;
    }
    return loss;
  }, new Float64Array(members.length));
  return memberWeights(
    members.length,
    softmax([...found]).map((weight) => Math.round(weight * 1e4) / 1e4),
  );
}
