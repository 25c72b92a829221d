import { ClipError } from "../errors.js";
import { seeded } from "../math/random.js";
import { ABSTAIN_SCORES, type AbstainScore, fitness } from "../zeroshot/confidence/abstain.js";
import {
  type Calibration,
  plainCalibration,
  probabilitiesOf,
  sharesOf,
} from "../zeroshot/confidence/calibration.js";
import { type Conformal, type ConformalScore, fitConformal } from "../zeroshot/confidence/conformal.js";
import { type CalibrationMethod, fitCalibration, LEAST_PICTURES } from "../zeroshot/confidence/fit.js";
import type { CalibrationFigures } from "../zeroshot/confidence/record.js";
import { type LabelledScores, pickScores, rowOf } from "../zeroshot/scores.js";
import { type Judgements, judge } from "./judge.js";
import {
  auroc,
  expectedCalibrationError,
  falsePositivesAt95,
  type Judged,
  mean,
  type ReliabilityBin,
  reliabilityBins,
} from "./metrics.js";

export interface CalibrateOptions {
  /**
   * Default `auto`: on pictures left out in turn, isotonic where it errs less (ECE) and is no less likely (NLL) than
   * temperature, else temperature. Neither changes which label is first.
   */
  readonly method?: CalibrationMethod | "auto";
  /** Default `lac`. */
  readonly conformal?: ConformalScore;
  /** Also a conformal threshold a label. */
  readonly perLabel?: boolean;
  /** Ways to abstain that are bounded and measured; default: all. */
  readonly abstainBy?: readonly AbstainScore[];
  /** Of the halves and draws. Default 1. */
  readonly seed?: number;
}

/** How well probabilities held on pictures that they were not fitted on. */
export interface HeldOut {
  /** Pictures, and how many ways to halve them the figures are means of. */
  readonly images: number;
  readonly repeats: number;
  readonly before: CalibrationFigures;
  readonly after: CalibrationFigures;
  /** Confidence against share right, before and after, 15 bins of equal width. */
  readonly reliability: {
    readonly before: readonly ReliabilityBin[];
    readonly after: readonly ReliabilityBin[];
  };
}

/** A calibration made of all pictures, and how one made of half of them held on the other half. */
export interface Calibrated {
  readonly calibration: Calibration;
  readonly conformal: Conformal;
  readonly keep95: Readonly<Partial<Record<AbstainScore, number>>>;
  /** Absent where half of the pictures are too few to fit on. */
  readonly heldOut?: HeldOut;
}

/**
 * Labelled cosines → calibration. What is kept is fitted on all pictures; the figures come from halves, so that they tell
 * what to expect of new ones. Raises `calibrate.pictures`, `calibrate.scores`.
 */
export function calibrate(scores: LabelledScores, options: CalibrateOptions = {}): Calibrated {
  const { method = "auto", conformal: score = "lac", perLabel = false, seed = 1 } = options;
  const calibration = fitBest(scores, method, seed);
  const rows = Array.from(scores.truth, (_, i) => sharesOf(rowOf(scores, i), calibration, scores.labels));
  const heldOut =
    scores.truth.length >= 2 * LEAST_PICTURES ? measureHeldOut(scores, method, seed) : undefined;
  return {
    calibration,
    conformal: fitConformal(rows, scores.truth, scores.labels, { score, perLabel, seed }),
    keep95: keep95(scores, calibration, options.abstainBy),
    ...(heldOut ? { heldOut } : {}),
  };
}

/** Positions in two halves, drawn by the seed. */
export function halves(n: number, seed: number): [number[], number[]] {
  const random = seeded(seed);
  const order = Array.from({ length: n }, (_, i) => ({ i, key: random() })).sort((a, b) => a.key - b.key);
  const positions = order.map(({ i }) => i);
  return [positions.slice(0, n >> 1), positions.slice(n >> 1)];
}

/** Halves that are measured: the figures of one alone hang on chance. */
const REPEATS = 10;
/** Cosines above which fewer halves are measured: 1,000 pictures of 1,000 labels take a second each. */
const MOST_COSINES = 1_000_000;

/** Each half is answered by what was fitted on the other, so that every picture counts. */
function measureHeldOut(scores: LabelledScores, method: CalibrationMethod | "auto", seed: number): HeldOut {
  const repeats = Math.max(1, Math.min(REPEATS, Math.floor(MOST_COSINES / scores.similarities.length)));
  const measured = Array.from({ length: repeats }, (_, repeat) => {
    const [a, b] = halves(scores.truth.length, seed + repeat).map((half) => pickScores(scores, half));
    return [judgeBoth(a!, fitBest(b!, method, seed)), judgeBoth(b!, fitBest(a!, method, seed))];
  });
  return heldOutOf(measured, scores.truth.length);
}

/** Parts of which each is left out in turn; with two of the fewest pictures fitting would be refused. */
const FOLDS = 5;

function fitBest(scores: LabelledScores, method: CalibrationMethod | "auto", seed: number): Calibration {
  const isSigmoid = scores.scoring?.kind === "sigmoid";
  if (method !== "auto" && (method === "sigmoid") !== isSigmoid) {
    const message = isSigmoid
      ? `Expected auto or sigmoid for a model that judges each label by itself but received ${method}.`
      : "Expected auto, temperature, vector or isotonic for a model whose labels share what is probable but received sigmoid.";
    throw new ClipError("calibrate.method", message);
  }
  if (isSigmoid) return fitCalibration(scores, "sigmoid");
  if (method !== "auto") return fitCalibration(scores, method);
  const n = scores.truth.length;
  if (n - Math.ceil(n / FOLDS) < LEAST_PICTURES) return fitCalibration(scores, "temperature");
  const [temperature, isotonic] = [
    crossValidated(scores, "temperature", seed),
    crossValidated(scores, "isotonic", seed),
  ];
  // The calibration error alone can be had by answers that are surely wrong: no proper score may get worse for it.
  const isBetter = isotonic.ece < temperature.ece && isotonic.nll <= temperature.nll;
  return fitCalibration(scores, isBetter ? "isotonic" : "temperature");
}

