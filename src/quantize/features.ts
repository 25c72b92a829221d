import { join } from "node:path";
import { encodeTexts } from "../encode/texts.js";
import { openTokenizer } from "../encode/tokenizer.js";
import { throwIfAborted } from "../errors.js";
import { normalise } from "../image/preprocess.js";
import { type Embedding, unit } from "../math/unit.js";
import type { ImageTower, OpenedModel } from "../models/manifest.js";
import { type Feed, openSession } from "../runtime/session.js";

/** Pictures a run. */
const BATCH = 8;

export interface FeatureOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Squares u8 [size, size, 3] → what the tower takes. */
export function pixelFeed({ pixels, preprocessing }: ImageTower, squares: readonly Uint8Array[]): Feed {
  const { size } = preprocessing;
  const bytes = new Uint8Array(squares.length * size * size * 3);
  for (const [i, square] of squares.entries()) bytes.set(square, i * square.length);
  if (pixels.layout === "u8-nhwc")
    return { type: "uint8", data: bytes, dims: [squares.length, size, size, 3] };
  const data = normalise(bytes, size, pixels.mean, pixels.std);
  return { type: "float32", data, dims: [squares.length, 3, size, size] };
}

/** Squares → unit vectors by the image tower in a file; `model` says how it is fed. */
export async function imageFeatures(
  file: string,
  { manifest: { image, dim } }: OpenedModel,
  squares: readonly Uint8Array[],
  { signal, onProgress }: FeatureOptions = {},
): Promise<Embedding[]> {
  onProgress?.(0, squares.length);
  await using session = await openSession(file);
  const features: Embedding[] = [];
  for (let at = 0; at < squares.length; at += BATCH) {
    throwIfAborted(signal);
    const batch = squares.slice(at, at + BATCH);
    const { data } = await session.run({ [image.input]: pixelFeed(image, batch) }, image.output);
    for (let i = 0; i < batch.length; i++) features.push(unit(data.subarray(i * dim, (i + 1) * dim)));
    onProgress?.(features.length, squares.length);
  }
  return features;
}

/** Prompts → unit vectors by the text tower in a file; `model` says how it is fed and has the tokenizer. */
export async function textFeatures(
  file: string,
  { folder, manifest: { text, dim, knownScripts } }: OpenedModel,
  prompts: readonly string[],
  { signal, onProgress }: FeatureOptions = {},
): Promise<Embedding[]> {
  onProgress?.(0, prompts.length);
  await using session = await openSession(file);
  const tokenizer = await openTokenizer(folder, text.tokenizer);
  return await encodeTexts({ session, tower: text, tokenizer, dim, knownScripts }, prompts, {
    ...(signal ? { signal } : {}),
    onProgress: ({ done, total }) => onProgress?.(done, total ?? done),
  });
}

/** The file of a tower in a model's folder. */
export function towerFile({ folder, manifest }: OpenedModel, tower: "image" | "text"): string {
  return join(folder, manifest[tower].file);
}
