import type { ModelInfo } from "../../encoder.js";
import type { Views } from "../../image/views.js";
import type { Calibration } from "../../zeroshot/confidence/calibration.js";
import { type LabelledScores, rowOf } from "../../zeroshot/scores.js";
import { type ClassResult, classResults } from "../classification.js";
import type { SetClass } from "../data/labelled-set.js";
import { type Judgements, judge, plainProbabilities } from "../judge.js";
import {
  type Confusion,
  confusions,
  ECE_BINS,
  expectedCalibrationError,
  mean,
  meanPerClass,
  type ReliabilityBin,
  reliabilityBins,
  topKAccuracy,
} from "../metrics.js";
import { bootstrapIntervals, type Interval, weightedMean, widened } from "../statistics.js";
import { binOf, type CalibratedFigures, judgedRows } from "./calibrated.js";
import { type SummedAnswers, summedAnswers } from "./sums.js";
import type { Variant } from "./variant.js";

/** What was measured: one point of the grid. */
export interface CellPlace {
  /** The model's own name, with its precision where that is not its first one. */
  readonly model: string;
  readonly precision: ModelInfo["precision"];
  readonly device: string;
  readonly set: string;
  readonly views: Views;
  /** Of several squares the one that fits a label best; absent: their average. */
  readonly viewMode?: "best";
  /** Name of the prompts. */
  readonly prompts: string;
  readonly variant?: Variant;
}

/** An answer that a picture of a gallery shows. */
export interface ShownPicture {
  /** Position in the set. */
  readonly position: number;
  /** The best labels' positions and probabilities. */
  readonly answers: readonly { readonly label: number; readonly probability: number }[];
}

/** A picture that could not be read, as it is written down. */
export interface FailedPicture {
  readonly image: string;
  readonly error: { readonly code: string; readonly message: string };
}

/** One finished measurement. Shares are 0..1. */
export interface Cell extends CellPlace {
  /** Pictures that were read; the failed ones count nowhere. */
  readonly images: number;
  readonly classes: number;
  readonly top1: number;
  readonly top5: number;
  readonly meanPerClass: number;
  /** Expected calibration error of the model's own probabilities, 15 bins of equal width. */
  readonly ece: number;
  /** The same with bins of equal mass. */
  readonly eceMass: number;
  readonly brier: number;
  readonly nll: number;
  /** 95 % intervals by the bootstrap over pictures. */
  readonly intervals: Readonly<Record<"top1" | "top5" | "meanPerClass" | "ece", Interval>>;
  /** Absent where no calibration is known for the model. */
  readonly calibrated?: CalibratedFigures;
  /**
   * From the first picture's file to the last embedding, opening and prompts not counted. Null where vectors came from the
   * cache of pictures.
   */
  readonly imagesPerSecond: number | null;
  /** Largest resident memory of the process meanwhile. */
  readonly memoryBytes?: number;
  /** When, ISO 8601. */
  readonly measured: string;
  readonly perClass: readonly ClassResult[];
  readonly confusions: readonly Confusion[];
  readonly reliability: Readonly<Record<"width" | "mass", readonly ReliabilityBin[]>>;
  /** [pictures of the set] what was answered; −1 where the picture failed. */
  readonly predicted: readonly number[];
  /** The same at each level above the classes; absent where there is none. */
  readonly summed?: SummedAnswers;
  readonly galleries: Readonly<Record<"right" | "wrong" | "unsure", readonly ShownPicture[]>>;
  readonly failed: readonly FailedPicture[];
}

/** Confusions that are kept: of a thousand classes there may be a million. */
const MOST_CONFUSIONS = 2_000;

/** Pictures of one gallery, and labels that are shown beside one. */
const GALLERY = 12;
const ANSWERS = 3;

/**
 * Figures of one pass of pictures with one set of prompts. `positions`: of each row of the scores in the set; `calibration`:
 * what `measured.calibrated` is of.
 */
