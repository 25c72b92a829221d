import type { EncodeImagesOptions } from "../../encoder.js";
import { ClipError } from "../../errors.js";
import type { Embedding } from "../../math/unit.js";
import { compare, type Prediction, rank, similaritiesOf } from "../predict.js";
import type { ViewMode } from "../views.js";
import type { ZeroShotWeights } from "../weights.js";
import { type AbstainScore, fitness } from "./abstain.js";
import { type Calibration, fitsLabels, probabilitiesOf, sharesOf } from "./calibration.js";
import { type Conformal, type ConformalSets, conformalSets } from "./conformal.js";
import { type IndependentLabels, judgeIndependently } from "./independent.js";

/**
 * Where the probabilities of an answer come from, the least trustworthy first: `none`, the model's own scale; `default`, a
 * scale measured for it on other sets; `scale`, that of a calibration for other labels, prompts or views; `fitted`, a calibration
 * on labelled pictures for exactly these labels, prompts and views.
 */
export const CALIBRATION_SOURCES = ["none", "default", "scale", "fitted"] as const;
export type CalibrationSource = (typeof CALIBRATION_SOURCES)[number];

/** How a model's cosines become probabilities for one set of labels. */
export interface AppliedCalibration {
  readonly source: CalibrationSource;
  readonly calibration: Calibration;
  /** Of calibration pictures with these labels; absent where there were none. */
  readonly conformal?: Conformal;
  /** What 95 % of calibration pictures with these labels reach, for each way to abstain. */
  readonly keep95?: Readonly<Partial<Record<AbstainScore, number>>>;
  /** Of labels judged each by itself; absent where none were fitted for these labels, prompts and views. */
  readonly independent?: IndependentLabels | undefined;
}

/**
 * What an answer is to say. `views`: the squares that the pictures' vectors are of, default `center`; of a calibration made with
 * others only the scale counts.
 */
export interface AnswerOptions extends Pick<EncodeImagesOptions, "views"> {
  /** Predictions that are given; default: all. */
  readonly top?: number;
  /** Below this the answer is "none of these"; in the unit of `abstainBy`. `auto`: what 95 % of calibration pictures reach. */
  readonly abstain?: number | "auto";
  /** Default `probability`. */
  readonly abstainBy?: AbstainScore;
  /** Also the smallest set of labels that holds the true one for this share of pictures, above 0 and below 1. */
  readonly coverage?: number;
  /** A threshold for each label instead of one for all. */
  readonly perLabel?: boolean;
  /** Also entropy and margin. */
  readonly uncertainty?: boolean;
  /** Each label by itself: any number of them may hold. Alone: it goes with none of the others but `top`. */
  readonly independent?: boolean;
  /** What was made of several squares; default `average`. */
  readonly viewMode?: ViewMode;
}

/** What is said of one picture. */
export interface Answer {
  /** Most probable first. */
  readonly predictions: readonly Prediction[];
  readonly calibrated: CalibrationSource;
  /** `sigmoid`: each probability is its label's own, and they need not sum to 1; absent: shares of the labels together. */
  readonly scoring?: "sigmoid";
  /** With `abstain`: true where none of the labels fits well enough. */
  readonly abstained?: boolean;
  /** With `coverage`: the conformal set, most probable first. */
  readonly set?: readonly string[];
  /** With `uncertainty`: −Σ p · ln p of the shares, 0 (sure) .. ln(labels). */
  readonly entropy?: number;
  /** With `uncertainty`: the largest probability less the next, 0..1. */
  readonly margin?: number;
}

/** Answers for pictures of one model and one set of labels. */
export type Answerer = (image: Embedding) => Answer;

/**
 * Weights and calibration → what answers for pictures. `negatives`: labels far from all of them, for `abstainBy:
 * "negative"`. Raises `calibrate.coverage` (no calibration for these labels, or too few pictures), `calibrate.labels`,
 * `calibrate.abstain`.
 */
