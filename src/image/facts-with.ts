import { settle, toRgb } from "./convert.js";
import { type ExifFacts, exifFacts, NO_EXIF } from "./exif.js";
import { FLAT_DEVIATION } from "./grey.js";
import { brightnessOf } from "./grey-kernel.js";
import type { ImageOptions } from "./options.js";
import { perceptualHash } from "./perceptual.js";
import type { Picture, Size } from "./pixels.js";

/** What is known of a picture beside its vector, read from the pixels that are decoded for it anyway. */
export interface PictureFacts extends ExifFacts, Size {
  /** 64-bit DCT hash, 16 hex digits. */
  readonly perceptual: string;
  /** Variance of the Laplacian of the picture at most 512 pixels wide and high, 0 and above. */
  readonly sharpness: number;
  /** True where it is one colour or nearly so. */
  readonly blank: boolean;
  /** A JPEG; null where none was asked for. */
  readonly thumbnail: Uint8Array | null;
}

export interface FactsOptions {
  /** Longest side of the thumbnail, pixels; absent: none is made. */
  readonly thumbnail?: number;
}

/** RGB bytes [height, width, 3] → a JPEG of at most `side` pixels a side that stores can keep; null where none fits. */
export type SmallJpeg = (rgb: Uint8Array, size: Size, side: number) => Promise<Uint8Array | null>;

/** A decoded picture → what is known of it. Its width and height are those in the file, upright. */
export async function factsWith(
  smallJpeg: SmallJpeg,
  picture: Picture,
  image: ImageOptions,
  { thumbnail }: FactsOptions,
): Promise<PictureFacts> {
  const settled = settle(picture, image);
  const rgb = toRgb(settled);
  const { grey, deviation, sharpness } = brightnessOf(rgb, settled);
  const { width, height } = picture.stored ?? picture;
  return {
    width,
    height,
    ...(picture.exif ? exifFacts(picture.exif) : NO_EXIF),
    perceptual: perceptualHash(grey),
    sharpness,
    blank: deviation < FLAT_DEVIATION,
    thumbnail: thumbnail === undefined ? null : await smallJpeg(rgb, settled, thumbnail),
  };
}
