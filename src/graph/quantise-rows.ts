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
  const codes = new Int8Array(length);
  return Float32Array.from({ length: rows }, (_, i) => {
    const row = values.subarray(i * length, (i + 1) * length);
    let limit = 0;
    for (let at = 0; at < length; at++) limit = Math.max(limit, Math.abs(row[at]!));
    if (limit === 0) return Math.max(least[i]!, 1 / largest);
    let best = limit / largest;
    let error = Number.POSITIVE_INFINITY;
    for (const share of SHARES) {
      const scale = (limit * share) / largest;
      const found = squaredError(row, scale, bounds, codes);
      if (found < error) [error, best] = [found, scale];
    }
    return Math.max(best, least[i]!);
  });
}

function squaredError(row: Float32Array, scale: number, bounds: CodeBounds, codes: Int8Array): number {
  setCodes(row, scale, bounds, codes);
  let sum = 0;
  for (let i = 0; i < row.length; i++) {
    const error = row[i]! - codes[i]! * scale;
    sum += error * error;
  }
  return sum;
}

/** [rows, ...] and the scales of its rows → codes. */
export function rowCodes(values: Float32Array, scales: Float32Array, bounds: CodeBounds): Int8Array {
  const codes = new Int8Array(values.length);
  const length = values.length / scales.length;
  for (const [i, scale] of scales.entries()) {
    const [from, to] = [i * length, (i + 1) * length];
    setCodes(values.subarray(from, to), scale, bounds, codes.subarray(from, to));
  }
  return codes;
}

function setCodes(row: Float32Array, scale: number, { largest, apart }: CodeBounds, codes: Int8Array): void {
  for (let i = 0; i < codes.length; i++) codes[i] = nearest(row[i]! / scale, largest);
  if (apart === undefined) return;
  for (let at = 0; at < codes.length; at += 2 * apart) {
    for (let i = at; i < at + apart; i++) {
      const j = i + apart;
      if (j >= codes.length) return;
      const over = excess(codes[i]!, codes[j]!);
      if (over === 0) continue;
      const half = Math.trunc(over / 2);
      codes[i]! -= over - half;
      codes[j]! -= half;
    }
  }
}

/** The number of a row that must fit together with number i; i itself where there is none. */
export function neighbourOf(i: number, apart: number | undefined): number {
  if (apart === undefined) return i;
  return Math.floor(i / apart) % 2 === 0 ? i + apart : i - apart;
}
