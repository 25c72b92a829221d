import type { Encoder } from "../encoder.js";
import { collectScores, type EvaluateOptions, type FailedImage, speedOf } from "./collect.js";
import { judge } from "./judge.js";
import type { LabelledClass } from "./labelled-folder.js";
import { expectedCalibrationError, topKAccuracy } from "./metrics.js";

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
  /**
   * From the first picture's file to the last embedding, opening and prompts not counted. Null where vectors came from the
   * cache of pictures.
   */
  readonly imagesPerSecond: number | null;
  readonly perClass: readonly ClassResult[];
  readonly failed: readonly FailedImage[];
}

/** Labelled pictures (classes without one are labels to choose among) through zero-shot classification → accuracy, calibration and speed. */
export async function evaluateClassification(
  encoder: Encoder,
  classes: readonly LabelledClass[],
  options: EvaluateOptions = {},
): Promise<ClassificationResult> {
  const { scores, failed, seconds } = await collectScores(encoder, classes, options);
  const { truth, ranks, confidence } = judge(scores);
  return {
    model: encoder.model.name,
    images: truth.length,
    classes: classes.length,
    top1: topKAccuracy(ranks, 1),
    top5: topKAccuracy(ranks, 5),
    ece: expectedCalibrationError(
      Array.from(confidence, (one, i) => ({ confidence: one, right: ranks[i] === 0 })),
    ),
    imagesPerSecond: speedOf(truth.length, seconds),
    perClass: classResults(
      classes.map(({ id, label }) => ({ id, label })),
      truth,
      ranks,
    ),
    failed,
  };
}

/** Share of right answers of each class that has a picture. */
export function classResults(
  classes: readonly { readonly id: string; readonly label: string }[],
  truth: ArrayLike<number>,
  ranks: ArrayLike<number>,
): ClassResult[] {
  const counts = classes.map(() => ({ images: 0, right: 0 }));
  for (let i = 0; i < truth.length; i++) {
    const count = counts[truth[i]!]!;
    count.images += 1;
    if (ranks[i] === 0) count.right += 1;
  }
  return classes.flatMap(({ id, label }, i) => {
    const { images, right } = counts[i]!;
    return images === 0 ? [] : [{ id, label, images, top1: right / images }];
  });
}
