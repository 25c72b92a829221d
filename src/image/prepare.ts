import { decode } from "./decode.js";
import type { ImageOptions } from "./options.js";
import type { Picture, Size } from "./pixels.js";
import { fastSize, preprocess } from "./preprocess.js";
import type { Preprocessing } from "./preprocessing.js";
import type { Views } from "./views.js";

/** A picture, encoded or decoded, and what is to be made of it. */
export interface PictureJob {
  readonly source: Uint8Array | Picture;
  readonly preprocessing: Preprocessing;
  readonly options: ImageOptions;
  readonly views: Views;
}

/** Picture → squares u8 [size, size, 3], one a view. Raises `image.*`. */
export async function prepareSquares(job: PictureJob): Promise<Uint8Array[]> {
  const { source, preprocessing, options, views } = job;
  const fast = options.resize === "fast" ? (size: Size) => fastSize(size, preprocessing, views) : undefined;
  const picture = source instanceof Uint8Array ? await decode(source, options, fast) : source;
  return preprocess(picture, preprocessing, options, views);
}
