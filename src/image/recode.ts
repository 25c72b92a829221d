import sharp from "sharp";
import { settle, toRgb } from "./convert.js";
import { decode } from "./decode.js";
import type { ImageOptions } from "./options.js";
import type { Size } from "./pixels.js";
import { resize } from "./resize.js";
import { type ImageInput, type RawPixels, readInput } from "./sources.js";

/** Bytes RGB [height, width, 3]. */
type Rgb = RawPixels & { readonly channels: 3 };

/** Any input → upright RGB pixels, with the checks of every picture. */
export async function pixelsOf(input: ImageInput, options: ImageOptions): Promise<Rgb> {
  const read = await readInput(input, options);
  const picture = settle(read instanceof Uint8Array ? await decode(read, options) : read, options);
  return { data: toRgb(picture), width: picture.width, height: picture.height, channels: 3 };
}

function resized({ data, width, height }: Rgb, to: Size): Rgb {
  const window = { ...to, left: 0, top: 0, cropWidth: to.width, cropHeight: to.height };
  return { ...to, data: resize({ data, width, height, channels: 3 }, window, "bicubic"), channels: 3 };
}

/**
 * A picture as a camera of fewer pixels would have given it: the shorter side at most `shortSide` pixels (bicubic with
 * antialiasing). A picture that is that small already stays. Raises `input.*` and `image.*`.
 */
export async function shrunk(
  input: ImageInput,
  shortSide: number,
  options: ImageOptions,
): Promise<RawPixels> {
  const pixels = await pixelsOf(input, options);
  const share = shortSide / Math.min(pixels.width, pixels.height);
  if (share >= 1) return pixels;
  const side = (pixel: number): number => Math.max(1, Math.round(pixel * share));
  return resized(pixels, { width: side(pixels.width), height: side(pixels.height) });
}

/** A picture as a JPEG of some quality, 1 (worst) to 100, colours at half the resolution as cameras store them. */
export async function asJpeg(input: ImageInput, quality: number, options: ImageOptions): Promise<Uint8Array> {
  return encodeJpeg(await pixelsOf(input, options), quality);
}

/** RGB bytes [height, width, 3] → the same after they were a JPEG of some quality, 1 (worst) to 100. */
export async function throughJpeg(
  rgb: Uint8Array,
  { width, height }: Size,
  quality: number,
): Promise<Uint8Array> {
  const coded = await encodeJpeg({ data: rgb, width, height, channels: 3 }, quality);
  return new Uint8Array(await sharp(coded).removeAlpha().raw().toBuffer());
}

/** RGB bytes [height, width, 3] → another size, bicubic with antialiasing. */
export function resizedRgb(rgb: Uint8Array, from: Size, to: Size): Uint8Array {
  return resized({ data: rgb, ...from, channels: 3 }, to).data;
}

function encodeJpeg({ data, width, height, channels }: Rgb, quality: number): Promise<Uint8Array> {
  return sharp(data, { raw: { width, height, channels } })
    .jpeg({ quality, chromaSubsampling: "4:2:0" })
    .toBuffer();
}

/** Small enough for a page with hundreds of them, good enough to see what is on it. */
const THUMBNAIL_QUALITY = 72;

/** A picture's middle square as a small JPEG of `side` pixels. */
export async function thumbnail(input: ImageInput, side: number, options: ImageOptions): Promise<Uint8Array> {
  const { data, width, height } = await pixelsOf(input, options);
  return sharp(data, { raw: { width, height, channels: 3 } })
    .resize(side, side, { fit: "cover" })
    .jpeg({ quality: THUMBNAIL_QUALITY })
    .toBuffer();
}

/** A whole picture, its longer side at most `side` pixels, upright, on white where it is transparent; at most as large as it is. */
export async function preview(
  input: ImageInput,
  side: number,
  format: "jpeg" | "png",
  options: ImageOptions,
): Promise<Uint8Array> {
  const { data, width, height } = await pixelsOf(input, options);
  const small = sharp(data, { raw: { width, height, channels: 3 } }).resize(side, side, {
    fit: "inside",
    withoutEnlargement: true,
  });
  return (format === "png" ? small.png() : small.jpeg({ quality: THUMBNAIL_QUALITY })).toBuffer();
}

/** Longest thumbnail, bytes: what stores keep of one. */
const MOST_SMALL = 48_000;
/** Tried from the best on; noise at 256 pixels takes more than the bound at 72. */
const QUALITIES = [THUMBNAIL_QUALITY, 50, 25] as const;

/** RGB bytes [height, width, 3] → the whole picture as a JPEG of at most `side` pixels a side and 48,000 bytes; null where none fits. */
export async function smallJpeg(rgb: Uint8Array, size: Size, side: number): Promise<Uint8Array | null> {
  const { width, height } = size;
  const small = await sharp(rgb, { raw: { width, height, channels: 3 } })
    .resize(side, side, { fit: "inside", withoutEnlargement: true })
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width: outWidth, height: outHeight } = small.info;
  for (const quality of QUALITIES) {
    const jpeg = await encodeJpeg(
      { data: small.data, width: outWidth, height: outHeight, channels: 3 },
      quality,
    );
    if (jpeg.length <= MOST_SMALL) return new Uint8Array(jpeg);
  }
  return null;
}
