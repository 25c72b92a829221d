import type { EncodeProgress, Encoder } from "../encoder.js";
import { ClipError } from "../errors.js";
import type { Views } from "../image/preprocess.js";
import { dot } from "../math/dot.js";
import { softmax } from "../math/softmax.js";
import { zeroShotWeights } from "../zeroshot/weights.js";
import type { LabelledClass } from "./labelled-folder.js";
import { expectedCalibrationError, rankOf, topKAccuracy } from "./metrics.js";

export interface EvaluateOptions {
  readonly templates?: readonly string[];
  readonly views?: Views;
  readonly batchSize?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: EncodeProgress) => void;
}

/** A picture that could not be read. */
export interface FailedImage {
  readonly image: string;
  readonly error: ClipError;
}

export interface ClassResult {
  readonly id: string;
  readonly label: string;
  readonly images: number;
  readonly top1: number;
}

/** Zero-shot classification measured on labelled pictures. Shares are 0..1. */
export interface ClassificationResult {
  readonly model: string;
  /** Pictures that were read; the failed ones count nowhere. */
  readonly images: number;
  readonly classes: number;
  readonly top1: number;
  readonly top5: number;
  /** Expected calibration error of the largest probability, 15 bins of equal width. */
  readonly ece: number;
  /** From the first picture's file to the last embedding, opening and prompts not counted. */
  readonly imagesPerSecond: number;
  readonly perClass: readonly ClassResult[];
  readonly failed: readonly FailedImage[];
}

interface Row {
  readonly truth: number;
  readonly rank: number;
  readonly confidence: number;
}

/** Labelled pictures (classes without one are labels to choose among) through zero-shot classification → accuracy, calibration and speed. */
export async function evaluateClassification(
  encoder: Encoder,
  classes: readonly LabelledClass[],
  options: EvaluateOptions = {},
): Promise<ClassificationResult> {
  const { templates = encoder.model.templates, signal, onProgress, views, batchSize } = options;
  const labels = classes.map(({ label }) => label);
  const weights = await zeroShotWeights(encoder, labels, templates, signal ? { signal } : {});
  const images = classes.flatMap((entry, truth) => entry.images.map((image) => ({ image, truth })));
  const rows: Row[] = [];
  const failed: FailedImage[] = [];
  const began = performance.now();
  const stream = encoder.encodeImageStream(
    images.map(({ image }) => image),
    {
      ...(signal ? { signal } : {}),
      ...(onProgress ? { onProgress } : {}),
      ...(views ? { views } : {}),
      ...(batchSize ? { batchSize } : {}),
    },
  );
  for await (const { result } of stream) {
    const { image, truth } = images[rows.length + failed.length]!;
    if (result instanceof ClipError) failed.push({ image, error: result });
    else {
      const logits = weights.vectors.map((vector) => encoder.model.logitScale * dot(result, vector));
      rows.push({ truth, rank: rankOf(logits, truth), confidence: Math.max(...softmax(logits)) });
    }
  }
  const seconds = (performance.now() - began) / 1000;
  const ranks = rows.map(({ rank }) => rank);
  return {
    model: encoder.model.name,
    images: rows.length,
    classes: classes.length,
    top1: topKAccuracy(ranks, 1),
    top5: topKAccuracy(ranks, 5),
    ece: expectedCalibrationError(rows.map(({ rank, confidence }) => ({ confidence, right: rank === 0 }))),
    imagesPerSecond: rows.length / seconds,
    perClass: classes.flatMap(({ id, label, images: files }, truth) => {
      if (files.length === 0) return [];
      const own = rows.filter((row) => row.truth === truth).map(({ rank }) => rank);
      return [{ id, label, images: own.length, top1: topKAccuracy(own, 1) }];
    }),
    failed,
  };
}
