import sharp, { type Metadata, type Sharp } from "sharp";
import { ClipError } from "../errors.js";
import { checkScans, endsEarly } from "./data-checks.js";
import { decodeDicom } from "./decode-dicom.js";
import { imageFormat } from "./format.js";
import { checkPixels, type ImageOptions } from "./options.js";
import { CHANNELS, type Mode, type Picture } from "./pixels.js";
import type { Shrink } from "./prepare-with.js";

// Pictures are decoded once each: a cache of operations would only hold memory. One thread a picture: batches decode
// several at once, and the rest of the machine computes.
sharp.cache(false);
sharp.concurrency(1);

/** What libvips says of data that ends too early. */
const TRUNCATED =
  /premature|truncat|end of (?:file|stream|data|input)|not enough|unexpected end|missing eoi|read error|EOF|no image data|incomplete/i;

/** Formats whose end alone says whether they are whole: the words may be those of another picture. */
const ENDS_TELL: ReadonlySet<string> = new Set(["png", "webp"]);

/** libvips keeps one text of errors for all threads, so that a picture's own words may be gone when several decode. */
function decodeError(error: unknown, bytes: Uint8Array, format: string): ClipError {
  const whole = error instanceof Error ? error.message : String(error);
  const message = whole.split("\n", 1)[0] ?? "";
  const told = !ENDS_TELL.has(format) && TRUNCATED.test(whole);
  const code = told || endsEarly(bytes, format) ? "image.truncated" : "image.decode";
  const words =
    code === "image.truncated"
      ? "Expected a whole picture but its data ends early"
      : "The picture can't be decoded";
  return new ClipError(code, `${words}: ${message.trim()}.`, { cause: error });
}

/** Grey or RGB by its header (PNG, colour types 0 and 2): what libvips gives as alpha is then one transparent colour. */
function hasKeyColour(bytes: Uint8Array, format: string): boolean {
  return format === "png" && (bytes[25] === 0 || bytes[25] === 2);
}

/** The mode that Pillow opens the file in; one transparent colour counts as alpha unless alpha is dropped. */
function modeOf(metadata: Metadata, bytes: Uint8Array, options: ImageOptions): Mode {
  const { space, isPalette, bitsPerSample, format } = metadata;
  const ignored = options.alpha === "drop" && hasKeyColour(bytes, format);
  const hasAlpha = metadata.hasAlpha && !ignored;
  if (space === "cmyk") return "CMYK";
  if (isPalette) return hasAlpha ? "PA" : "P";
  if (space === "b-w" && bitsPerSample === 1) return "1";
  if (space === "grey16" && !hasAlpha && (format === "png" || format === "tiff")) return "I;16";
  if (space === "b-w" || space === "grey16") return hasAlpha ? "LA" : "L";
  return hasAlpha ? "RGBA" : "RGB";
}

interface Raw {
  readonly data: Buffer;
  readonly info: { readonly width: number; readonly height: number; readonly channels: number };
}

/** Keeps the first `kept` of `channels` bytes of each pixel: sharp hands grey out as three equal channels. */
function keepChannels(raw: Raw, pick: readonly number[]): Uint8Array {
  const { data, info } = raw;
  const pixels = info.width * info.height;
  const out = new Uint8Array(pixels * pick.length);
  let to = 0;
  for (let from = 0; from < pixels * info.channels; from += info.channels) {
    for (const channel of pick) out[to++] = data[from + channel]!;
  }
  return out;
}

/** Where a mode's channels are in what sharp hands out, by the number of channels it hands out. */
function channelsOf(mode: Mode, received: number): readonly number[] | undefined {
  if (received === CHANNELS[mode]) return undefined;
  if (mode === "LA") return [0, received - 1];
  return Array.from({ length: CHANNELS[mode] }, (_, i) => i);
}

