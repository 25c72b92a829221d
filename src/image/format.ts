import { ClipError } from "../errors.js";

/** Formats that are decoded. */
const READ = "JPEG, PNG, WebP, GIF, TIFF, AVIF or DICOM";

type Format = "jpeg" | "png" | "webp" | "gif" | "tiff" | "avif" | "dicom" | "svg";

const ascii = (bytes: Uint8Array, from: number, to: number): string =>
  String.fromCharCode(...bytes.subarray(from, to));

const startsWith = (bytes: Uint8Array, ...magic: number[]): boolean =>
  magic.every((byte, i) => bytes[i] === byte);

/** How far an SVG's first element may be behind declarations and comments. */
const SVG_PROLOGUE = 4096;

/** True for XML whose first element is `svg`, and for anything compressed with gzip, as `.svgz` is. */
function looksLikeSvg(bytes: Uint8Array): boolean {
  if (startsWith(bytes, 0x1f, 0x8b)) return true;
  const wide = startsWith(bytes, 0xff, 0xfe) || startsWith(bytes, 0xfe, 0xff);
  const text = ascii(bytes, 0, SVG_PROLOGUE).replaceAll(wide ? "\0" : /^\xef\xbb\xbf/g, "");
  return /^\W*</.test(text) && /<(?:[\w-]+:)?svg[\s>/]|<!DOCTYPE\s+svg/i.test(text);
}

const MAGIC: Readonly<Record<Format, (bytes: Uint8Array) => boolean>> = {
  jpeg: (bytes) => startsWith(bytes, 0xff, 0xd8, 0xff),
  png: (bytes) => startsWith(bytes, 0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
  webp: (bytes) => ascii(bytes, 0, 4) === "RIFF" && ascii(bytes, 8, 12) === "WEBP",
  gif: (bytes) => /^GIF8[79]a$/.test(ascii(bytes, 0, 6)),
  tiff: (bytes) => startsWith(bytes, 0x49, 0x49, 0x2a, 0) || startsWith(bytes, 0x4d, 0x4d, 0, 0x2a),
  avif: (bytes) => ascii(bytes, 4, 8) === "ftyp" && /avi[fs]/.test(ascii(bytes, 8, 64)),
  dicom: (bytes) => ascii(bytes, 128, 132) === "DICM",
  svg: looksLikeSvg,
};

/** Formats that people take for pictures of these, and what helps. */
const OTHERS: Readonly<Record<string, (bytes: Uint8Array) => boolean>> = {
  "HEIC, which has to be converted to JPEG or PNG": (bytes) =>
    ascii(bytes, 4, 8) === "ftyp" && /hei[cxms]|mif1/.test(ascii(bytes, 8, 12)),
  "BMP, which has to be converted to PNG": (bytes) => ascii(bytes, 0, 2) === "BM" && bytes.length > 26,
  "PDF, whose pages have to be made pictures first": (bytes) => ascii(bytes, 0, 5) === "%PDF-",
};

/** Bytes of a file by which text is known, and characters of it that are shown. */
const TEXT_BYTES = 512;
const TEXT_SHOWN = 30;

/** What data is that is no picture, in words for a person. */
function describe(bytes: Uint8Array): string {
  const other = Object.keys(OTHERS).find((name) => OTHERS[name]!(bytes));
  if (other !== undefined) return `the data is ${other}`;
  // A character that the cut goes through is no fault of the text.
  const text = new TextDecoder().decode(bytes.subarray(0, TEXT_BYTES)).replace(/\ufffd$/, "");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: signs that no text has
  if (!/[\x00-\x08\x0e-\x1f\x7f\ufffd]/.test(text)) {
    const start = text.trim().replaceAll(/\s+/g, " ");
    const shown = start.length > TEXT_SHOWN ? `${start.slice(0, TEXT_SHOWN)}…` : start;
    return `the data is text (${JSON.stringify(shown)})`;
  }
  const found = Array.from(bytes.subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return `the data begins with ${found}`;
}

/**
 * The format by the first bytes; the file's name plays no part. Only formats of this list reach the decoder, so that
 * no other loader of libvips (PDF, SVG, ImageMagick's) can be reached by a file's content.
 * `read`: the formats that messages name. Raises `image.format`, `image.svg` and `image.empty`.
 */
export function imageFormat(bytes: Uint8Array, allowSvg: boolean, read = READ): Format {
  if (bytes.length === 0) throw new ClipError("image.empty", "Expected a picture but it is empty (0 bytes).");
  const formats = Object.keys(MAGIC) as Format[];
  const format = formats.find((name) => MAGIC[name](bytes));
  if (format === undefined) {
    throw new ClipError("image.format", `Expected ${read} but ${describe(bytes)}.`);
  }
  if (format === "svg" && !allowSvg) {
    throw new ClipError(
      "image.svg",
      "Expected a picture of pixels but received SVG, which is refused unless asked for (svg: true).",
    );
  }
  return format;
}
