import { decode } from "./decode.js";
import { type FactsOptions, factsOf, type PictureFacts } from "./facts.js";
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
  /** Given: what is known of the picture comes with its squares. */
  readonly facts?: FactsOptions | undefined;
}

export interface PreparedPicture {
  /** u8 [size, size, 3], one a view. */
  readonly squares: readonly Uint8Array[];
  readonly facts?: PictureFacts;
}

/** Picture → its squares, and what is asked for beside. It is decoded once. Raises `image.*`. */
export async function preparePicture(job: PictureJob): Promise<PreparedPicture> {
  const { source, preprocessing, options, views, facts } = job;
  const fast = options.resize === "fast" ? (size: Size) => fastSize(size, preprocessing, views) : undefined;
  const picture = source instanceof Uint8Array ? await decode(source, options, fast) : source;
  const squares = preprocess(picture, preprocessing, options, views);
  return facts ? { squares, facts: await factsOf(picture, options, facts) } : { squares };
}