export function answerer(
  weights: ZeroShotWeights,
  applied: AppliedCalibration,
  options: AnswerOptions = {},
  negatives?: ZeroShotWeights,
): Answerer {
  const { labels } = weights;
  if (options.independent) return independentAnswerer(weights, applied.independent, options);
  const { source, calibration, conformal } = applied;
  const { abstainBy = "probability", coverage, uncertainty, top = labels.length } = options;
  const abstain =
    options.abstain === undefined ? undefined : abstainBelow(applied, options.abstain, abstainBy);
  if (!fitsLabels(calibration, labels)) probabilitiesOf([], calibration, labels);
  const sets = coverage === undefined ? undefined : setsFor(conformal, coverage, labels, options.perLabel);
  return (image) => {
    const { scores, similarities } = compare(image, weights);
    const probabilities = probabilitiesOf(scores, calibration, labels);
    const shares = (): number[] => sharesOf(scores, calibration, labels);
    const fits = (): number =>
      fitness(abstainBy, scores, calibration, labels, negatives && similaritiesOf(image, negatives));
    return {
      predictions: rank(similarities, probabilities, labels, top),
      calibrated: source,
      ...(abstain === undefined ? {} : { abstained: fits() < abstain }),
      ...(calibration.method === "sigmoid" ? { scoring: "sigmoid" as const } : {}),
      ...(sets ? { set: sets.of(shares(), drawOf(image)).map((i) => labels[i]!) } : {}),
      ...(uncertainty ? uncertaintyOf(shares()) : {}),
    };
  };
}

/** Answers of labels that are judged each by itself. Raises `calibrate.independent`, `usage.independent`. */
function independentAnswerer(
  weights: ZeroShotWeights,
  independent: IndependentLabels | undefined,
  { top = weights.labels.length, abstain, coverage, uncertainty }: AnswerOptions,
): Answerer {
  if ((abstain ?? coverage ?? uncertainty) !== undefined) {
    throw new ClipError(
      "usage.independent",
      "Expected labels judged each by itself without abstaining, sets and uncertainty, which are of labels that exclude each other.",
    );
  }
  if (!independent) {
    throw new ClipError(
      "calibrate.independent",
      "Expected labels fitted each by itself (zeroclip calibrate LIST --independent) for exactly these labels, prompts and views but there are none.",
    );
  }
  return (image) => {
    const { scores, similarities } = compare(image, weights);
    const cosines = new Map(weights.labels.map((label, i) => [label, similarities[i]!]));
    const judged = judgeIndependently(scores, independent).slice(0, top);
    return {
      predictions: judged.map((one) => ({ ...one, similarity: cosines.get(one.label)! })),
      calibrated: "fitted",
    };
  };
}

function abstainBelow({ keep95 }: AppliedCalibration, abstain: number | "auto", by: AbstainScore): number {
  const isShare = by === "probability";
  if (typeof abstain === "number" && Number.isFinite(abstain) && !(isShare && (abstain < 0 || abstain > 1)))
    return abstain;
  if (abstain !== "auto") {
    throw new ClipError(
      "calibrate.abstain",
      `Expected ${isShare ? "a probability from 0 to 1" : "a number"} or auto to abstain below but received ${abstain}.`,
    );
  }
  const measured = keep95?.[by];
  if (measured !== undefined) return measured;
  throw new ClipError(
    "calibrate.abstain",
    `Expected a calibration of this model for exactly these labels, prompts and views (zeroclip calibrate) with a bound for ${by}${by === "negative" ? " (--out-of-set)" : ""} but there is none.`,
  );
}

function setsFor(
  conformal: Conformal | undefined,
  coverage: number,
  labels: readonly string[],
  perLabel = false,
): ConformalSets {
  if (conformal) return conformalSets(conformal, coverage, labels, perLabel);
  throw new ClipError(
    "calibrate.coverage",
    "Expected a calibration of this model for exactly these labels, prompts and views (zeroclip calibrate) but there is none.",
  );
}

/** −Σ p · ln p and the distance of the two largest. */
function uncertaintyOf(probabilities: readonly number[]): { entropy: number; margin: number } {
  let entropy = 0;
  let [first, second] = [0, 0];
  for (const p of probabilities) {
    if (p > 0) entropy -= p * Math.log(p);
    if (p > first) [first, second] = [p, first];
    else if (p > second) second = p;
  }
  return { entropy, margin: first - second };
}

/** A number in [0, 1) that is as good as drawn, and the same for the same picture: its vector's last bits. */
function drawOf(image: Embedding): number {
  const bits = new Uint32Array(image.buffer, image.byteOffset, image.length);
  let mixed = 0x9e3779b9;
  for (const word of bits) mixed = Math.imul(mixed ^ word, 0x85ebca6b) ^ (mixed >>> 13);
  return (mixed >>> 0) / 2 ** 32;
}
