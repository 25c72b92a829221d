import { fileURLToPath } from "node:url";
import { expandInputs } from "../image/sources.js";
import { labelSet } from "../zeroshot/label-sets.js";

/** The photos that ship with the package, the same from `src` and from `dist`. */
const PICTURES = fileURLToPath(new URL("../../bench/pictures", import.meta.url));

/** Files that are measured from disk to vector: so many, that a batch is a small part of them. */
const FILES = 256;

/** The pictures of a folder; of the shipped ones (a few photos of 224 pixels), again and again until there are enough. */
export async function benchPictures(folder?: string): Promise<string[]> {
  const found: string[] = [];
  for await (const path of expandInputs([folder ?? PICTURES])) found.push(path);
  return folder === undefined ? Array.from({ length: FILES }, (_, i) => found[i % found.length]!) : found;
}

/** 1,000 short prompts: the template that all models know, with the labels of ImageNet. */
export function benchTexts(): string[] {
  return labelSet("imagenet-1k").labels.map(({ name }) => `a photo of a ${name}.`);
}
