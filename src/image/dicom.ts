import type { DataSet } from "dicom-parser";
import { ClipError } from "../errors.js";
import { indexOf } from "./data-checks.js";
import { checkPixels, type ImageOptions } from "./options.js";
import type { Picture } from "./pixels.js";
import { grey, type Values, windowOf } from "./window.js";

/** Transfer syntaxes whose pixels are read. */
const IMPLICIT = "1.2.840.10008.1.2";
const EXPLICIT = "1.2.840.10008.1.2.1";
const BIG_ENDIAN = "1.2.840.10008.1.2.2";
const JPEG_BASELINE = "1.2.840.10008.1.2.4.50";
const READ: readonly string[] = [IMPLICIT, EXPLICIT, BIG_ENDIAN, JPEG_BASELINE];

/** Names of others that are met in hospitals. */
const OTHERS: Readonly<Record<string, string>> = {
  "1.2.840.10008.1.2.1.99": "deflated",
  "1.2.840.10008.1.2.4.51": "JPEG of 12 bit",
  "1.2.840.10008.1.2.4.57": "JPEG lossless",
  "1.2.840.10008.1.2.4.70": "JPEG lossless",
  "1.2.840.10008.1.2.4.80": "JPEG-LS lossless",
  "1.2.840.10008.1.2.4.81": "JPEG-LS",
  "1.2.840.10008.1.2.4.90": "JPEG 2000 lossless",
  "1.2.840.10008.1.2.4.91": "JPEG 2000",
  "1.2.840.10008.1.2.4.201": "HTJ2K lossless",
  "1.2.840.10008.1.2.5": "RLE",
};

const PIXELS = "x7fe00010";

/** Without a cause: the library's errors carry what the file says of the patient. */
function wrong(sentence: string): ClipError {
  return new ClipError("image.dicom", sentence);
}

/** A whole number of the header; elements hold 16 bit. */
function number(data: DataSet, tag: string, name: string, usual?: number): number {
  const value = data.uint16(tag) ?? usual;
  if (value !== undefined) return value;
  throw wrong(`Expected ${name} in a DICOM file but it has none.`);
}

/** First value of a decimal string, if there is one. */
function decimal(data: DataSet, tag: string): number | undefined {
  const value = data.floatString(tag);
  return value !== undefined && Number.isFinite(value) ? value : undefined;
}

/** Only the elements that make the picture are looked at; nothing of the patient is read, kept or told. */
function parsed(bytes: Uint8Array, parse: typeof import("dicom-parser").parseDicom): DataSet {
  // Inflating has no bound: what says it is deflated is refused before it is read on.
  const syntax = transferSyntax(bytes);
  if (syntax !== undefined && !READ.includes(syntax)) {
    const name = OTHERS[syntax] ?? `transfer syntax ${syntax.slice(0, 64)}`;
    throw wrong(
      `Expected pixels of a DICOM file that are uncompressed or baseline JPEG but they are ${name}; a DICOM tool can convert them (dcmdjpeg, gdcmconv --raw).`,
    );
  }
  try {
    return parse(bytes);
  } catch {
    throw wrong("Expected a whole DICOM file but its elements can't be read: it is damaged or cut.");
  }
}

/** The element (0002,0010), which stands in the first bytes, always written in the same way. */
function transferSyntax(bytes: Uint8Array): string | undefined {
  const head = bytes.subarray(0, 4096);
  const at = indexOf(head, [0x02, 0x00, 0x10, 0x00, 0x55, 0x49], 132);
  if (at < 0 || at + 8 > head.length) return undefined;
  const length = head[at + 6]! + 256 * head[at + 7]!;
  return String.fromCharCode(...head.subarray(at + 8, at + 8 + length)).replace(/[\0 ]+$/, "");
}

/** What is said of how the numbers of a picture are stored. */
function layoutOf(data: DataSet): Layout {
  const [rows, columns] = [number(data, "x00280010", "rows"), number(data, "x00280011", "columns")];
  const samples = number(data, "x00280002", "samples a pixel", 1);
  const allocated = number(data, "x00280100", "bits a sample");
  const stored = number(data, "x00280101", "stored bits", allocated);
  const photometric = data.string("x00280004")?.trim() ?? "MONOCHROME2";
  const isGrey = samples === 1 && /^MONOCHROME[12]$/.test(photometric);
  const isColour = samples === 3 && allocated === 8;
  if (rows < 1 || columns < 1)
    throw wrong(`Expected pixels in a DICOM file but it has ${columns} × ${rows}.`);
  if (!(isGrey || isColour) || ![8, 16].includes(allocated) || stored < 1 || stored > allocated)
    throw wrong(
      `Expected grey pixels of 8 or 16 bit, or RGB of 8, in a DICOM file but received ${photometric.slice(0, 20)} of ${samples} × ${allocated} bit.`,
    );
  const isSigned = number(data, "x00280103", "sign", 0) === 1;
  const isPlanar = number(data, "x00280006", "planes", 0) === 1;
  return { rows, columns, samples, allocated, stored, photometric, isSigned, isPlanar };
}

