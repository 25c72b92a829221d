import { ClipError } from "../errors.js";
import { checkScans, endsEarly } from "../image/data-checks.js";
import { decodeDicom } from "../image/decode-dicom.js";
import { type FactsOptions, factsWith, type PictureFacts } from "../image/facts-with.js";
import { imageFormat } from "../image/format.js";
import { type Header, readHeader } from "../image/header.js";
import { tooLarge } from "../image/input.js";
import { checkPixels, type ImageOptions } from "../image/options.js";
import { isSideways, type Orientation, orientationOf, turned, unturned } from "../image/orientation.js";
import type { Picture, Size } from "../image/pixels.js";
import { readPng } from "../image/png.js";
import type { Codec, Shrink } from "../image/prepare-with.js";
import { resize } from "../image/resize.js";

/** Types by which browsers know the formats. */
const TYPES: Readonly<Record<string, string>> = {
  jpeg: "image/jpeg",
  png: "image/png",
  webp: "image/webp",
  gif: "image/gif",
  avif: "image/avif",
};

/** Nothing is done to the pixels but what this file does: turning, alpha and colours are the same in every browser then. */
const PLAIN: ImageBitmapOptions = { colorSpaceConversion: "none", premultiplyAlpha: "none" };

function cut(why: string, cause?: unknown): ClipError {
  return new ClipError("image.truncated", `Expected a whole picture but its data ends early: ${why}.`, {
    cause,
  });
}

/** A bitmap's pixels: RGBA bytes, colours as they are. */
function pixelsOf(bitmap: ImageBitmap): Uint8Array {
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  if (!context)
    throw new ClipError("image.decode", "The picture can't be decoded: this browser has no canvas for it.");
  context.drawImage(bitmap, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  return new Uint8Array(data.buffer, data.byteOffset, data.length);
}

function withoutAlpha(rgba: Uint8Array): Uint8Array {
  const out = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4) {
    out[to++] = rgba[from]!;
    out[to++] = rgba[from + 1]!;
    out[to++] = rgba[from + 2]!;
  }
  return out;
}

/** A bitmap, a frame of a video for example → its picture, whatever is behind alpha on white or dropped as options say. */
export function pictureOf(bitmap: ImageBitmap, options: ImageOptions): Picture {
  const { width, height } = bitmap;
  checkPixels({ width, height }, options);
  const rgba = pixelsOf(bitmap);
  bitmap.close();
  let opaque = true;
  for (let i = 3; i < rgba.length && opaque; i += 4) opaque = rgba[i] === 255;
  return opaque
    ? { width, height, mode: "RGB", data: withoutAlpha(rgba) }
    : { width, height, mode: "RGBA", data: rgba };
}

interface Found {
  readonly bytes: Uint8Array;
  readonly format: string;
  readonly header: Header;
  /** How the pixels are to be turned. */
  readonly orientation: Orientation;
}

async function bitmapOf({ bytes, format, header, orientation }: Found, to?: Size): Promise<ImageBitmap> {
  const source = header.exif ? unturned(bytes, header.exif) : bytes;
  const size = to && isSideways(orientation) ? { width: to.height, height: to.width } : to;
  const smaller: ImageBitmapOptions = size
    ? { resizeWidth: size.width, resizeHeight: size.height, resizeQuality: "high" }
    : {};
  try {
    const blob = new Blob([source as Uint8Array<ArrayBuffer>], { type: TYPES[format]! });
    return await createImageBitmap(blob, { ...PLAIN, ...smaller });
  } catch (error) {
    throw new ClipError(
      "image.decode",
      "The picture can't be decoded: it is damaged, or this browser does not know its kind.",
      {
        cause: error,
      },
    );
  }
}

async function storedPixels(found: Found, options: ImageOptions): Promise<Picture> {
  const { bytes, format, header } = found;
  const { mode, deep } = header;
  const alpha = mode === "RGBA" || mode === "LA" || mode === "PA";
  // A browser multiplies colours by alpha, and gives 8 of 16 bit.
  if (format === "png" && (alpha || (deep && mode === "I;16"))) return readPng(bytes, options);
  const bitmap = await bitmapOf(found);
  const { width, height } = bitmap;
  const rgba = pixelsOf(bitmap);
  bitmap.close();
  if (alpha) return { width, height, mode: mode === "PA" ? "PA" : "RGBA", data: rgba };
  // Palettes and two colours are resized by nearest neighbour; grey is RGB of equal channels.
  const nearest = mode === "P" || mode === "1";
  return { width, height, mode: nearest ? "P" : "RGB", data: withoutAlpha(rgba) };
}