export function cellOf(
  place: CellPlace,
  classes: readonly SetClass[],
  scores: LabelledScores,
  positions: readonly number[],
  pictures: number,
  measured: Pick<Cell, "imagesPerSecond" | "memoryBytes" | "failed" | "calibrated">,
  calibration?: Calibration,
): Cell {
  const judged = judge(scores);
  const { truth, predicted, ranks } = judged;
  const rows = judgedRows(judged);
  const placed = (answers: ArrayLike<number>): number[] => {
    const answered = new Array<number>(pictures).fill(-1);
    for (const [row, position] of positions.entries()) answered[position] = answers[row]!;
    return answered;
  };
  return {
    ...place,
    images: truth.length,
    classes: classes.length,
    top1: topKAccuracy(ranks, 1),
    top5: topKAccuracy(ranks, 5),
    meanPerClass: meanPerClass(truth, predicted),
    ece: expectedCalibrationError(rows),
    eceMass: expectedCalibrationError(rows, "mass"),
    brier: mean(judged.brier),
    nll: mean(judged.surprise),
    intervals: intervalsOf(judged, classes.length),
    ...measured,
    measured: new Date().toISOString(),
    perClass: classResults(classes, truth, ranks),
    confusions: confusions(truth, predicted).slice(0, MOST_CONFUSIONS),
    reliability: { width: reliabilityBins(rows), mass: reliabilityBins(rows, "mass") },
    predicted: placed(predicted),
    ...summedAnswers(scores, classes, placed, calibration),
    galleries: galleriesOf(scores, judged, positions),
  };
}

function intervalsOf({ truth, ranks, confidence }: Judgements, classes: number): Cell["intervals"] {
  const n = truth.length;
  const right = Float64Array.from(ranks, (rank) => (rank === 0 ? 1 : 0));
  const inFive = Float64Array.from(ranks, (rank) => (rank < 5 ? 1 : 0));
  const bin = Uint8Array.from(confidence, binOf);
  const gap = Float64Array.from(confidence, (one, i) => one - right[i]!);
  const perClass = { all: new Float64Array(classes), right: new Float64Array(classes) };
  const gaps = new Float64Array(ECE_BINS);
  const [top1, top5, perClassMean, ece] = bootstrapIntervals(n, (drawn) => {
    perClass.all.fill(0);
    perClass.right.fill(0);
    gaps.fill(0);
    for (let i = 0; i < n; i++) {
      const times = drawn[i]!;
      perClass.all[truth[i]!]! += times;
      perClass.right[truth[i]!]! += times * right[i]!;
      gaps[bin[i]!]! += times * gap[i]!;
    }
    let [sum, present] = [0, 0];
    for (let k = 0; k < classes; k++) {
      if (perClass.all[k] === 0) continue;
      sum += perClass.right[k]! / perClass.all[k]!;
      present += 1;
    }
    const error = gaps.reduce((total, one) => total + Math.abs(one), 0) / n;
    return [weightedMean(right, drawn), weightedMean(inFive, drawn), sum / present, error];
  });
  const none = { low: 0, high: 0 };
  const share = (found: Interval | undefined): Interval => (found ? widened(found, n) : none);
  return { top1: share(top1), top5: share(top5), meanPerClass: share(perClassMean), ece: ece ?? none };
}

/** The surest right and wrong answers and the least decided, of each class so many that one does not fill a gallery. */
function galleriesOf(
  scores: LabelledScores,
  { truth, ranks, confidence, margin }: Judgements,
  positions: readonly number[],
): Cell["galleries"] {
  const all = Array.from(truth, (_, i) => i);
  const probabilities = plainProbabilities(scores);
  const most = Math.max(2, Math.ceil(GALLERY / new Set(truth).size));
  const shown = (order: readonly number[]): ShownPicture[] => {
    const perClass = new Map<number, number>();
    const chosen = order.filter((i) => {
      const before = perClass.get(truth[i]!) ?? 0;
      perClass.set(truth[i]!, before + 1);
      return before < most;
    });
    return chosen.slice(0, GALLERY).map((i) => {
      const row = probabilities(rowOf(scores, i));
      const order = row.map((_, label) => label).sort((a, b) => row[b]! - row[a]! || a - b);
      const answers = order.slice(0, ANSWERS).map((label) => ({ label, probability: rounded(row[label]!) }));
      return { position: positions[i]!, answers };
    });
  };
  const surest = all.toSorted((a, b) => confidence[b]! - confidence[a]! || a - b);
  return {
    right: shown(surest.filter((i) => ranks[i] === 0)),
    wrong: shown(surest.filter((i) => ranks[i] !== 0)),
    unsure: shown(all.toSorted((a, b) => margin[a]! - margin[b]! || a - b)),
  };
}

function rounded(share: number): number {
  return Math.round(share * 1e4) / 1e4;
}
