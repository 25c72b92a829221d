import type { Encoder, EncodeTextsOptions } from "../encoder.js";
import { ClipError } from "../errors.js";
import { dot } from "../math/dot.js";
import { softmax } from "../math/softmax.js";
import type { Embedding } from "../math/unit.js";
import type { LabelInput } from "./prompts.js";
import { checkTemplates } from "./templates.js";
import { zeroShotWeights } from "./weights.js";

/** Pictures without labels that tell templates apart; with fewer the scores are noise. */
export const LEAST_IMAGES = 10;

/** How well each template fits pictures without labels. */
export interface WeighedTemplates {
  /** As they were given, `{color}` filled in. */
  readonly templates: readonly string[];
  /** [templates] mean over pictures of the largest logit, each label's own mean taken off. */
  readonly scores: readonly number[];
  /** [templates] shares that sum to 1: what `templateWeights` takes. */
  readonly weights: readonly number[];
}

/**
 * Pictures without labels → how much each template should count for these labels: zero-shot prompt ensembling (ZPE,
 * Allingham et al. 2023, arXiv 2302.06235). A template's score is the mean over pictures of the largest logit among labels,
 * after each label's mean logit over the pictures was taken off: words that are frequent, or near to every picture, then
 * give a template no lead. The paper also takes off the mean over pictures of the training kind, half each; there are none
 * here. Weights are the softmax of the scores. Raises `labels.*`; `labels.pictures` for fewer than 10 pictures.
 */
export async function weighTemplates(
  encoder: Encoder,
  images: readonly Embedding[],
  labels: readonly LabelInput[],
  templates: readonly string[],
  options: EncodeTextsOptions = {},
): Promise<WeighedTemplates> {
  if (images.length < LEAST_IMAGES) {
    throw new ClipError(
      "labels.pictures",
      `Expected at least ${LEAST_IMAGES} pictures to weight prompts by but received ${images.length}.`,
    );
  }
  const checked = checkTemplates(templates);
  // A label's own prompts are in every template's ensemble alike: only its names tell templates apart.
  const words = labels.map((label) => (typeof label === "string" ? label : label.name));
  const scores: number[] = [];
  for (const [t, template] of checked.entries()) {
    const { onWarning, ...quiet } = options;
    const told = t === 0 && onWarning ? { onWarning } : {};
    const { vectors } = await zeroShotWeights(encoder, words, [template], { ...quiet, ...told });
    scores.push(encoder.model.logitScale * meanOfLargest(images, vectors));
  }
  return { templates: checked, scores, weights: softmax(scores) };
}

/** Mean over pictures of the largest cosine, each label's mean taken off. */
function meanOfLargest(images: readonly Embedding[], vectors: readonly Embedding[]): number {
  const mean = new Float32Array(images[0]!.length);
  for (const image of images) for (let i = 0; i < mean.length; i++) mean[i]! += image[i]! / images.length;
  const biases = vectors.map((vector) => dot(mean, vector));
  let sum = 0;
  for (const image of images) {
    let largest = Number.NEGATIVE_INFINITY;
    for (const [c, vector] of vectors.entries()) largest = Math.max(largest, dot(image, vector) - biases[c]!);
    sum += largest;
  }
  return sum / images.length;
}
