import { ClipError } from "../errors.js";
import { pngChunks } from "./header.js";
import type { ImageOptions } from "./options.js";
import type { Picture } from "./pixels.js";

// PNG by its specification (W3C, third edition), for what browsers change before they hand it out: colours behind alpha, and
// values of 16 bit.

/** Samples a pixel by colour type. */
const SAMPLES: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** Passes of interlaced pictures: first column and row, and steps. */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

interface Head {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly colour: number;
  readonly interlaced: boolean;
}

interface Parts {
  readonly head: Head;
  readonly palette: Uint8Array;
  readonly transparency: Uint8Array | undefined;
  readonly data: Blob;
}

function damaged(why: string, cause?: unknown): ClipError {
  return new ClipError("image.decode", `The picture can't be decoded: ${why}.`, { cause });
}

function partsOf(bytes: Uint8Array): Parts {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [depth, colour] = [bytes[24]!, bytes[25]!];
  const head = {
    width: view.getUint32(16),
    height: view.getUint32(20),
    depth,
    colour,
    interlaced: bytes[28] === 1,
  };
  if (SAMPLES[colour] === undefined || ![1, 2, 4, 8, 16].includes(depth))
    throw damaged(`it says colour type ${colour} of ${depth} bit`);
  let palette: Uint8Array = new Uint8Array();
  let transparency: Uint8Array | undefined;
  const data: Uint8Array<ArrayBuffer>[] = [];
  for (const { name, from, to } of pngChunks(bytes)) {
    const content = bytes.subarray(from, to);
    if (name === "PLTE") palette = content;
    else if (name === "tRNS") transparency = content;
    else if (name === "IDAT") data.push(content as Uint8Array<ArrayBuffer>);
  }
  return { head, palette, transparency, data: new Blob(data) };
}

/** Bytes that a stream packs, exactly so many. */
async function inflated(data: Blob, length: number): Promise<Uint8Array> {
  const out = new Uint8Array(length);
  let at = 0;
  const reader = data.stream().pipeThrough(new DecompressionStream("deflate")).getReader();
  try {
    while (at < length) {
      const { done, value } = await reader.read();
      if (done) break;
      out.set(value.subarray(0, length - at), at);
      at += value.length;
    }
  } catch (error) {
    if (at < length) throw damaged("its packed data is damaged", error);
  }
  await reader.cancel().catch(() => undefined);
  if (at < length)
    throw new ClipError(
      "image.truncated",
      "Expected a whole picture but its data ends early: its packed data.",
    );
  return out;
}

/** Rows as they are packed: a byte that names the filter, then the row. */
interface Packed {
  readonly rowBytes: number;
  readonly rows: number;
}

/** Undoes the filters of rows, in place; `step`: bytes of a pixel, at least 1. */
function unfilter(rows: Uint8Array, { rowBytes, rows: count }: Packed, step: number): void {
  for (let y = 0; y < count; y++) {
    const at = y * (rowBytes + 1) + 1;
    const above = at - rowBytes - 1;
    const filter = rows[at - 1]!;
    if (filter > 4) throw damaged(`a row has filter ${filter}`);
    if (filter === 0) continue;
    for (let i = 0; i < rowBytes; i++) {
      const left = i >= step ? rows[at + i - step]! : 0;
      const up = y > 0 ? rows[above + i]! : 0;
      const corner = y > 0 && i >= step ? rows[above + i - step]! : 0;
      const guess =
        filter === 1 ? left : filter === 2 ? up : filter === 3 ? (left + up) >> 1 : paeth(left, up, corner);
      rows[at + i] = rows[at + i]! + guess;
    }
  }
}

function paeth(left: number, up: number, corner: number): number {
  const [byLeft, byUp, byCorner] = [
    Math.abs(up - corner),
    Math.abs(left - corner),
    Math.abs(left + up - 2 * corner),
  ];
  if (byLeft <= byUp && byLeft <= byCorner) return left;
  return byUp <= byCorner ? up : corner;
}

