import { indexOf } from "./data-checks.js";
import type { Mode, Size } from "./pixels.js";

// What a file says of its picture before its pixels, for decoders that do not tell it.

/** A span of the file. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** What is said of the pixels; modes as Pillow opens them. */
export interface Header extends Size {
  readonly mode: Mode;
  /** A PNG of 16 bit a sample. */
  readonly deep: boolean;
  /** EXIF data, its `Exif\0\0` left out. */
  readonly exif?: Span;
}

/** Parts of a file that are walked over: far above any real one, so that a made one costs nothing. */
const MOST_PARTS = 100_000;

const EXIF_MARK = [0x45, 0x78, 0x69, 0x66, 0, 0];

/** The header of a picture of that format; undefined where the file ends before it, or says nothing that can be. */
export function readHeader(bytes: Uint8Array, format: string): Header | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const found = READERS[format]?.(bytes, view);
    return found && found.width > 0 && found.height > 0 ? found : undefined;
  } catch (error) {
    // Beyond the end of the file.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

const READERS: Readonly<Record<string, (bytes: Uint8Array, view: DataView) => Header | undefined>> = {
  jpeg,
  png,
  webp,
  gif,
  avif,
};

function jpeg(bytes: Uint8Array, view: DataView): Header | undefined {
  let exif: Span | undefined;
  for (let at = 2, parts = 0; parts < MOST_PARTS; parts++) {
    if (view.getUint8(at) !== 0xff) return undefined;
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    // Marks without content.
    if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) {
      at += 2;
      continue;
    }
    const to = at + 2 + view.getUint16(at + 2);
    if (marker === 0xe1 && exif === undefined && indexOf(bytes.subarray(at + 4, at + 10), EXIF_MARK, 0) === 0)
      exif = { from: at + 10, to: Math.min(to, bytes.length) };
    // Frames: C0..CF but for tables of codes (C4), extensions (C8) and arithmetic coding's conditions (CC).
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      const [height, width] = [view.getUint16(at + 5), view.getUint16(at + 7)];
      const components = view.getUint8(at + 9);
      const mode = components === 1 ? "L" : components === 4 ? "CMYK" : "RGB";
      return { width, height, mode, deep: false, ...(exif ? { exif } : {}) };
    }
    if (marker === 0xda || marker === 0xd9 || to <= at + 2) return undefined;
    at = to;
  }
  return undefined;
}

/** A PNG's or RIFF's parts: where the content of each is, by their names. */
function* chunks(
  bytes: Uint8Array,
  from: number,
  read: (at: number) => {
    readonly name: string;
    readonly from: number;
    readonly length: number;
    readonly next: number;
  },
): Generator<{ readonly name: string } & Span> {
  for (let at = from, parts = 0; at + 8 <= bytes.length && parts < MOST_PARTS; parts++) {
    const part = read(at);
    yield { name: part.name, from: part.from, to: Math.min(bytes.length, part.from + part.length) };
    at = part.next;
  }
}

const name4 = (bytes: Uint8Array, at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4));

/** The parts of a PNG in order. */
export function pngChunks(bytes: Uint8Array): Generator<{ readonly name: string } & Span> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return chunks(bytes, 8, (at) => {
    const length = view.getUint32(at);
    return { name: name4(bytes, at + 4), from: at + 8, length, next: at + 12 + length };
  });
}

function png(bytes: Uint8Array, view: DataView): Header {
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  const [depth, colour] = [view.getUint8(24), view.getUint8(25)];
  let exif: Span | undefined;
  let transparent = colour === 4 || colour === 6;
  for (const { name, from, to } of pngChunks(bytes)) {
    if (name === "tRNS") transparent = true;
    if (name === "eXIf") exif ??= { from, to };
  }
  const deep = depth === 16;
  return { width, height, mode: pngMode(depth, colour, transparent), deep, ...(exif ? { exif } : {}) };
}

function pngMode(depth: number, colour: number, transparent: boolean): Mode {
  if (colour === 3) return transparent ? "PA" : "P";
  if (colour === 0 || colour === 4) {
    if (transparent) return "LA";
    return depth === 1 ? "1" : depth === 16 ? "I;16" : "L";
  }
  return transparent ? "RGBA" : "RGB";
}

function webp(bytes: Uint8Array, view: DataView): Header | undefined {
  let [size, alpha]: [Size | undefined, boolean] = [undefined, false];
  let exif: Span | undefined;
  const parts = chunks(bytes, 12, (at) => {
    const length = view.getUint32(at + 4, true);
    return { name: name4(bytes, at), from: at + 8, length, next: at + 8 + length + (length % 2) };
  });
  for (const { name, from, to } of parts) {
    if (name === "VP8X") {
      alpha ||= (view.getUint8(from) & 0x10) !== 0;
      const side = (at: number): number => 1 + view.getUint16(at, true) + (view.getUint8(at + 2) << 16);
      size ??= { width: side(from + 4), height: side(from + 7) };
    } else if (name === "VP8L") {
      const packed = view.getUint32(from + 1, true);
      alpha ||= ((packed >>> 28) & 1) === 1;
      size ??= { width: 1 + (packed & 0x3fff), height: 1 + ((packed >>> 14) & 0x3fff) };
    } else if (name === "VP8 ") {
      size ??= {
        width: view.getUint16(from + 6, true) & 0x3fff,
        height: view.getUint16(from + 8, true) & 0x3fff,
      };
    } else if (name === "EXIF" && exif === undefined) {
      const marked = indexOf(bytes.subarray(from, from + 6), EXIF_MARK, 0) === 0;
      exif = { from: marked ? from + 6 : from, to };
    }
  }
  return size && { ...size, mode: alpha ? "RGBA" : "RGB", deep: false, ...(exif ? { exif } : {}) };
}

function gif(_: Uint8Array, view: DataView): Header {
  const [width, height] = [view.getUint16(6, true), view.getUint16(8, true)];
  const flags = view.getUint8(10);
  let at = 13 + (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);
  let transparent = false;
  // Up to the first picture.
  for (let parts = 0; view.getUint8(at) === 0x21 && parts < MOST_PARTS; parts++) {
    if (view.getUint8(at + 1) === 0xf9) transparent ||= (view.getUint8(at + 3) & 1) === 1;
    at += 2;
    for (let length = view.getUint8(at); length > 0 && parts < MOST_PARTS; parts++) {
      at += 1 + length;
      length = view.getUint8(at);
    }
    at += 1;
  }
  // Its data has to be there whole.
  const own = view.getUint8(at + 9);
  at += 11 + (own & 0x80 ? 3 * 2 ** ((own & 7) + 1) : 0);
  for (let length = view.getUint8(at); length > 0; length = view.getUint8(at)) at += 1 + length;
  return { width, height, mode: transparent ? "PA" : "P", deep: false };
}

/** Boxes are looked for by their names: what is asked of them is their size and whether there is alpha. */
function avif(bytes: Uint8Array, view: DataView): Header | undefined {
  const named = (text: string): number =>
    indexOf(
      bytes,
      [...text].map((sign) => sign.charCodeAt(0)),
      0,
    );
  const at = named("ispe");
  if (at < 0) return undefined;
  const mode = named("auxid:1") >= 0 || named("auxiliary:alpha") >= 0 ? "RGBA" : "RGB";
  return { width: view.getUint32(at + 8), height: view.getUint32(at + 12), mode, deep: false };
}
