import type { BatchSize, EncodeProgress, Encoder } from "../encoder.js";
import { ClipError } from "../errors.js";
import type { Embedding } from "../math/unit.js";
import type { LabelInput } from "../zeroshot/prompts.js";
import { LEAST_IMAGES, type WeighedTemplates, weighTemplates } from "../zeroshot/template-weights.js";
import { checkTemplates } from "../zeroshot/templates.js";
import { zeroShotWeights } from "../zeroshot/weights.js";
import { encodePictures, type FailedImage, scoresOf, unreadable } from "./collect.js";
import type { LabelledSet } from "./data/labelled-set.js";
import { judge } from "./judge.js";
import { bootstrapInterval, type Interval } from "./statistics.js";

/** Accuracy of one way to ask, over all pictures that were read. */
export interface TriedPrompts {
  /** Share of pictures whose first label is right, 0..1. */
  readonly top1: number;
  /** 95 % bootstrap interval of it. */
  readonly interval: Interval;
}

/** One template by itself, with the same aliases, own prompts and descriptions of labels as the ensembles. */
export interface TriedTemplate extends TriedPrompts {
  readonly template: string;
  /** Its share of the weighted ensemble; absent with one template. */
  readonly weight?: number;
}

/** Accuracy less that of the best single template, on the same pictures. */
export interface Gain {
  readonly top1: number;
  /** 95 % bootstrap interval of the paired difference. */
  readonly interval: Interval;
}

export interface TriedEnsemble extends TriedPrompts {
  readonly gain: Gain;
}

/** Each template and their ensembles on one labelled set. */
export interface PromptTrial {
  readonly images: number;
  readonly classes: number;
  /** Best first. */
  readonly templates: readonly TriedTemplate[];
  /** Every template alike, with aliases and own prompts of labels. */
  readonly ensemble: TriedEnsemble;
  /** Templates weighted by the same pictures, without their labels; absent with one template or too few pictures. */
  readonly weighted?: TriedEnsemble;
  readonly failed: readonly FailedImage[];
}

export interface TryOptions {
  /** What the set's classes are, where they have aliases and own prompts; in their order. */
  readonly labels?: readonly LabelInput[];
  readonly batchSize?: BatchSize;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: EncodeProgress) => void;
}

/** One picture a row: right (1) or not (0). */
function tried(right: Uint8Array): TriedPrompts {
  return { top1: right.reduce((a, b) => a + b, 0) / right.length, interval: bootstrapInterval(right) };
}

function gainOver(best: Uint8Array, right: Uint8Array): Gain {
  const differences = Int8Array.from(right, (one, i) => one - best[i]!);
  return {
    top1: differences.reduce((a, b) => a + b, 0) / differences.length,
    interval: bootstrapInterval(differences),
  };
}

/** Documented in `door.ts`. */
export async function tryPrompts(
  encoder: Encoder,
  set: LabelledSet,
  templates: readonly string[],
  options: TryOptions = {},
): Promise<PromptTrial> {
  const { labels = set.classes.map(({ label }) => label), signal } = options;
  const checked = checkTemplates(templates);
  const text = signal ? { signal } : {};
  const features: { position: number; vector: Embedding }[] = [];
  const failed: FailedImage[] = [];
  for await (const { position, result } of encodePictures(encoder, set.pictures, options)) {
    if (result instanceof ClipError) failed.push({ image: set.pictures[position]!.name, error: result });
    else features.push({ position, vector: result });
  }
  if (features.length === 0) throw unreadable(set.name, failed);
  const rightOf = async (
    forms: readonly string[],
    templateWeights?: readonly number[],
  ): Promise<Uint8Array> => {
    const more = templateWeights ? { templateWeights } : {};
    const weights = await zeroShotWeights(encoder, labels, forms, { ...text, ...more });
    const { ranks } = judge(scoresOf(set.pictures, features, weights, encoder.model));
    return Uint8Array.from(ranks, (rank) => (rank === 0 ? 1 : 0));
  };
  const single: { template: string; right: Uint8Array }[] = [];
  for (const template of checked) single.push({ template, right: await rightOf([template]) });
  const best = single.map(({ right }) => right).reduce((a, b) => (count(b) > count(a) ? b : a));
  const several = checked.length > 1 && features.length >= LEAST_IMAGES;
  const weighed: WeighedTemplates | undefined = several
    ? await weighTemplates(
        encoder,
        features.map(({ vector }) => vector),
        labels,
        checked,
        text,
      )
    : undefined;
  const together = await rightOf(checked);
  const weighted = weighed && (await rightOf(checked, weighed.weights));
  return {
    images: features.length,
    classes: set.classes.length,
    templates: single
      .map(({ template, right }, i) => ({
        template,
        ...tried(right),
        ...(weighed ? { weight: weighed.weights[i]! } : {}),
      }))
      .sort((a, b) => b.top1 - a.top1),
    ensemble: { ...tried(together), gain: gainOver(best, together) },
    ...(weighted ? { weighted: { ...tried(weighted), gain: gainOver(best, weighted) } } : {}),
    failed,
  };
}

function count(right: Uint8Array): number {
  return right.reduce((a, b) => a + b, 0);
}
