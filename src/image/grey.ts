import type { Size } from "./pixels.js";

/** Brightness (0..255) that varies by less is one flat colour with the noise of a codec: a black or blank picture. */
export const FLAT_DEVIATION = 3;

/** A grey picture, 0..255, f32 [height, width]. */
export interface Grey extends Size {
  readonly data: Float32Array;
}

/** Samples along a side of what becomes one grey pixel: 4 of them tell a mean nearly as well as all 64 of a large photo's. */
const SAMPLES = 2;

/**
 * RGB bytes [height, width, 3] → brightness (ITU-R BT.601), made smaller to at most `most` pixels a side. `memory`: at least most²
 * numbers that the result may lie in.
 */
export function greyOf(
  rgb: Uint8Array,
  { width, height }: Size,
  most: number,
  memory = new Float32Array(most * most),
): Grey {
  const scale = Math.max(1, Math.max(width, height) / most);
  const [outWidth, outHeight] = [width, height].map((side) => Math.max(1, Math.round(side / scale))) as [
    number,
    number,
  ];
  const data = memory.subarray(0, outWidth * outHeight);
  const columns = places(width, outWidth);
  const rows = places(height, outHeight);
  const [across, down] = [columns.length / outWidth, rows.length / outHeight];
  const share = 1 / (across * down);
  data.fill(0);
  const into = columns.map((_, x) => x / across);
  for (let y = 0; y < rows.length; y++) {
    const line = rows[y]! * width;
    const to = Math.floor(y / down) * outWidth;
    for (let x = 0; x < columns.length; x++) {
      const from = 3 * (line + columns[x]!);
      const light = 0.299 * rgb[from]! + 0.587 * rgb[from + 1]! + 0.114 * rgb[from + 2]!;
      data[to + into[x]!]! += light * share;
    }
  }
  return { width: outWidth, height: outHeight, data };
}

/** Which pixels of a side are looked at: all of one that stays, else two for each that comes out. */
function places(from: number, to: number): Uint32Array {
  const each = from === to ? 1 : SAMPLES;
  const step = from / (to * each);
  return Uint32Array.from({ length: to * each }, (_, i) => Math.min(from - 1, Math.floor((i + 0.5) * step)));
}

/** Mean of the cells of a grid of `side` × `side` over the whole picture, f32 [side, side]. */
export function cells({ width, height, data }: Grey, side: number): Float32Array {
  const out = new Float32Array(side * side);
  for (let y = 0; y < side; y++) {
    const [top, bottom] = bounds(y, height, side);
    for (let x = 0; x < side; x++) {
      const [left, right] = bounds(x, width, side);
      let sum = 0;
      for (let row = top; row < bottom; row++) {
        for (let at = row * width + left; at < row * width + right; at++) sum += data[at]!;
      }
      out[y * side + x] = sum / ((bottom - top) * (right - left));
    }
  }
  return out;
}

/** First pixel of a cell and the first one behind it; at least one, so that small pictures fill the grid too. */
function bounds(cell: number, length: number, side: number): [number, number] {
  const from = Math.min(length - 1, Math.floor((cell * length) / side));
  return [from, Math.max(from + 1, Math.floor(((cell + 1) * length) / side))];
}

/** Variance of so many numbers by their sum and the sum of their squares. */
export const variance = ([sum, squares]: readonly [number, number], count: number): number =>
  Math.max(0, squares / count - (sum / count) ** 2);

/** Variance of the Laplacian (4 neighbours): what is blurred has few edges. 0 where there is no inner pixel. */
export function laplacianVariance({ width, height, data }: Grey): number {
  let [sum, squares] = [0, 0];
  for (let y = 1; y < height - 1; y++) {
    for (let at = y * width + 1; at < (y + 1) * width - 1; at++) {
      const edge = data[at - width]! + data[at + width]! + data[at - 1]! + data[at + 1]! - 4 * data[at]!;
      sum += edge;
      squares += edge * edge;
    }
  }
  const count = Math.max(0, width - 2) * Math.max(0, height - 2);
  return count === 0 ? 0 : variance([sum, squares], count);
}

/** Standard deviation of the brightness. */
export function deviation({ data }: Grey): number {
  let [sum, squares] = [0, 0];
  for (const light of data) {
    sum += light;
    squares += light * light;
  }
  return Math.sqrt(variance([sum, squares], data.length));
}
