import { columnsByKernel, type Pass, type Rows, rowsByKernel } from "./resize-kernel.js";
import { columnsFirst, type FilterName, type Source, taps, type Window } from "./taps.js";

/** Fraction bits of the weights of an 8-bit picture: 32 − 8 − 2, as in Pillow's Resample.c ("PRECISION_BITS"). */
const BITS = 22;
const HALF = 1 << (BITS - 1);

/** Taps of one side with Pillow's integer weights: × 2²², halves away from zero. */
function pass(inSize: number, outSize: number, from: number, length: number, filter: FilterName): Pass {
  const made = taps(inSize, outSize, from, length, filter);
  const weights = new Int32Array(made.weights.length);
  for (let i = 0; i < weights.length; i++) {
    const scaled = made.weights[i]! * (1 << BITS);
    weights[i] = Math.trunc(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
  }
  return { ...made, weights };
}

/** One pass along rows of any number of channels → [rows, length, c]. */
function rowsOfAny(
  band: Rows,
  c: number,
  out: Uint8ClampedArray,
  { first, count, weights, stride }: Pass,
): void {
  const { data, rows, offset } = band;
  let to = 0;
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < first.length; x++) {
      for (let channel = 0; channel < c; channel++, to++) {
        let from = offset + y * band.stride + first[x]! * c + channel;
        let sum = HALF;
        for (let i = x * stride; i < x * stride + count[x]!; i++, from += c) {
          sum = (sum + Math.imul(data[from]!, weights[i]!)) | 0;
        }
        out[to] = sum >> BITS;
      }
    }
  }
}

function alongRows(band: Rows, c: number, p: Pass): Rows {
  const stride = p.first.length * c;
  const data = new Uint8ClampedArray(band.rows * stride);
  if (c !== 3 || !rowsByKernel(band, new Uint8Array(data.buffer), p)) rowsOfAny(band, c, data, p);
  return { data: new Uint8Array(data.buffer), rows: band.rows, stride, offset: 0 };
}

/** One pass along columns, row by row, over bytes whatever they mean → out [length, width]. */
function columnsOfAny(
  band: Rows,
  from: number,
  width: number,
  firstRow: number,
  out: Uint8ClampedArray,
  { first, count, weights, stride }: Pass,
): void {
  const sums = new Int32Array(width);
  for (let y = 0; y < first.length; y++) {
    sums.fill(HALF);
    for (let i = 0; i < count[y]!; i++) {
      const w = weights[y * stride + i]!;
      const row = band.offset + (first[y]! - firstRow + i) * band.stride + from;
      for (let x = 0; x < width; x++) sums[x] = sums[x]! + Math.imul(band.data[row + x]!, w);
    }
    for (let x = 0; x < width; x++) out[y * width + x] = sums[x]! >> BITS;
  }
}

/** The bytes `from … from + width − 1` of each row; the first row is row `firstRow` of the source. */
function alongColumns(band: Rows, from: number, width: number, firstRow: number, p: Pass): Rows {
  const rows = p.first.length;
  const clamped = new Uint8ClampedArray(rows * width);
  const data = new Uint8Array(clamped.buffer);
  if (!columnsByKernel(band, from, width, firstRow, data, p)) {
    columnsOfAny(band, from, width, firstRow, clamped, p);
  }
  return { data, rows, stride: width, offset: -from };
}

/** First source pixel that the wanted pixels of one side need, and how many. */
function reach(p: Pass): { first: number; count: number } {
  const last = p.first.length - 1;
  const first = p.first[0]!;
  return { first, count: p.first[last]! + p.count[last]! - first };
}

/** The rectangle of a band as tight bytes. */
function cut(band: Rows, from: number, width: number): Uint8Array {
  const out = new Uint8Array(band.rows * width);
  for (let y = 0; y < band.rows; y++) {
    const row = band.offset + y * band.stride + from;
    out.set(band.data.subarray(row, row + width), y * width);
  }
  return out;
}

/**
 * u8 [height, width, channels] → u8 [cropHeight, cropWidth, channels], bit for bit what Pillow's `resize` followed by
 * `crop` gives (Resample.c, 8 bits a channel, weights with 22 fraction bits; a side that keeps its size is not
 * filtered). Only the rows and columns that the window needs are read.
 */
export function resize(source: Source<Uint8Array>, window: Window, filter: FilterName): Uint8Array {
  const { width, height, channels: c } = source;
  const { left, top, cropWidth, cropHeight } = window;
  const across = window.width === width ? undefined : pass(width, window.width, left, cropWidth, filter);
  const down = window.height === height ? undefined : pass(height, window.height, top, cropHeight, filter);
  const rows = down ? reach(down) : { first: top, count: cropHeight };
  const columns = across ? reach(across) : { first: left, count: cropWidth };
  let band: Rows = {
    data: new Uint8Array(source.data.buffer, source.data.byteOffset, source.data.length),
    rows: rows.count,
    stride: width * c,
    offset: rows.first * width * c,
  };
  const tall = down !== undefined && columnsFirst(source, window);
  if (tall) band = alongColumns(band, columns.first * c, columns.count * c, rows.first, down);
  if (!across)
    band = { data: cut(band, left * c, cropWidth * c), rows: band.rows, stride: cropWidth * c, offset: 0 };
  else band = alongRows(band, c, across);
  if (down && !tall) band = alongColumns(band, 0, cropWidth * c, rows.first, down);
  return band.data;
}
