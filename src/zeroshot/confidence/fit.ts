import { ClipError } from "../../errors.js";
import { minimise } from "../../math/lbfgs.js";
import { softmax } from "../../math/softmax.js";
import { type LabelledScores, rowOf } from "../scores.js";
import type {
  Calibration,
  IsotonicCalibration,
  SigmoidCalibration,
  TemperatureCalibration,
  VectorCalibration,
} from "./calibration.js";
import { fitPairs } from "./independent.js";
import { poolAdjacentViolators, smoothShares } from "./isotonic.js";

/** Ways to calibrate. */
export const METHODS = ["temperature", "vector", "isotonic", "sigmoid"] as const;
export type CalibrationMethod = (typeof METHODS)[number];

/** With fewer pictures a single figure can't be told from chance: its standard error would be above a tenth of it. */
export const LEAST_PICTURES = 50;

/** Multipliers that are looked at: from a softmax that is all but even to one that is all but certain. */
export const SCALES = [0.01, 10_000] as const;

/** Pull of a label's weight towards 1 and its offset towards 0: with few pictures a label, vector scaling is temperature. */
const VECTOR_PULL = 0.01;

/** Blocks of an isotonic curve: more steps than this are noise, and a large file. */
const MOST_BLOCKS = 200;

/** Labelled cosines → the calibration whose probabilities of the true labels are likeliest. Raises `calibrate.pictures`, `calibrate.scores`. */
export function fitCalibration(
  scores: LabelledScores,
  method: CalibrationMethod = "temperature",
): Calibration {
  if (scores.truth.length < LEAST_PICTURES) {
    throw new ClipError(
      "calibrate.pictures",
      `Expected at least ${LEAST_PICTURES} labelled pictures to calibrate with but received ${scores.truth.length}.`,
    );
  }
  if (scores.labels.length < 2) {
    throw new ClipError(
      "calibrate.pictures",
      "Expected at least two labels to calibrate between but received one.",
    );
  }
  if (!scores.similarities.every(Number.isFinite)) {
    throw new ClipError("calibrate.scores", "Expected finite cosines but at least one is not a number.");
  }
  if (method === "sigmoid") return fitSigmoid(scores);
  const temperature = fitTemperature(scores);
  if (method === "vector") return fitVector(scores, temperature);
  if (method === "isotonic") return fitIsotonic(scores, temperature);
  return temperature;
}

/**
 * Newton's steps on the multiplier, inside a bracket that each step narrows: the loss is convex in it. Where every picture is
 * right, the likeliest multiplier is endless, and strangers would be sure too: the truth then has (n + 1) / (n + 2) of what
 * is to be met, the other labels the rest (Platt's targets, 1999).
 */
function fitTemperature(scores: LabelledScores): TemperatureCalibration {
  const target = allRight(scores) ? 1 - 1 / (scores.truth.length + 2) : 1;
  let [low, high]: [number, number] = [...SCALES];
  let scale = Math.min(high, Math.max(low, scores.logitScale));
  for (let step = 0; step < 100 && high / low > 1 + 1e-9; step++) {
    const { slope, curvature } = lossAt(scores, scale, target);
    if (slope > 0) high = scale;
    else low = scale;
    const newton = scale - slope / curvature;
    const next = newton > low && newton < high ? newton : Math.sqrt(low * high);
    if (Math.abs(next - scale) < 1e-7 * scale) break;
    scale = next;
  }
  return { method: "temperature", logitScale: scale };
}

/** Scale and bias of each pair of picture and label by itself, the likeliest (Platt 1999). Raises `calibrate.pictures` where labels are no guide. */
function fitSigmoid({ labels, similarities, truth }: LabelledScores): SigmoidCalibration {
  const holds = new Uint8Array(similarities.length);
  for (const [i, label] of truth.entries()) holds[i * labels.length + label] = 1;
  const { slope, offset } = fitPairs(similarities, holds);
  if (slope >= SCALES[0] && slope <= SCALES[1]) return { method: "sigmoid", logitScale: slope, bias: offset };
  const message = `Expected pictures that are nearer to their own labels than to others but the scale that fits them is ${slope.toPrecision(3)}.`;
  throw new ClipError("calibrate.pictures", message);
}

