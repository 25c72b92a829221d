/** A filter's weight at a distance, and how far it reaches, in source pixels at scale 1. */
interface Filter {
  readonly support: number;
  readonly weight: (x: number) => number;
}

/** a = −0.5, as in Pillow's Resample.c ("bicubic_filter") */
const BICUBIC_A = -0.5;

function bicubic(x: number): number {
  const d = Math.abs(x);
  if (d < 1) return ((BICUBIC_A + 2) * d - (BICUBIC_A + 3)) * d * d + 1;
  if (d < 2) return (((d - 5) * d + 8) * d - 4) * BICUBIC_A;
  return 0;
}

function sinc(x: number): number {
  if (x === 0) return 1;
  const y = x * Math.PI;
  return Math.sin(y) / y;
}

const FILTERS: Readonly<Record<"bicubic" | "bilinear" | "lanczos", Filter>> = {
  bicubic: { support: 2, weight: bicubic },
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  lanczos: { support: 3, weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

export type FilterName = keyof typeof FILTERS;

/** Fraction bits of the weights of an 8-bit picture: 32 − 8 − 2, as in Pillow's Resample.c ("PRECISION_BITS"). */
const BITS = 22;
const HALF = 1 << (BITS - 1);

/** Which source pixels make each target pixel, and by which weights. */
interface Taps {
  /** First source pixel of each target pixel. */
  readonly first: Int32Array;
  /** Number of source pixels of each target pixel. */
  readonly count: Int32Array;
  /** Weights a target pixel, `stride` apart. */
  readonly weights: Float64Array;
  readonly stride: number;
}

/** Weights for the target pixels `from … from + length − 1` of a row of `inSize` pixels resized to `outSize`. */
function taps(inSize: number, outSize: number, from: number, length: number, name: FilterName): Taps {
  const filter = FILTERS[name];
  const scale = inSize / outSize;
  const filterScale = Math.max(scale, 1);
  const support = filter.support * filterScale;
  const stride = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(length);
  const count = new Int32Array(length);
  const weights = new Float64Array(length * stride);
  for (let i = 0; i < length; i++) {
    const center = (from + i + 0.5) * scale;
    const low = Math.max(0, Math.trunc(center - support + 0.5));
    const high = Math.min(inSize, Math.trunc(center + support + 0.5));
    let sum = 0;
    for (let x = 0; x < high - low; x++) {
      const w = filter.weight((x + low - center + 0.5) * (1 / filterScale));
      weights[i * stride + x] = w;
      sum += w;
    }
    if (sum !== 0) for (let x = 0; x < high - low; x++) weights[i * stride + x]! /= sum;
    first[i] = low;
    count[i] = high - low;
  }
  return { first, count, weights, stride };
}

/** Weights as Pillow's integers: × 2²², halves away from zero. */
function fixedPoint(weights: Float64Array): Int32Array {
  const out = new Int32Array(weights.length);
  for (let i = 0; i < weights.length; i++) {
    const scaled = weights[i]! * (1 << BITS);
    out[i] = Math.trunc(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
  }
  return out;
}

/** The part of a resized picture that is wanted: all sizes in pixels. */
export interface Window {
  /** Size of the whole resized picture. */
  readonly width: number;
  readonly height: number;
  /** The rectangle of it that is made. */
  readonly left: number;
  readonly top: number;
  readonly cropWidth: number;
  readonly cropHeight: number;
}

interface Source<T> {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: T;
}

const clamp8 = (value: number): number => (value < 0 ? 0 : Math.min(value, 255));

/** One pass along rows: [rows, columns.count, c] → [rows, length, c]; the first column was `columns.first` of the source. */
function alongRows(data: Uint8Array, columns: Reach, c: number, rows: number, t: Taps): Uint8Array {
  const k = fixedPoint(t.weights);
  const length = t.first.length;
  const out = new Uint8Array(rows * length * c);
  let to = 0;
  for (let y = 0; y < rows; y++) {
    const row = (y * columns.count - columns.first) * c;
    for (let x = 0; x < length; x++) {
      const at = x * t.stride;
      const n = t.count[x]!;
      let from = row + t.first[x]! * c;
      if (c === 3) {
        let r = HALF;
        let g = HALF;
        let b = HALF;
        for (let i = at; i < at + n; i++, from += 3) {
          const w = k[i]!;
          r = (r + Math.imul(data[from]!, w)) | 0;
          g = (g + Math.imul(data[from + 1]!, w)) | 0;
          b = (b + Math.imul(data[from + 2]!, w)) | 0;
        }
        out[to] = clamp8(r >> BITS);
        out[to + 1] = clamp8(g >> BITS);
        out[to + 2] = clamp8(b >> BITS);
        to += 3;
        continue;
      }
      for (let channel = 0; channel < c; channel++, to++) {
        let sum = HALF;
        for (let i = 0; i < n; i++) sum = (sum + Math.imul(data[from + i * c + channel]!, k[at + i]!)) | 0;
        out[to] = clamp8(sum >> BITS);
      }
    }
  }
  return out;
}

/** One pass along columns: [height, row] → [length, row], where a row is `stride` bytes and `firstRow` was cut off before. */
function alongColumns(data: Uint8Array, stride: number, firstRow: number, t: Taps): Uint8Array {
  const k = fixedPoint(t.weights);
  const length = t.first.length;
  const out = new Uint8Array(length * stride);
  const sums = new Int32Array(stride);
  for (let y = 0; y < length; y++) {
    sums.fill(HALF);
    for (let i = 0; i < t.count[y]!; i++) {
      const w = k[y * t.stride + i]!;
      const row = (t.first[y]! - firstRow + i) * stride;
      for (let x = 0; x < stride; x++) sums[x] = (sums[x]! + Math.imul(data[row + x]!, w)) | 0;
    }
    const to = y * stride;
    for (let x = 0; x < stride; x++) out[to + x] = clamp8(sums[x]! >> BITS);
  }
  return out;
}

/** First source pixel that the wanted pixels of one side need, and how many. */
interface Reach {
  readonly first: number;
  readonly count: number;
}

function reach(t: Taps): Reach {
  const last = t.first.length - 1;
  const first = t.first[0]!;
  return { first, count: t.first[last]! + t.count[last]! - first };
}

/** A rectangle of a picture, as it is; a view where whole rows are wanted. */
function cut({ width, channels, data }: Source<Uint8Array>, rows: Reach, columns: Reach): Uint8Array {
  const stride = columns.count * channels;
  if (columns.count === width) return data.subarray(rows.first * stride, (rows.first + rows.count) * stride);
  const out = new Uint8Array(rows.count * stride);
  for (let y = 0; y < rows.count; y++) {
    const from = ((rows.first + y) * width + columns.first) * channels;
    out.set(data.subarray(from, from + stride), y * stride);
  }
  return out;
}

/**
 * True where Pillow 13 filters columns before rows: the height shrinks by more than twice what the width shrinks by
 * (found by trying sizes; before Pillow 13 rows always came first, which differs by one grey level in pictures more
 * than twice as tall as wide).
 */
function columnsFirst({ width, height }: Source<unknown>, window: Window): boolean {
  return height - window.height > 2 * Math.max(0, width - window.width);
}

/**
 * u8 [height, width, channels] → u8 [cropHeight, cropWidth, channels], bit for bit what Pillow's `resize` followed by
 * `crop` gives (Resample.c, 8 bits a channel, weights with 22 fraction bits; a side that keeps its size is not
 * filtered). Only what the window needs is computed.
 */
export function resize(source: Source<Uint8Array>, window: Window, filter: FilterName): Uint8Array {
  const { width, height, channels } = source;
  const { left, top, cropWidth, cropHeight } = window;
  const across = window.width === width ? undefined : taps(width, window.width, left, cropWidth, filter);
  const down = window.height === height ? undefined : taps(height, window.height, top, cropHeight, filter);
  const rows = down ? reach(down) : { first: top, count: cropHeight };
  const columns = across ? reach(across) : { first: left, count: cropWidth };
  let data = cut(source, rows, columns);
  if (down && columnsFirst(source, window)) {
    data = alongColumns(data, columns.count * channels, rows.first, down);
    return across ? alongRows(data, columns, channels, cropHeight, across) : data;
  }
  if (across) data = alongRows(data, columns, channels, rows.count, across);
  return down ? alongColumns(data, cropWidth * channels, rows.first, down) : data;
}

/** Source pixel of each wanted target pixel; Pillow's Geometry.c adds the scale up, rounding as it goes. */
function nearestIndices(inSize: number, outSize: number, from: number, length: number): Int32Array {
  const scale = inSize / outSize;
  const out = new Int32Array(length);
  let at = scale * 0.5;
  for (let i = 0; i < from + length; i++, at += scale) {
    if (i >= from) out[i - from] = Math.min(inSize - 1, Math.trunc(at));
  }
  return out;
}

/** The same by nearest neighbour, as Pillow does for palette and two-colour pictures whatever filter is asked for. */
export function resizeNearest(source: Source<Uint8Array>, window: Window): Uint8Array {
  const { width, height, channels, data } = source;
  const columns = nearestIndices(width, window.width, window.left, window.cropWidth);
  const rows = nearestIndices(height, window.height, window.top, window.cropHeight);
  const out = new Uint8Array(rows.length * columns.length * channels);
  let to = 0;
  for (const y of rows) {
    for (const x of columns) {
      const from = (y * width + x) * channels;
      for (let channel = 0; channel < channels; channel++) out[to++] = data[from + channel]!;
    }
  }
  return out;
}

/** u16 [height, width] → u16 of the window, in double precision with rounding after each pass, as Pillow's 16-bit path. */
export function resize16(source: Source<Uint16Array>, window: Window, filter: FilterName): Uint16Array {
  const { width, height, data } = source;
  const pass = (get: (row: number, i: number) => number, rows: number, t: Taps): Uint16Array => {
    const out = new Uint16Array(rows * t.first.length);
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < t.first.length; x++) {
        let sum = 0;
        for (let i = 0; i < t.count[x]!; i++) sum += get(y, t.first[x]! + i) * t.weights[x * t.stride + i]!;
        out[y * t.first.length + x] = bytesOf16(sum);
      }
    }
    return out;
  };
  const across =
    window.width === width && window.left === 0 && window.cropWidth === width
      ? data
      : pass(
          (y, x) => data[y * width + x]!,
          height,
          taps(width, window.width, window.left, window.cropWidth, filter),
        );
  if (window.height === height) {
    return across.slice(window.top * window.cropWidth, (window.top + window.cropHeight) * window.cropWidth);
  }
  const down = taps(height, window.height, window.top, window.cropHeight, filter);
  const turned = pass((x, y) => across[y * window.cropWidth + x]!, window.cropWidth, down);
  const out = new Uint16Array(turned.length);
  for (let x = 0; x < window.cropWidth; x++) {
    for (let y = 0; y < window.cropHeight; y++)
      out[y * window.cropWidth + x] = turned[x * window.cropHeight + y]!;
  }
  return out;
}

/** A sum as Pillow stores it in 16 bits: each byte is clipped by itself, so that an overshoot keeps its low byte. */
function bytesOf16(sum: number): number {
  const value = sum >= 0 ? Math.floor(sum + 0.5) : -Math.floor(-sum + 0.5);
  return (clamp8(value >> 8) << 8) | clamp8(value % 256);
}
