import { createHash } from "node:crypto";
import type { LabelVectors } from "../../encoder.js";
import { ClipError } from "../../errors.js";
import type { AbstainScore } from "./abstain.js";
import type { Calibration } from "./calibration.js";
import { CONFORMAL_SCORES, type Conformal } from "./conformal.js";
import { METHODS, SCALES } from "./fit.js";
import type { IndependentLabels } from "./independent.js";

/** How far probabilities are from shares right, on labelled pictures. */
export interface CalibrationFigures {
  /** Expected calibration error of the largest probability, 15 bins of equal width, 0..1. */
  readonly ece: number;
  /** The same, 15 bins of equally many pictures. */
  readonly eceEqualMass: number;
  /** Mean squared distance of all probabilities from the truth, 0..2. */
  readonly brier: number;
  /** Mean −ln p of the true label. */
  readonly nll: number;
}

/** A calibration with what it was made of and how well it held; the file's content. */
export interface CalibrationRecord {
  readonly formatVersion: 2;
  readonly model: string;
  /** Of the model; with another revision it is not used. */
  readonly revision: string;
  readonly labels: readonly string[];
  readonly templates: readonly string[];
  /** Of all that the labels' vectors were made of beside their names (`promptsId`). */
  readonly prompts: string;
  readonly views: string;
  /** Pictures it was fitted on. */
  readonly images: number;
  /** Fingerprint of the data set they are of. */
  readonly pictures?: string;
  /** ISO date of the fit. */
  readonly made: string;
  /** Absent where only `independent` was fitted. */
  readonly calibration?: Calibration;
  /** On pictures that were held out, before and after; absent where there were too few to hold any out. */
  readonly heldOut?: {
    readonly images: number;
    readonly repeats: number;
    readonly before: CalibrationFigures;
    readonly after: CalibrationFigures;
  };
  readonly conformal?: Conformal;
  /** What 95 % of these pictures reach, for each way to abstain. */
  readonly keep95?: Readonly<Partial<Record<AbstainScore, number>>>;
  readonly independent?: IndependentLabels;
}

/** Name of a set of labels in a file's name, whatever their order. */
export function labelsKey(labels: readonly string[]): string {
  return idOf(labels.toSorted());
}

/** Name of what zero-shot weights were made of beside the labels' names: templates and how they count, labels' own prompts. */
export function promptsId({
  labels,
  templates,
  templateWeights,
  made,
}: Omit<LabelVectors, "vectors"> & { readonly templates: readonly string[] }): string {
  const counted = templates.map((template, i) => JSON.stringify([template, templateWeights?.[i] ?? 1]));
  const own = labels.flatMap((label, i) =>
    made === undefined || made[i] === label ? [] : JSON.stringify([label, made[i]]),
  );
  return idOf([counted.toSorted(), own.toSorted()]);
}

/** A short name of a value: what is equal as JSON has the same. */
export function idOf(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 16);
}

/** Far above any weight that vector scaling gives: its weights are pulled towards 1. */
const MOST_WEIGHT = 1e9;

type Plain = Readonly<Record<string, unknown>>;

/** JSON text → a checked record. Raises `calibrate.record` with what is wrong. */
export function parseRecord(text: string, name: string): CalibrationRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw damaged(name, "JSON", error);
  }
  const record = plain(value, name, "an object");
  const { formatVersion, labels, templates, calibration, conformal, independent, keep95 } = record;
  if (formatVersion !== 2) throw damaged(name, "format version 2");
  for (const key of ["model", "revision", "prompts", "views", "made"]) {
    if (typeof record[key] !== "string") throw damaged(name, `a text in ${key}`);
  }
  if (!isWords(labels) || !isWords(templates)) throw damaged(name, "words in labels and templates");
  if (calibration !== undefined || independent === undefined)
    checkCalibration(plain(calibration, name, "a calibration"), labels, name);
  if (conformal !== undefined) checkConformal(plain(conformal, name, "an object in conformal"), name);
  if (keep95 !== undefined && !isNumbers(Object.values(plain(keep95, name, "an object in keep95"))))
    throw damaged(name, "numbers in keep95");
  if (independent !== undefined) {
    const own = plain(independent, name, "an object in independent");
    if (!isNumbers([own["slope"], own["offset"]]) || !isNumbers(own["thresholds"], labels.length))
      throw damaged(name, "a threshold for each label");
    if (!isWords(own["labels"]) || labelsKey(own["labels"]) !== labelsKey(labels))
      throw damaged(name, "the same labels in independent");
  }
  return value as CalibrationRecord;
}

function checkCalibration(calibration: Plain, labels: readonly string[], name: string): void {
  const { method, logitScale, labels: own, weights, offsets, from, to, bias } = calibration;
  if (!METHODS.some((known) => known === method))
    throw damaged(name, `one of ${METHODS.join(", ")} as method`);
  if (!isNumbers([logitScale]) || !isWithin([logitScale], SCALES))
    throw damaged(name, `a logit scale from ${SCALES[0]} to ${SCALES[1]}`);
  if (method === "sigmoid" && !isNumbers([bias])) throw damaged(name, "a number as bias");
  if (method === "vector") {
    if (!(isNumbers(weights, labels.length) && isNumbers(offsets, labels.length)))
      throw damaged(name, "a weight and an offset for each label");
    if (!isWithin(weights, [Number.MIN_VALUE, MOST_WEIGHT]))
      throw damaged(name, `weights above 0 and up to ${MOST_WEIGHT}`);
    if (!isWords(own) || labelsKey(own) !== labelsKey(labels))
      throw damaged(name, "the same labels in the calibration");
  }
  if (method === "isotonic" && !(isRising(from) && isRising(to) && from.length === to.length))
    throw damaged(name, "a rising curve");
  if (method === "isotonic" && !isWithin(to as number[], [0, 1]))
    throw damaged(name, "shares from 0 to 1 in the curve");
}

function checkConformal({ score, scores, perLabel }: Plain, name: string): void {
  if (!CONFORMAL_SCORES.some((known) => known === score))
    throw damaged(name, `one of ${CONFORMAL_SCORES.join(", ")} as conformal score`);
  if (!isRising(scores)) throw damaged(name, "rising conformal scores");
  const own = perLabel === undefined ? [] : Object.values(plain(perLabel, name, "scores a label"));
  if (!own.every((values) => isRising(values, 0))) throw damaged(name, "rising conformal scores a label");
}

function plain(value: unknown, name: string, what: string): Plain {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Plain;
  throw damaged(name, what);
}

function isWords(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length > 0 && value.every((word) => typeof word === "string");
}

function isNumbers(value: unknown, length?: number): value is readonly number[] {
  return (
    Array.isArray(value) && (length === undefined || value.length === length) && value.every(Number.isFinite)
  );
}

function isWithin(values: readonly unknown[], [least, most]: readonly [number, number]): boolean {
  return values.every((x) => (x as number) >= least && (x as number) <= most);
}

function isRising(value: unknown, least = 1): value is readonly number[] {
  return isNumbers(value) && value.length >= least && value.every((x, i) => i === 0 || x >= value[i - 1]!);
}

function damaged(name: string, expected: string, cause?: unknown): ClipError {
  return new ClipError(
    "calibrate.record",
    `Expected ${expected} in the calibration ${name} but found something else.`,
    {
      cause,
    },
  );
}
