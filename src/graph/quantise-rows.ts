import { LARGEST_CODE } from "./quantise-weights.js";

/** The ranges that are tried, as shares of the largest number in a row. */
const SHARES = [1, 0.94, 0.88, 0.82, 0.76, 0.7, 0.64];

/**
 * [rows, ...] → the scale of each row whose codes come nearest in the sum of squares. `least` [rows] is what a scale must
 * not be under, whatever is in the row.
 */
export function rowScales(
  values: Float32Array,
  rows: number,
  least: Float64Array,
  largest = LARGEST_CODE,
): Float32Array {
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
      const found = squaredError(row, scale, largest);
      if (found < error) [error, best] = [found, scale];
    }
    return Math.max(best, least[i]!);
  });
}

function squaredError(row: Float32Array, scale: number, largest: number): number {
  let sum = 0;
  for (const value of row) {
    const error = value - Math.max(-largest, Math.min(largest, Math.round(value / scale))) * scale;
    sum += error * error;
  }
  return sum;
}

/** [rows, ...] and the scales of its rows → codes of −largest..largest. */
export function rowCodes(values: Float32Array, scales: Float32Array, largest = LARGEST_CODE): Int8Array {
  const length = values.length / scales.length;
  return Int8Array.from(values, (value, i) => {
    const code = Math.round(value / scales[Math.floor(i / length)]!);
    return Math.max(-largest, Math.min(largest, code));
  });
}
