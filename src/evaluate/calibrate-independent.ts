import type { EncodeImagesOptions, Encoder } from "../encoder.js";
import { ClipError } from "../errors.js";
import {
  fitIndependent,
  type IndependentLabels,
  type MultiLabelScores,
} from "../zeroshot/confidence/independent.js";
import { type CalibrationRecord, promptsId } from "../zeroshot/confidence/record.js";
import { similaritiesOf } from "../zeroshot/predict.js";
import { zeroShotWeights } from "../zeroshot/weights.js";
import { halves } from "./calibrate.js";
import { encodePictures, type FailedImage, failedWords } from "./collect.js";
import { labelInputs } from "./data/labelled-set.js";
import type { TaggedSet } from "./data/tagged-set.js";
import {
  type IndependentFigures,
  type IndependentLabelFigures,
  judgeIndependent,
} from "./judge-independent.js";
import { mean } from "./metrics.js";

export interface CalibrateIndependentOptions
  extends Pick<EncodeImagesOptions, "batchSize" | "views" | "signal" | "onProgress"> {
  /** Default: the model's. */
  readonly templates?: readonly string[];
  /** Of the halves. Default 1. */
  readonly seed?: number;
}

/** What fitting labels each by itself gave. */
export interface IndependentCalibration {
  readonly independent: IndependentLabels;
  /** What is stored, without a calibration of labels that exclude each other. */
  readonly record: CalibrationRecord;
  /** On pictures that were held out: means over both halves, each judged by what the other gave. */
  readonly heldOut: IndependentFigures;
  /** The same without fitting: one threshold, halfway between the cosines of pairs that hold and of others. */
  readonly before: IndependentFigures;
  /** Each label on all pictures. */
  readonly labels: readonly IndependentLabelFigures[];
  readonly images: number;
  readonly failed: readonly FailedImage[];
}

/** Fewer pictures leave too few for either half. */
const LEAST_PICTURES = 50;

/** Documented in `door.ts`. */
export async function calibrateIndependent(
  encoder: Encoder,
  set: TaggedSet,
  options: CalibrateIndependentOptions = {},
): Promise<IndependentCalibration> {
  const { templates = encoder.model.templates, seed = 1, signal, ...encode } = options;
  const weights = await zeroShotWeights(
    encoder,
    labelInputs(set.classes),
    templates,
    signal ? { signal } : {},
  );
  if (weights.compare) {
    throw new ClipError(
      "usage.independent",
      `Expected one model whose cosines judge each label by itself but ${encoder.model.name} has several.`,
    );
  }
  const { labels } = weights;
  const failed: FailedImage[] = [];
  const rows: Float32Array[] = [];
  const truths: (readonly number[])[] = [];
  // Truth is of several labels here; the position of one is not looked at.
  const pictures = set.pictures.map((picture) => ({ ...picture, truth: 0 }));
  const stream = encodePictures(encoder, pictures, { ...encode, ...(signal ? { signal } : {}), weights });
  for await (const { position, result } of stream) {
    const { name, truths: own } = set.pictures[position]!;
    if (result instanceof ClipError) failed.push({ image: name, error: result });
    else {
      rows.push(similaritiesOf(result, weights));
      truths.push(own);
    }
  }
  if (rows.length < LEAST_PICTURES) {
    throw new ClipError(
      "calibrate.pictures",
      `Expected at least ${LEAST_PICTURES} labelled pictures that can be read but received ${rows.length}${failed.length > 0 ? `; ${failedWords(failed)}` : ""}.`,
    );
  }
  const all = scoresOf(labels, rows, truths);
  const independent = fitIndependent(all);
  const [a, b] = halves(rows.length, seed).map((half) =>
    scoresOf(
      labels,
      half.map((i) => rows[i]!),
      half.map((i) => truths[i]!),
    ),
  ) as [MultiLabelScores, MultiLabelScores];
  const crossed = (fitted: (scores: MultiLabelScores) => IndependentLabels): IndependentFigures =>
    meanOf([judgeIndependent(a, fitted(b)).figures, judgeIndependent(b, fitted(a)).figures]);
  return {
    independent,
    record: {
      formatVersion: 2,
      model: encoder.model.name,
      revision: encoder.model.revision,
      labels,
      templates: weights.templates,
      prompts: promptsId(weights),
      views: options.views ?? "center",
      images: rows.length,
      pictures: set.fingerprint,
      made: new Date().toISOString(),
      independent,
    },
    heldOut: crossed(fitIndependent),
    before: crossed(unfitted),
    labels: judgeIndependent(all, independent).labels,
    images: rows.length,
    failed,
  };
}

function scoresOf(
  labels: readonly string[],
  rows: readonly Float32Array[],
  truths: readonly (readonly number[])[],
): MultiLabelScores {
  const similarities = new Float32Array(rows.length * labels.length);
  const truth = new Uint8Array(similarities.length);
  for (const [i, row] of rows.entries()) {
    similarities.set(row, i * labels.length);
    for (const label of truths[i]!) truth[i * labels.length + label] = 1;
  }
  return { labels, similarities, truth };
}

/** What one would do without fitting: a label holds where its cosine is nearer to that of pairs that hold than to that of others. */
function unfitted({ labels, similarities, truth }: MultiLabelScores): IndependentLabels {
  const of = (holds: number): number => mean(Array.from(similarities).filter((_, i) => truth[i] === holds));
  const middle = (of(1) + of(0)) / 2;
  return { slope: 1, offset: -middle, labels, thresholds: labels.map(() => 0.5) };
}

function meanOf(parts: readonly IndependentFigures[]): IndependentFigures {
  const over = (key: keyof IndependentFigures): number => mean(parts.map((one) => one[key]));
  return {
    meanAveragePrecision: over("meanAveragePrecision"),
    microF1: over("microF1"),
    macroF1: over("macroF1"),
    exact: over("exact"),
  };
}