/** Formats that are read here. */
const READ = "JPEG, PNG, WebP, GIF, AVIF or DICOM";

/**
 * Encoded bytes → the first frame, by the browser's own decoders, with the same checks as in Node. PNG, opaque WebP and GIF come out
 * as they do there; colours of WebP behind alpha may be off by a few levels. TIFF is not read by browsers.
 * Raises `image.*`.
 */
export async function decode(bytes: Uint8Array, options: ImageOptions, shrink?: Shrink): Promise<Picture> {
  if (bytes.length > options.maxBytes) throw tooLarge(bytes.length, options.maxBytes);
  const format = imageFormat(bytes, true, READ);
  if (format === "svg")
    throw new ClipError(
      "image.svg",
      "Expected a picture of pixels but received SVG, which is not read in a browser.",
    );
  if (format === "dicom") return decodeDicom(bytes, options, decode);
  if (TYPES[format] === undefined)
    throw new ClipError(
      "image.format",
      `Expected ${READ}, which a browser reads, but received ${format.toUpperCase()}.`,
    );
  if (format === "jpeg") checkScans(bytes);
  const header = readHeader(bytes, format);
  if (header) checkPixels(header, options);
  if (endsEarly(bytes, format) || (format === "gif" && !header)) throw cut("its end is missing");
  if (!header) throw new ClipError("image.decode", "The picture can't be decoded: its header is damaged.");
  const told = header.exif && orientationOf(bytes, header.exif)?.value;
  const orientation: Orientation = options.exif === "apply" ? (told ?? 1) : 1;
  const found: Found = { bytes, format, header, orientation };
  const exif = exifOf(bytes, header);
  const stored = isSideways(orientation)
    ? { width: header.height, height: header.width }
    : { width: header.width, height: header.height };
  const to = format === "jpeg" && header.mode !== "CMYK" ? shrink?.(stored) : undefined;
  if (to) {
    const bitmap = await bitmapOf(found, to);
    const data = withoutAlpha(pixelsOf(bitmap));
    const { width, height } = bitmap;
    bitmap.close();
    return { mode: "RGB", ...turned(data, { width, height, channels: 3 }, orientation), stored, ...exif };
  }
  const picture = await storedPixels(found, options);
  const { width, height, mode, data } = picture;
  const channels = data.length / (width * height);
  return { mode, ...turned(data, { width, height, channels }, orientation), ...exif };
}

/** Bytes of EXIF data that are looked at: a JPEG's segment; other formats have no bound of their own. */
const MOST_EXIF = 65_536;

function exifOf(bytes: Uint8Array, { exif }: Header): { exif?: Uint8Array } {
  return exif && exif.to - exif.from <= MOST_EXIF ? { exif: bytes.slice(exif.from, exif.to) } : {};
}

/** Longest thumbnail, bytes, and the qualities that are tried: as in Node. */
const MOST_SMALL = 48_000;
const QUALITIES = [0.72, 0.5, 0.25] as const;

/** RGB bytes → the whole picture as a JPEG of at most `side` pixels a side and 48,000 bytes; null where none fits. */
async function smallJpeg(rgb: Uint8Array, { width, height }: Size, side: number): Promise<Uint8Array | null> {
  const scale = Math.min(1, side / Math.max(width, height));
  const to = {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
  };
  const window = { ...to, left: 0, top: 0, cropWidth: to.width, cropHeight: to.height };
  const small = resize({ data: rgb, width, height, channels: 3 }, window, "bicubic");
  const canvas = new OffscreenCanvas(to.width, to.height);
  const image = new ImageData(to.width, to.height);
  for (let i = 0; i < to.width * to.height; i++)
    image.data.set([small[3 * i]!, small[3 * i + 1]!, small[3 * i + 2]!, 255], 4 * i);
  canvas.getContext("2d")?.putImageData(image, 0, 0);
  for (const quality of QUALITIES) {
    const jpeg = await canvas.convertToBlob({ type: "image/jpeg", quality });
    if (jpeg.size <= MOST_SMALL) return new Uint8Array(await jpeg.arrayBuffer());
  }
  return null;
}

function facts(picture: Picture, image: ImageOptions, options: FactsOptions): Promise<PictureFacts> {
  return factsWith(smallJpeg, picture, image, options);
}

/** What a browser does with pictures. */
export const BROWSER: Codec = { decode, facts };
