import type { EncodeImagesOptions, EncodeProgress, Encoder, Warning } from "../encoder.js";
import { ClipError } from "../errors.js";
import type { ImageInput } from "../image/sources.js";
import { inputId } from "../image/sources.js";
import type { Embedding } from "../math/unit.js";
import { negativeWeights } from "../zeroshot/confidence/abstain.js";
import { type CalibrationRecord, promptsId } from "../zeroshot/confidence/record.js";
import { similaritiesOf } from "../zeroshot/predict.js";
import type { LabelInput } from "../zeroshot/prompts.js";
import { type ZeroShotWeights, zeroShotWeights } from "../zeroshot/weights.js";
import {
  type Calibrated,
  type CalibrateOptions,
  type Cosines,
  calibrate,
  type HeldOut,
  keep95Negative,
  type Separation,
  separate,
} from "./calibrate.js";
import { encodePictures, type FailedImage, scoresOf, unreadable } from "./collect.js";
import { type LabelledSet, labelInputs } from "./data/labelled-set.js";

export interface CalibrateModelOptions
  extends CalibrateOptions,
    Pick<EncodeImagesOptions, "batchSize" | "views" | "signal"> {
  /** Default: the model's. */
  readonly templates?: readonly string[];
  /** Pictures of something else: how well abstaining tells them is measured. */
  readonly outOfSet?: readonly ImageInput[];
  /** Told of pictures. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
  /** Told of prompts: of the labels first; with `outOfSet`, at the end, of words far from them. */
  readonly onPrompts?: (progress: { readonly done: number; readonly total: number }) => void;
  /** Told of labels that can't be told apart. */
  readonly onWarning?: (warning: Warning) => void;
}

/** What calibrating a model gave. */
export interface ModelCalibration extends Calibrated {
  /** What is stored, and then used by default. */
  readonly record: CalibrationRecord;
  /** With `outOfSet`: best first. */
  readonly separation?: { readonly images: number; readonly scores: readonly Separation[] };
  readonly failed: readonly FailedImage[];
}

/** Documented in `door.ts`. */
export async function calibrateModel(
  encoder: Encoder,
  set: LabelledSet,
  options: CalibrateModelOptions = {},
): Promise<ModelCalibration> {
  const {
    templates = encoder.model.templates,
    outOfSet = [],
    signal,
    onProgress,
    onPrompts,
    onWarning,
  } = options;
  const text = {
    ...(signal ? { signal } : {}),
    ...(onPrompts
      ? { onProgress: ({ done, total }: EncodeProgress) => onPrompts({ done, total: total ?? done }) }
      : {}),
  };
  const weightsOf = (words: readonly LabelInput[]): Promise<ZeroShotWeights> =>
    zeroShotWeights(encoder, words, templates, text);
  const weights = await zeroShotWeights(encoder, labelInputs(set.classes), templates, {
    ...text,
    ...(onWarning ? { onWarning } : {}),
  });
  const total = set.pictures.length + outOfSet.length;
  let done = 0;
  const step = (): void => onProgress?.({ done: ++done, total });
  const own = await ownVectors(encoder, set, { ...options, weights }, step);
  if (own.found.length === 0) throw unreadable(set.name, own.failed);
  const scores = scoresOf(set.pictures, own.found, weights, encoder.model);
  // Of several models together there are no cosines, but logarithms of probabilities.
  const ways = weights.compare ? (["probability"] as const) : options.abstainBy;
  const calibrated = calibrate(scores, ways ? { ...options, abstainBy: ways } : options);
  const others = await strangers(encoder, outOfSet, { ...options, weights }, step);
  const { calibration, conformal, heldOut } = calibrated;
  let { keep95 } = calibrated;
  let separation: Separation[] | undefined;
  if (others.found.length > 0) {
    const negatives = weights.compare ? undefined : await negativeWeights(weights, weightsOf);
    const ownCosines = cosinesOf(
      own.found.map(({ vector }) => vector),
      weights,
      negatives,
    );
    separation = separate(
      ownCosines,
      cosinesOf(others.found, weights, negatives),
      calibration,
      weights.labels,
      ways,
    ).sort((a, b) => b.auroc - a.auroc);
    if (negatives) keep95 = { ...keep95, negative: keep95Negative(ownCosines, calibration, weights.labels) };
  }
  return {
    ...calibrated,
    keep95,
    record: {
      formatVersion: 2,
      model: encoder.model.name,
      revision: encoder.model.revision,
      labels: weights.labels,
      templates: weights.templates,
      prompts: promptsId(weights),
      views: options.views ?? "center",
      images: scores.truth.length,
      pictures: set.fingerprint,
      made: new Date().toISOString(),
      calibration,
      conformal,
      keep95,
      ...(heldOut ? { heldOut: recordOf(heldOut) } : {}),
    },
    ...(separation ? { separation: { images: others.found.length, scores: separation } } : {}),
    failed: [...own.failed, ...others.failed],
  };
}

function recordOf({ images, repeats, before, after }: HeldOut): CalibrationRecord["heldOut"] & object {
  return { images, repeats, before, after };
}

interface ComparedOptions extends CalibrateModelOptions {
  readonly weights: ZeroShotWeights;
}

async function ownVectors(
  encoder: Encoder,
  { pictures }: LabelledSet,
  { batchSize, views, signal, weights }: ComparedOptions,
  step: () => void,
): Promise<{ found: { position: number; vector: Embedding }[]; failed: FailedImage[] }> {
  const found: { position: number; vector: Embedding }[] = [];
  const failed: FailedImage[] = [];
  const encode = {
    ...(batchSize === undefined ? {} : { batchSize }),
    ...(views === undefined ? {} : { views }),
    ...(signal === undefined ? {} : { signal }),
    weights,
  };
  for await (const { position, result } of encodePictures(encoder, pictures, encode)) {
    step();
    if (result instanceof ClipError) failed.push({ image: pictures[position]!.name, error: result });
    else found.push({ position, vector: result });
  }
  return { found, failed };
}

async function strangers(
  encoder: Encoder,
  inputs: readonly ImageInput[],
  { batchSize, views, signal, weights }: ComparedOptions,
  step: () => void,
): Promise<{ found: Embedding[]; failed: FailedImage[] }> {
  const found: Embedding[] = [];
  const failed: FailedImage[] = [];
  let at = 0;
  const stream = encoder.encodeImageStream(inputs, {
    ...(batchSize === undefined ? {} : { batchSize }),
    ...(views === undefined ? {} : { views }),
    ...(signal === undefined ? {} : { signal }),
    labels: weights,
  });
  for await (const { result } of stream) {
    step();
    if (result instanceof ClipError) failed.push({ image: inputId(inputs[at]!, at), error: result });
    else found.push(result);
    at += 1;
  }
  return { found, failed };
}

function cosinesOf(
  vectors: readonly Embedding[],
  weights: ZeroShotWeights,
  negatives: ZeroShotWeights | undefined,
): Cosines[] {
  return vectors.map((vector) => ({
    labels: similaritiesOf(vector, weights),
    ...(negatives ? { negatives: similaritiesOf(vector, negatives) } : {}),
  }));
}
