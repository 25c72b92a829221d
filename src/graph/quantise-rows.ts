import { excess, nearest, SHARES } from "./codes.js";

/** What the codes of a kernel [rows, numbers] may be. */
export interface CodeBounds {
  readonly largest: number;
  /**
   * How far apart two neighbours of a row lie, which must fit together (LARGEST_PAIR): number i and i + apart, for i in
   * every other run of so many. None where undefined.
   */
  readonly apart?: number | undefined;
}

/**
 * [rows, ...] → the scale of each row whose codes come nearest in the sum of squares. `least` [rows] is what a scale must
 * not be under, whatever is in the row.
 */
export function rowScales(
  values: Float32Array,
  rows: number,
  least: Float64Array,
  bounds: CodeBounds,
): Float32Array {
  const { largest } = bounds;
  const length = values.length / rows;
  return Float32Array.from({ length: rows }, (_, i) => {
    const row = values.subarray(i * length, (i + 1) * length);
    let limit = 0;
    for (const value of row) limit = Math.max(limit, Math.abs(value));
    if (limit === 0) return Math.max(least[i]!, 1 / largest);
    let best = limit / largest;
    let error = Number.POSITIVE_INFINITY;
    for (const share of SHARES) {
      const scale = (limit * share) / largest;
      const found = squaredError(row, scale, bounds);
      if (found < error) [error, best] = [found, scale];
    }
    return Math.max(best, least[i]!);
  });
}

function squaredError(row: Float32Array, scale: number, bounds: CodeBounds): number {
  let sum = 0;
  for (const [i, code] of codesOf(row, scale, bounds).entries()) {
    const error = row[i]! - code * scale;
    sum += error * error;
  }
  return sum;
}

/** [rows, ...] and the scales of its rows → codes. */
export function rowCodes(values: Float32Array, scales: Float32Array, bounds: CodeBounds): Int8Array {
  const codes = new Int8Array(values.length);
  const length = values.length / scales.length;
  for (const [i, scale] of scales.entries())
    codes.set(codesOf(values.subarray(i * length, (i + 1) * length), scale, bounds), i * length);
  return codes;
}

function codesOf(row: Float32Array, scale: number, { largest, apart }: CodeBounds): Int8Array {
  const codes = Int8Array.from(row, (value) => nearest(value / scale, largest));
  for (let i = 0; i < codes.length; i++) {
    const j = neighbourOf(i, apart);
    if (j <= i) continue;
    const over = excess(codes[i]!, codes[j] ?? 0);
    if (over === 0) continue;
    const half = Math.trunc(over / 2);
    codes[i]! -= over - half;
    codes[j]! -= half;
  }
  return codes;
}

/** The number of a row that must fit together with number i; i itself where there is none. */
export function neighbourOf(i: number, apart: number | undefined): number {
  if (apart === undefined) return i;
  return Math.floor(i / apart) % 2 === 0 ? i + apart : i - apart;
}
