import type { FactsOptions, PictureFacts } from "./facts-with.js";
import type { ImageOptions } from "./options.js";
import type { Picture, Size } from "./pixels.js";
import { fastSize, preprocess } from "./preprocess.js";
import type { Preprocessing } from "./preprocessing.js";
import type { FilterName } from "./taps.js";
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

/** What a picture of the given size, upright, may be made while it is decoded; undefined: as it is stored. */
export type Shrink = (stored: Size) => (Size & { readonly filter: FilterName }) | undefined;

/** What only the platform can do with pictures. */
export interface Codec {
  /** Encoded bytes → the first frame. Raises `image.*`. */
  decode(bytes: Uint8Array, options: ImageOptions, shrink?: Shrink): Promise<Picture>;
  facts(picture: Picture, image: ImageOptions, options: FactsOptions): Promise<PictureFacts>;
}

/** Picture → its squares, and what is asked for beside. It is decoded once. Raises `image.*`. */
export async function prepareWith(codec: Codec, job: PictureJob): Promise<PreparedPicture> {
  const { source, preprocessing, options, views, facts } = job;
  const fast = options.resize === "fast" ? (size: Size) => fastSize(size, preprocessing, views) : undefined;
  const picture = source instanceof Uint8Array ? await codec.decode(source, options, fast) : source;
  const squares = preprocess(picture, preprocessing, options, views);
  return facts ? { squares, facts: await codec.facts(picture, options, facts) } : { squares };
}
