import type { BatchSize, EncodeProgress, Encoder, ModelInfo } from "../encoder.js";
import { ClipError } from "../errors.js";
import type { ImageInput } from "../image/sources.js";
import type { Views } from "../image/views.js";
import type { Embedding } from "../math/unit.js";
import { similaritiesOf } from "../zeroshot/predict.js";
import type { LabelledScores } from "../zeroshot/scores.js";
import { bestView, type ViewMode } from "../zeroshot/views.js";
import { type ZeroShotWeights, zeroShotWeights } from "../zeroshot/weights.js";
import { type LabelledPicture, picturesOf } from "./data/labelled-set.js";
import type { LabelledClass } from "./labelled-folder.js";

export interface EvaluateOptions {
  readonly templates?: readonly string[];
  readonly views?: Views;
  readonly batchSize?: BatchSize;
  /** Of several squares; `best` needs `weights`. Default `average`. */
  readonly viewMode?: ViewMode;
  /** What pictures will be compared with, where the encoder, or the choice of a square, has to know. */
  readonly weights?: ZeroShotWeights;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: EncodeProgress) => void;
}

/** A picture that could not be read. */
export interface FailedImage {
  readonly image: string;
  readonly error: ClipError;
}

/** What is said where no picture of a set can be read: which was the first, and why. */
export function unreadable(set: string, failed: readonly Unread[]): ClipError {
  return new ClipError(
    "evaluate.data",
    `Expected pictures of ${set} that can be read but ${failedWords(failed)}.`,
  );
}

/** A picture that failed, and its reason. */
interface Unread {
  readonly image: string;
  readonly error: { readonly message: string };
}

/** Pictures that failed, in words: how many, and the first with its reason. */
export function failedWords([first, ...more]: readonly Unread[]): string {
  if (first === undefined) return "there is none";
  const others = more.length === 0 ? "" : ` and ${more.length} more`;
  return `${first.image}${others} can't be read: ${first.error.message.replace(/\.$/, "")}`;
}

/** What became of one picture of a list. */
export interface EncodedPicture {
  /** Its position in the list. */
  readonly position: number;
  readonly result: Embedding | ClipError;
  /** Time since the picture before it was there; a batch's time is that of its first picture. Null: it came from a cache. */
  readonly seconds: Seconds;
}

/** How long something took; null where some of it came from a cache, so that its time says nothing of the model. */
export type Seconds = number | null;

/** Times of parts → of all of them. */
export function sumOfSeconds(parts: readonly Seconds[]): Seconds {
  return parts.reduce<Seconds>((sum, part) => (sum === null || part === null ? null : sum + part), 0);
}

/** Pictures and their time → how many a second; null where some came from a cache. */
export function speedOf(pictures: number, seconds: Seconds): number | null {
  if (pictures === 0) return 0;
  return seconds === null ? null : pictures / seconds;
}

/** Most cosines of one set (1 GiB): 50,000 pictures × 5,000 labels. */
const MOST_SCORES = 2 ** 28;

/** Opens pictures as they are asked for; one that can't be opened becomes an input that fails by itself. */
async function* opened(pictures: readonly LabelledPicture[]): AsyncGenerator<ImageInput> {
  for (const picture of pictures) yield await openPicture(picture);
}

async function openPicture(picture: LabelledPicture): Promise<ImageInput> {
  try {
    return await picture.open();
  } catch (error) {
    return {
      // biome-ignore lint/correctness/useYield: a stream that breaks at once
      async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
        throw error;
      },
    };
  }
}

/** Pictures of a list, or those at some of its positions → a vector or an error each, in order, and the time it took. */
export async function* encodePictures(
  encoder: Encoder,
  pictures: readonly LabelledPicture[],
  options: Omit<EvaluateOptions, "templates"> = {},
  positions: readonly number[] = pictures.map((_, i) => i),
): AsyncGenerator<EncodedPicture> {
  const { onProgress, signal, views, viewMode, batchSize, weights } = options;
  const chooses = viewMode === "best" ? weights : undefined;
  const before = pictures.length - positions.length;
  const stream = encoder.encodeImageStream(opened(positions.map((i) => pictures[i]!)), {
    ...(signal ? { signal } : {}),
    ...(views ? { views } : {}),
    ...(chooses ? { eachView: true } : {}),
    ...(weights ? { labels: weights } : {}),
    ...(batchSize ? { batchSize } : {}),
    ...(onProgress
      ? { onProgress: ({ done }) => onProgress({ done: before + done, total: pictures.length }) }
      : {}),
  });
  let last = performance.now();
  let at = 0;
  for await (const { result: mean, views: seen, remembered } of stream) {
    const result = chooses && seen ? bestView(seen, chooses) : mean;
    const seconds = remembered ? null : (performance.now() - last) / 1000;
    yield { position: positions[at++]!, result, seconds };
    last = performance.now();
  }
}

/** Vectors of pictures and weights of labels → cosines. Raises `evaluate.too-large`. */
export function scoresOf(
  pictures: readonly LabelledPicture[],
  features: readonly { readonly position: number; readonly vector: Embedding }[],
  weights: ZeroShotWeights,
  { logitScale, scoring }: Pick<ModelInfo, "logitScale" | "scoring">,
): LabelledScores {
  const { labels } = weights;
  if (features.length * labels.length > MOST_SCORES) {
    throw new ClipError(
      "evaluate.too-large",
      `Expected at most ${MOST_SCORES} pairs of picture and label but received ${features.length} pictures and ${labels.length} labels.`,
    );
  }
  const similarities = new Float32Array(features.length * labels.length);
  let to = 0;
  for (const { vector } of features) {
    similarities.set(similaritiesOf(vector, weights), to);
    to += labels.length;
  }
  return {
    images: features.map(({ position }) => pictures[position]!.name),
    labels,
    truth: Int32Array.from(features, ({ position }) => pictures[position]!.truth),
    similarities,
    logitScale,
    ...(scoring ? { scoring } : {}),
  };
}

/** Cosines of labelled pictures, the pictures that failed, and the time that pictures took. */
export interface CollectedScores {
  readonly scores: LabelledScores;
  readonly failed: readonly FailedImage[];
  /** From the first picture's file to the last embedding, opening and prompts not counted. */
  readonly seconds: Seconds;
}

/** Labelled pictures (classes without one are labels to choose among) and a model → cosines of each picture with each label. */
export async function collectScores(
  encoder: Encoder,
  classes: readonly LabelledClass[],
  options: EvaluateOptions = {},
): Promise<CollectedScores> {
  const { templates = encoder.model.templates, signal } = options;
  const labels = classes.map(({ label }) => label);
  const weights = await zeroShotWeights(encoder, labels, templates, signal ? { signal } : {});
  const pictures = picturesOf(classes);
  const features: { position: number; vector: Embedding }[] = [];
  const failed: FailedImage[] = [];
  let total: Seconds = 0;
  for await (const { position, result, seconds } of encodePictures(encoder, pictures, {
    ...options,
    weights,
  })) {
    total = sumOfSeconds([total, seconds]);
    if (result instanceof ClipError) failed.push({ image: pictures[position]!.name, error: result });
    else features.push({ position, vector: result });
  }
  return { scores: scoresOf(pictures, features, weights, encoder.model), failed, seconds: total };
}
