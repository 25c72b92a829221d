import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { BatchSize, EncodeProgress, Encoder } from "../encoder.js";
import { ClipError } from "../errors.js";
import { dot } from "../math/dot.js";
import type { FailedImage } from "./collect.js";
import { rankOf, topKAccuracy } from "./metrics.js";

/** Captions of a few million pictures; larger sets are evaluated in parts. */
const MAX_CAPTIONS_FILE = 1024 * 1024 * 1024;

/** A picture's file name and one sentence about it. */
export interface Caption {
  readonly image: string;
  readonly text: string;
}

async function readLines(path: string): Promise<string[]> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === "ENOENT" ? "there is no such file" : "it can't be read";
    throw new ClipError("evaluate.captions", `Expected a text file at ${path} but ${why}.`, { cause: error });
  });
  if (bytes.length > MAX_CAPTIONS_FILE) {
    throw new ClipError(
      "evaluate.captions",
      `Expected at most ${MAX_CAPTIONS_FILE} bytes but ${path} has ${bytes.length}.`,
    );
  }
  return bytes
    .toString("utf8")
    .replace(/^\ufeff/, "")
    .split(/\r?\n/);
}

/**
 * Lines `<file> TAB <caption>` or, as in Flickr8k, `<file>#<n> <caption>` and `<file>#<language>#<n> <caption>`. Raises
 * `evaluate.captions` with the number of a line that is neither.
 */
export async function readCaptions(path: string): Promise<Caption[]> {
  const captions: Caption[] = [];
  for (const [i, line] of (await readLines(path)).entries()) {
    if (line.trim() === "") continue;
    const match = /^([^\t#]+)(?:#[^\t ]*)?(?:\t| +)(.*\S)\s*$/.exec(line);
    if (!match) {
      throw new ClipError(
        "evaluate.captions",
        `Expected a file name and a caption in line ${i + 1} of ${path} but found ${JSON.stringify(line.slice(0, 60))}.`,
      );
    }
    captions.push({ image: match[1]!.trim(), text: match[2]! });
  }
  return captions;
}

/** Captions of the pictures that a file names, one a line, with or without their ending (as Flickr8k's split lists do). */
export async function keepListed(captions: readonly Caption[], path: string): Promise<Caption[]> {
  const listed = new Set((await readLines(path)).map((line) => line.trim()));
  return captions.filter(({ image }) => listed.has(image) || listed.has(image.replace(/\.[^.]+$/, "")));
}

/** Recall at 1, 5 and 10: the share of queries with a right answer among the k best. 0..1. */
export interface Recall {
  readonly r1: number;
  readonly r5: number;
  readonly r10: number;
}

export interface RetrievalResult {
  readonly model: string;
  readonly images: number;
  readonly captions: number;
  readonly textToImage: Recall;
  readonly imageToText: Recall;
  readonly imagesPerSecond: number;
  readonly failed: readonly FailedImage[];
}

export interface RetrievalOptions {
  readonly batchSize?: BatchSize;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: EncodeProgress) => void;
}

function recall(ranks: readonly number[]): Recall {
  return { r1: topKAccuracy(ranks, 1), r5: topKAccuracy(ranks, 5), r10: topKAccuracy(ranks, 10) };
}

/** Pictures of a folder and their captions → how often each finds the other. Captions of pictures that fail are left out. */
export async function evaluateRetrieval(
  encoder: Encoder,
  folder: string,
  captions: readonly Caption[],
  options: RetrievalOptions = {},
): Promise<RetrievalResult> {
  const files = [...new Set(captions.map(({ image }) => image))];
  if (files.length === 0)
    throw new ClipError("evaluate.captions", "Expected captions of at least one picture but found none.");
  const { signal, ...encode } = options;
  const abort = signal ? { signal } : {};
  const began = performance.now();
  const features = await encoder.encodeImages(
    files.map((file) => join(folder, file)),
    { ...encode, ...abort },
  );
  const seconds = (performance.now() - began) / 1000;
  const failed: FailedImage[] = [];
  const images = features.flatMap((feature, i) => {
    if (!(feature instanceof ClipError)) return [{ file: files[i]!, feature }];
    failed.push({ image: files[i]!, error: feature });
    return [];
  });
  const place = new Map(images.map(({ file }, i) => [file, i]));
  const kept = captions.filter(({ image }) => place.has(image));
  const texts = await encoder.encodeTexts(
    kept.map(({ text }) => text),
    abort,
  );
  const owner = kept.map(({ image }) => place.get(image)!);
  const byText = texts.map((text, i) =>
    rankOf(
      images.map(({ feature }) => dot(feature, text)),
      owner[i]!,
    ),
  );
  const byImage = images.map(({ feature }, image) => {
    const scores = texts.map((text) => dot(feature, text));
    return Math.min(...owner.flatMap((own, i) => (own === image ? [rankOf(scores, i)] : [])));
  });
  return {
    model: encoder.model.name,
    images: images.length,
    captions: kept.length,
    textToImage: recall(byText),
    imageToText: recall(byImage),
    imagesPerSecond: images.length / seconds,
    failed,
  };
}