/** A PNG's samples as they are stored, u16 [height, width, samples]: palette indices, or values of its depth. */
async function samplesOf({ head, data }: Parts): Promise<Uint16Array> {
  const { width, height, depth, colour, interlaced } = head;
  const samples = SAMPLES[colour]!;
  const bits = samples * depth;
  const passes = (interlaced ? ADAM7 : ([[0, 0, 1, 1]] as const))
    .map(([left, top, across, down]) => {
      const [columns, rows] = [Math.ceil((width - left) / across), Math.ceil((height - top) / down)];
      return { left, top, across, down, columns, rows, rowBytes: Math.ceil((columns * bits) / 8) };
    })
    .filter(({ columns, rows }) => columns > 0 && rows > 0);
  const length = passes.reduce((sum, { rows, rowBytes }) => sum + rows * (rowBytes + 1), 0);
  const packed = await inflated(data, length);
  const out = new Uint16Array(width * height * samples);
  let at = 0;
  for (const { left, top, across, down, columns, rows, rowBytes } of passes) {
    const part = packed.subarray(at, at + rows * (rowBytes + 1));
    at += part.length;
    unfilter(part, { rowBytes, rows }, Math.max(1, bits >> 3));
    for (let y = 0; y < rows; y++) {
      const from = y * (rowBytes + 1) + 1;
      for (let x = 0; x < columns; x++) {
        const to = ((top + y * down) * width + left + x * across) * samples;
        for (let s = 0; s < samples; s++) out[to + s] = sampleAt(part, from, x * samples + s, depth);
      }
    }
  }
  return out;
}

function sampleAt(row: Uint8Array, from: number, i: number, depth: number): number {
  if (depth === 8) return row[from + i]!;
  if (depth === 16) return 256 * row[from + 2 * i]! + row[from + 2 * i + 1]!;
  const bit = i * depth;
  return (row[from + (bit >> 3)]! >> (8 - depth - (bit & 7))) & (2 ** depth - 1);
}

/** A PNG with alpha, or of grey in 16 bit, exactly as it is stored. Raises `image.decode`, `image.truncated`. */
export async function readPng(bytes: Uint8Array, options: ImageOptions): Promise<Picture> {
  const parts = partsOf(bytes);
  const { head, palette, transparency } = parts;
  const { width, height, depth, colour } = head;
  const samples = await samplesOf(parts);
  const pixels = width * height;
  if (colour === 0 && depth === 16 && (!transparency || options.alpha === "drop"))
    return { width, height, mode: "I;16", data: samples };
  if (colour === 3) {
    const data = new Uint8Array(4 * pixels);
    for (let i = 0; i < pixels; i++) {
      const at = samples[i]!;
      for (let c = 0; c < 3; c++) data[4 * i + c] = palette[3 * at + c] ?? 0;
      data[4 * i + 3] = transparency?.[at] ?? 255;
    }
    return { width, height, mode: "PA", data };
  }
  const each = SAMPLES[colour]!;
  const greys = each < 3;
  // To 8 bit: the high byte of 16, all of the range of fewer.
  const byte = (value: number): number =>
    depth === 16 ? value >> 8 : depth === 8 ? value : (value * 255) / (2 ** depth - 1);
  const key = colour === 0 || colour === 2 ? keyColour(transparency, each) : undefined;
  // One transparent colour is no alpha that could be dropped after resizing: the reference does not see it.
  const channels = key && options.alpha === "drop" ? 3 : 4;
  const data = new Uint8Array(channels * pixels);
  for (let i = 0; i < pixels; i++) {
    const from = i * each;
    const to = i * channels;
    for (let c = 0; c < 3; c++) data[to + c] = byte(samples[from + (greys ? 0 : c)]!);
    if (channels === 3) continue;
    const isKey = key?.every((value, c) => samples[from + c] === value);
    data[to + 3] = key ? (isKey ? 0 : 255) : byte(samples[from + each - 1]!);
  }
  return { width, height, mode: channels === 3 ? "RGB" : "RGBA", data };
}

/** The one colour that is transparent, in values of the picture's depth; one that no pixel has where none is said. */
function keyColour(transparency: Uint8Array | undefined, samples: number): number[] {
  return Array.from({ length: samples }, (_, i) =>
    transparency && transparency.length >= 2 * samples
      ? 256 * transparency[2 * i]! + transparency[2 * i + 1]!
      : -1,
  );
}