async function pixelsOf(image: Sharp, mode: Mode): Promise<Picture> {
  if (mode === "I;16") {
    const { data, info } = await image
      .pipelineColourspace("grey16")
      .toColourspace("grey16")
      .raw({ depth: "ushort" })
      .toBuffer({ resolveWithObject: true });
    const words = new Uint16Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength));
    return { width: info.width, height: info.height, mode, data: words };
  }
  const space = mode === "CMYK" ? image.pipelineColourspace("cmyk").toColourspace("cmyk") : image;
  const raw = await space.raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = raw.info;
  if (channels < CHANNELS[mode]) throw new Error(`${channels} channels where ${mode} has ${CHANNELS[mode]}`);
  const pick = channelsOf(mode, channels);
  return { width, height, mode, data: pick ? keepChannels(raw, pick) : raw.data };
}

/** Bytes of EXIF data that are looked at: a JPEG's segment; other formats have no bound of their own. */
const MOST_EXIF = 65_536;

function exifOf({ exif }: Metadata): { exif?: Uint8Array } {
  return exif && exif.length <= MOST_EXIF ? { exif: new Uint8Array(exif) } : {};
}

/** sharp's names of the filters; its cubic is Catmull and Rom's, a = −0.5, as Pillow's. */
const KERNELS = { bicubic: "cubic", bilinear: "linear", lanczos: "lanczos3" } as const;

/**
 * Encoded bytes → the first frame in the mode it was stored in. JPEG comes out byte for byte as Pillow gives it; colour
 * profiles are ignored, as Pillow ignores them. Size and pixels are checked before anything is decoded.
 *
 * Known not to equal Pillow: AVIF (other colour conversion, up to 32 levels; its own rotation is always applied), the
 * colour under a GIF's transparent pixels, a GIF whose first frame is smaller than its canvas, a GIF whose palette is
 * plain grey (Pillow: mode L), palette TIFF (read as RGB), TIFF of floats or 32 bits (read as grey), 16-bit grey PNG
 * with one transparent value (Pillow 13 changes that value's pixels).
 *
 * With `shrink` a JPEG may come out smaller, with its `stored` size.
 *
 * DICOM files are read by their own rules (docs/medicine.md).
 *
 * Raises `image.empty`, `image.too-large`, `image.format`, `image.svg`, `image.truncated`, `image.decode`, `image.dicom`.
 */
export async function decode(bytes: Uint8Array, options: ImageOptions, shrink?: Shrink): Promise<Picture> {
  if (bytes.length > options.maxBytes) {
    throw new ClipError(
      "image.too-large",
      `Expected at most ${options.maxBytes} bytes but the picture has ${bytes.length}.`,
    );
  }
  const format = imageFormat(bytes, options.svg);
  if (format === "dicom") return decodeDicom(bytes, options, decode);
  if (format === "jpeg") checkScans(bytes);
  try {
    // The header alone is read here, so that the error can say how many pixels there are.
    const metadata = await sharp(bytes, { limitInputPixels: false, failOn: "truncated" }).metadata();
    checkPixels(metadata, options);
    const image = sharp(bytes, {
      limitInputPixels: options.maxPixels,
      failOn: "truncated",
      ignoreIcc: true,
      pages: 1,
      // Pillow turns TIFF pictures upright while it opens them, so that the reference never sees them otherwise.
      autoOrient: options.exif === "apply" || format === "tiff",
    });
    const mode = modeOf(metadata, bytes, options);
    // Only JPEG's decoder can leave out detail by itself, and libvips resizes CMYK by other rules.
    const stored = options.exif === "apply" ? metadata.autoOrient : metadata;
    const to = format === "jpeg" && (mode === "RGB" || mode === "L") ? shrink?.(stored) : undefined;
    if (to) {
      const smaller = image.resize(to.width, to.height, {
        fit: "fill",
        kernel: KERNELS[to.filter],
        // The decoder stops at twice the wanted size: a third of the difference for a twentieth more time.
        fastShrinkOnLoad: false,
      });
      const { width, height } = stored;
      return { ...(await pixelsOf(smaller, mode)), stored: { width, height }, ...exifOf(metadata) };
    }
    return { ...(await pixelsOf(image, mode)), ...exifOf(metadata) };
  } catch (error) {
    throw error instanceof ClipError ? error : decodeError(error, bytes, format);
  }
}