function allRight(scores: LabelledScores): boolean {
  return scores.truth.every((truth, i) => {
    const row = rowOf(scores, i);
    return row.every((cosine, j) => j === truth || cosine < row[truth]!);
  });
}

/**
 * First and second derivative of the mean cross-entropy by the multiplier: means and variances of cosines under p. The truth has
 * `target` of what is to be met, the other labels share the rest.
 */
function lossAt(scores: LabelledScores, scale: number, target: number): { slope: number; curvature: number } {
  let slope = 0;
  let curvature = 0;
  const n = scores.truth.length;
  for (let i = 0; i < n; i++) {
    const row = rowOf(scores, i);
    const probabilities = softmax(Array.from(row, (cosine) => scale * cosine));
    let mean = 0;
    let square = 0;
    for (const [j, p] of probabilities.entries()) {
      mean += p * row[j]!;
      square += p * row[j]! * row[j]!;
    }
    const own = row[scores.truth[i]!]!;
    const others = (row.reduce((sum, cosine) => sum + cosine, 0) - own) / (row.length - 1);
    slope += (mean - target * own - (1 - target) * others) / n;
    curvature += (square - mean * mean) / n;
  }
  return { slope, curvature: Math.max(curvature, 1e-12) };
}

/** Weights and offsets a label, by L-BFGS. The weights are held as logarithms, so that none turns a label's meaning round. */
function fitVector(scores: LabelledScores, { logitScale }: TemperatureCalibration): VectorCalibration {
  const width = scores.labels.length;
  const n = scores.truth.length;
  const found = minimise(
    (point, gradient) => {
      let loss = 0;
      for (let k = 0; k < 2 * width; k++) {
        loss += (VECTOR_PULL / 2) * point[k]! ** 2;
        gradient[k] = VECTOR_PULL * point[k]!;
      }
      const weights = Array.from({ length: width }, (_, j) => logitScale * Math.exp(point[j]!));
      for (let i = 0; i < n; i++) {
        const row = rowOf(scores, i);
        const truth = scores.truth[i]!;
        const p = softmax(weights.map((weight, j) => weight * row[j]! + point[width + j]!));
        loss -= Math.log(Math.max(p[truth]!, Number.MIN_VALUE)) / n;
        for (let j = 0; j < width; j++) {
          const error = (p[j]! - (j === truth ? 1 : 0)) / n;
          gradient[j]! += error * weights[j]! * row[j]!;
          gradient[width + j]! += error;
        }
      }
      return loss;
    },
    new Float64Array(2 * width),
  );
  return {
    method: "vector",
    logitScale,
    labels: scores.labels,
    weights: Array.from(found.subarray(0, width), Math.exp),
    offsets: Array.from(found.subarray(width)),
  };
}

/** A rising curve through (largest probability, whether that label was the truth) of all pictures. */
function fitIsotonic(scores: LabelledScores, { logitScale }: TemperatureCalibration): IsotonicCalibration {
  const points = Array.from(scores.truth, (truth, i) => {
    const row = rowOf(scores, i);
    let best = 0;
    for (let j = 1; j < row.length; j++) if (row[j]! > row[best]!) best = j;
    const x = softmax(Array.from(row, (cosine) => logitScale * cosine))[best]!;
    return { x, y: best === truth ? 1 : 0 };
  });
  // Level within a block, a line from each to the next.
  const blocks = thin(smoothShares(poolAdjacentViolators(points)));
  return {
    method: "isotonic",
    logitScale,
    from: blocks.flatMap(({ first, last }) => [first, last]),
    to: blocks.flatMap(({ y }) => [y, y]),
  };
}

function thin<T>(points: readonly T[]): T[] {
  const step = Math.max(1, points.length / MOST_BLOCKS);
  return Array.from(
    { length: Math.min(points.length, MOST_BLOCKS) },
    (_, i) => points[Math.floor(i * step)]!,
  );
}
