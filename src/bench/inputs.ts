import { fileURLToPath } from "node:url";
import { asClipError, ClipError, throwIfAborted } from "../errors.js";
import { imageOptions } from "../image/options.js";
import { pixelsOf } from "../image/recode.js";
import { expandInputs } from "../image/sources.js";
import { labelSet } from "../zeroshot/label-sets.js";

/** The photos that ship with the package, the same from `src` and from `dist`. */
const PICTURES = fileURLToPath(new URL("../../bench/pictures", import.meta.url));

/** Files that are measured from disk to vector: so many, that a batch is a small part of them. */
const FILES = 256;

export interface BenchPicturesOptions {
  readonly signal?: AbortSignal | undefined;
  /** Pictures looked at, and in all. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Pictures to measure with; of those that can't be read a line each, which names the file. */
export interface BenchPictures {
  readonly pictures: readonly string[];
  readonly leftOut: readonly string[];
}

/** The shipped pictures, a few photos of 224 pixels, again and again until there are enough. */
export async function shippedPictures(): Promise<string[]> {
  const found = await filesOf(PICTURES);
  return Array.from({ length: FILES }, (_, i) => found[i % found.length]!);
}

/**
 * The pictures of a folder, each read once, so that a broken one is known before anything is measured. Raises `input.none`,
 * `image.decode` where none can be read, and `aborted`.
 */
export async function picturesOf(
  folder: string,
  { signal, onProgress }: BenchPicturesOptions = {},
): Promise<BenchPictures> {
  const found = await filesOf(folder, signal);
  const settings = imageOptions();
  const pictures: string[] = [];
  const leftOut: string[] = [];
  for (const [i, path] of found.entries()) {
    throwIfAborted(signal);
    try {
      await pixelsOf(path, settings);
      pictures.push(path);
    } catch (error) {
      leftOut.push(`${path} is left out: ${asClipError(error, "image.decode").message}`);
    }
    onProgress?.(i + 1, found.length);
  }
  if (pictures.length > 0) return { pictures, leftOut };
  throw new ClipError(
    "image.decode",
    `Expected pictures in ${folder} but none of ${found.length} could be read: ${leftOut[0]}`,
  );
}

async function filesOf(folder: string, signal?: AbortSignal): Promise<string[]> {
  const found: string[] = [];
  for await (const path of expandInputs([folder], { signal })) found.push(path);
  return found;
}

/** 1,000 short prompts: the template that all models know, with the labels of ImageNet. */
export function benchTexts(): string[] {
  return labelSet("imagenet-1k").labels.map(({ name }) => `a photo of a ${name}.`);
}
