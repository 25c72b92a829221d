import { type FactsOptions, factsWith, type PictureFacts } from "./facts-with.js";
import type { ImageOptions } from "./options.js";
import type { Picture } from "./pixels.js";
import { smallJpeg } from "./recode.js";

export type { FactsOptions, PictureFacts } from "./facts-with.js";

/** A decoded picture → what is known of it, its thumbnail written by sharp. Its width and height are those in the file, upright. */
export function factsOf(picture: Picture, image: ImageOptions, options: FactsOptions): Promise<PictureFacts> {
  return factsWith(smallJpeg, picture, image, options);
}
