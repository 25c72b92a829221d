import type { AppliedCalibration, CalibrationSource } from "../../zeroshot/confidence/answer.js";
import { type Calibration, probabilitiesOf } from "../../zeroshot/confidence/calibration.js";
import {
  type CalibrationFigures,
  type CalibrationRecord,
  labelsKey,
} from "../../zeroshot/confidence/record.js";
import type { LabelledScores } from "../../zeroshot/scores.js";
import { type Judgements, judge } from "../judge.js";
import {
  ECE_BINS,
  expectedCalibrationError,
  type Judged,
  mean,
  type ReliabilityBin,
  reliabilityBins,
  topKAccuracy,
} from "../metrics.js";
import { bootstrapIntervals, type Interval } from "../statistics.js";

/** What is applied to a model's cosines, and the record that it comes from. */
export interface UsedCalibration {
  readonly applied: AppliedCalibration;
  readonly record?: CalibrationRecord;
}

type SameOrOther = "same" | "other";

/** What a fitted calibration was made of, held against what is measured. */
export interface CalibrationFit {
  /** ISO date. */
  readonly made: string;
  /** Pictures it was fitted on. */
  readonly images: number;
  /** With other labels only its scale is taken. */
  readonly labels: SameOrOther;
  readonly prompts: SameOrOther;
  readonly views: SameOrOther;
  /** `same`: fitted on these very pictures, which flatters it. */
  readonly pictures: SameOrOther;
}

/** Figures of calibrated probabilities. Shares are 0..1. */
export interface CalibratedFigures extends CalibrationFigures {
  /** `default`: a scale measured across data sets; `scale`: that of a calibration for others; `fitted`: by `calibrate`. */
  readonly source: Exclude<CalibrationSource, "none">;
  readonly method: Calibration["method"];
  readonly logitScale: number;
  readonly fit?: CalibrationFit;
  /** Vector scaling may change which label is first. */
  readonly top1: number;
  /** 95 % interval of `ece` by the bootstrap over pictures. */
  readonly interval: Interval;
  /** 15 bins of equal width. */
  readonly reliability: readonly ReliabilityBin[];
}

/** What is measured, as far as a calibration hangs on it. */
export interface MeasuredWith {
  /** `promptsId` of the zero-shot weights. */
  readonly prompts: string;
  readonly views: string;
  /** Of the data set. */
  readonly fingerprint: string;
}

/** Cosines of labelled pictures and a calibration → its figures; undefined where there is none to apply. */
export function calibratedFigures(
  scores: LabelledScores,
  { applied, record }: UsedCalibration,
  measured: MeasuredWith,
): CalibratedFigures | undefined {
  const { source, calibration } = applied;
  if (source === "none") return undefined;
  const judged = judge(scores, (row) => probabilitiesOf(row, calibration, scores.labels));
  const rows = judgedRows(judged);
  return {
    source,
    method: calibration.method,
    logitScale: calibration.logitScale,
    ...(record && source !== "default" ? { fit: fitOf(record, scores.labels, measured) } : {}),
    top1: topKAccuracy(judged.ranks, 1),
    ece: expectedCalibrationError(rows),
    eceEqualMass: expectedCalibrationError(rows, "mass"),
    brier: mean(judged.brier),
    nll: mean(judged.surprise),
    interval: eceInterval(judged),
    reliability: reliabilityBins(rows),
  };
}

function fitOf(record: CalibrationRecord, labels: readonly string[], measured: MeasuredWith): CalibrationFit {
  const held = (same: boolean): SameOrOther => (same ? "same" : "other");
  return {
    made: record.made,
    images: record.images,
    labels: held(labelsKey(record.labels) === labelsKey(labels)),
    prompts: held(record.prompts === measured.prompts),
    views: held(record.views === measured.views),
    pictures: held(record.pictures === measured.fingerprint),
  };
}

/** Confidence and whether it was right, a row a picture. */
export function judgedRows({ ranks, confidence }: Judgements): Judged[] {
  return Array.from(confidence, (one, i) => ({ confidence: one, right: ranks[i] === 0 }));
}

/** Bin of a confidence in the expected calibration error of equal width. */
export function binOf(confidence: number): number {
  return Math.min(ECE_BINS - 1, Math.max(0, Math.ceil(confidence * ECE_BINS) - 1));
}

function eceInterval({ ranks, confidence }: Judgements): Interval {
  const n = ranks.length;
  const bin = Uint8Array.from(confidence, binOf);
  const gap = Float64Array.from(confidence, (one, i) => one - (ranks[i] === 0 ? 1 : 0));
  const gaps = new Float64Array(ECE_BINS);
  const [interval] = bootstrapIntervals(n, (drawn) => {
    gaps.fill(0);
    for (let i = 0; i < n; i++) gaps[bin[i]!]! += drawn[i]! * gap[i]!;
    return [gaps.reduce((total, one) => total + Math.abs(one), 0) / n];
  });
  return interval ?? { low: 0, high: 0 };
}