interface Layout {
  readonly rows: number;
  readonly columns: number;
  readonly samples: number;
  readonly allocated: number;
  readonly stored: number;
  readonly photometric: string;
  readonly isSigned: boolean;
  readonly isPlanar: boolean;
}

/** Stored numbers of the first frame; sign and unused bits are put right. */
function storedValues(bytes: Uint8Array, layout: Layout, isBig: boolean): Values {
  const { rows, columns, samples, allocated, stored, isSigned } = layout;
  const count = rows * columns * samples;
  const needed = (count * allocated) / 8;
  if (bytes.length < needed)
    throw new ClipError(
      "image.truncated",
      `Expected ${needed} bytes of pixels in a DICOM file but it has ${bytes.length}.`,
    );
  if (allocated === 8 && !isSigned) return bytes.subarray(0, count);
  const view = new DataView(bytes.buffer, bytes.byteOffset, needed);
  const unused = 32 - stored;
  return Float32Array.from({ length: count }, (_, i) => {
    const raw = allocated === 8 ? view.getUint8(i) : view.getUint16(2 * i, !isBig);
    return isSigned ? (raw << unused) >> unused : (raw << unused) >>> unused;
  });
}

/** The first frame's JPEG: all of its fragments. */
function jpegOf(data: DataSet, parser: typeof import("dicom-parser")): Uint8Array {
  const element = data.elements[PIXELS]!;
  try {
    const hasTable = (element.basicOffsetTable?.length ?? 0) > 0;
    return hasTable
      ? parser.readEncapsulatedImageFrame(data, element, 0)
      : parser.readEncapsulatedPixelDataFromFragments(
          data,
          element,
          0,
          (data.intString("x00280008") ?? 1) > 1 ? 1 : element.fragments!.length,
        );
  } catch {
    throw wrong("Expected a picture in a DICOM file but its fragments can't be put together.");
  }
}

/** What is read of a DICOM file: a picture, or the JPEG that holds it. */
export type DicomPicture = Picture | { readonly jpeg: Uint8Array; readonly isInverted: boolean };

/**
 * A DICOM file → its first frame: grey of 8 or 16 bit through a window (mode L), or RGB. Raises `image.dicom` for what can't be
 * read, `image.truncated`, `image.too-large`.
 */
export async function readDicom(bytes: Uint8Array, options: ImageOptions): Promise<DicomPicture> {
  // Loaded when the first such file is read.
  const { default: parser } = (await import("dicom-parser")) as unknown as {
    default: typeof import("dicom-parser");
  };
  const data = parsed(bytes, parser.parseDicom);
  const syntax = data.string("x00020010");
  const element = data.elements[PIXELS];
  if (!element) throw wrong("Expected pixels in a DICOM file but it has none.");
  const layout = layoutOf(data);
  const { rows: height, columns: width, samples, photometric } = layout;
  checkPixels({ width, height }, options);
  const isInverted = photometric === "MONOCHROME1";
  if (syntax === JPEG_BASELINE) return { jpeg: jpegOf(data, parser), isInverted };
  if (samples === 3 && photometric !== "RGB")
    throw wrong(`Expected RGB colours in a DICOM file but received ${photometric.slice(0, 20)}.`);
  const found = bytes.subarray(element.dataOffset, element.dataOffset + element.length);
  const values = storedValues(found, layout, syntax === BIG_ENDIAN);
  if (samples === 3) return { width, height, mode: "RGB", data: interleaved(values as Uint8Array, layout) };
  const slope = decimal(data, "x00281053") ?? 1;
  const intercept = decimal(data, "x00281052") ?? 0;
  const own = { center: decimal(data, "x00281050"), width: decimal(data, "x00281051") };
  const window = windowOf(options.window, own, values, slope, intercept);
  return { width, height, mode: "L", data: grey(values, slope, intercept, window, isInverted) };
}

/** Colours plane by plane → pixel by pixel. */
function interleaved(values: Uint8Array, { rows, columns, isPlanar }: Layout): Uint8Array {
  if (!isPlanar) return values.slice();
  const count = rows * columns;
  return Uint8Array.from(values, (_, i) => values[(i % 3) * count + Math.floor(i / 3)]!);
}