/** Figures of answers that were each calibrated without their own picture. */
function crossValidated(scores: LabelledScores, method: CalibrationMethod, seed: number): CalibrationFigures {
  const n = scores.truth.length;
  const order = halves(n, seed).flat();
  const judged = Array.from({ length: FOLDS }, (_, fold) => {
    const [inside, outside] = [true, false].map((left) =>
      pickScores(
        scores,
        order.filter((_, place) => (place % FOLDS === fold) === left),
      ),
    );
    return judgeBoth(inside!, fitCalibration(outside!, method)).after;
  });
  return figuresOf(judged);
}

interface JudgedBoth {
  readonly before: Judgements;
  readonly after: Judgements;
}

function judgeBoth(scores: LabelledScores, calibration: Calibration): JudgedBoth {
  const by = (one: Calibration): Judgements =>
    judge(scores, (row) => probabilitiesOf(row, one, scores.labels));
  return { before: by(plainCalibration(scores)), after: by(calibration) };
}

/** How the model's own probabilities and calibrated ones hold on labelled pictures. */
export function measureCalibration(scores: LabelledScores, calibration: Calibration): HeldOut {
  return heldOutOf([[judgeBoth(scores, calibration)]], scores.truth.length);
}

/** Means of the figures of several measurements, of one or more parts each; the diagrams are of all answers together. */
function heldOutOf(measured: readonly (readonly JudgedBoth[])[], images: number): HeldOut {
  const side = (of: keyof JudgedBoth) => {
    const figures = measured.map((parts) => figuresOf(parts.map((part) => part[of])));
    const over = (key: keyof CalibrationFigures): number => mean(figures.map((one) => one[key]));
    return {
      figures: {
        ece: over("ece"),
        eceEqualMass: over("eceEqualMass"),
        brier: over("brier"),
        nll: over("nll"),
      },
      bins: reliabilityBins(measured.flat().flatMap((part) => judgedRows(part[of]))),
    };
  };
  const [before, after] = [side("before"), side("after")];
  return {
    images,
    repeats: measured.length,
    before: before.figures,
    after: after.figures,
    reliability: { before: before.bins, after: after.bins },
  };
}

function figuresOf(parts: readonly Judgements[]): CalibrationFigures {
  const rows = parts.flatMap(judgedRows);
  return {
    ece: expectedCalibrationError(rows),
    eceEqualMass: expectedCalibrationError(rows, "mass"),
    brier: mean(parts.flatMap(({ brier }) => [...brier])),
    nll: mean(parts.flatMap(({ surprise }) => [...surprise])),
  };
}

function judgedRows({ ranks, confidence }: Judgements): Judged[] {
  return Array.from(ranks, (rank, i) => ({ confidence: confidence[i]!, right: rank === 0 }));
}

/** What 95 % of pictures reach. */
function reachedBy95(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(0.05 * values.length)]!;
}

/** What 95 % of these pictures reach against labels far from theirs. */
export function keep95Negative(
  own: readonly Cosines[],
  calibration: Calibration,
  labels: readonly string[],
): number {
  return reachedBy95(own.map((one) => fitness("negative", one.labels, calibration, labels, one.negatives)));
}

/** What 95 % of pictures reach: below it a picture is taken for a stranger. */
function keep95(
  scores: LabelledScores,
  calibration: Calibration,
  ways: readonly AbstainScore[] = ABSTAIN_SCORES,
): Record<string, number> {
  const bounds = ways
    .filter((by) => by !== "negative")
    .map((by) => {
      const reached = Array.from(scores.truth, (_, i) =>
        fitness(by, rowOf(scores, i), calibration, scores.labels),
      );
      return [by, reachedBy95(reached)] as const;
    });
  return Object.fromEntries(bounds);
}

/** Cosines of pictures and labels, and of pictures and labels far from all of those. */
export interface Cosines {
  readonly labels: Float32Array;
  readonly negatives?: Float32Array;
}

/** How well one way to abstain tells pictures of the labels from others. */
export interface Separation {
  readonly by: AbstainScore;
  /** 0.5 (chance) .. 1. */
  readonly auroc: number;
  /** Share of strangers that pass the bound which keeps 95 % of the labels' own pictures. */
  readonly fpr95: number;
}

/** Pictures of the labels and others → how well each way to abstain tells them apart. */
export function separate(
  own: readonly Cosines[],
  strangers: readonly Cosines[],
  calibration: Calibration,
  labels: readonly string[],
  ways: readonly AbstainScore[] = ABSTAIN_SCORES,
): Separation[] {
  const withNegatives = own[0]?.negatives !== undefined;
  return ways
    .filter((by) => withNegatives || by !== "negative")
    .map((by) => {
      const [belongs, others] = [own, strangers].map((pictures) =>
        pictures.map((cosines) => fitness(by, cosines.labels, calibration, labels, cosines.negatives)),
      );
      return { by, auroc: auroc(belongs!, others!), fpr95: falsePositivesAt95(belongs!, others!) };
    });
}
