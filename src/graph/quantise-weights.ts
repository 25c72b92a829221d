/**
 * The largest code. An AVX2 processor without VNNI adds the products of two neighbours in 16 bits, where sums above
 * 32767 are cut off: 255 · 64 · 2 = 32640 never is, so one file computes the same everywhere.
 */
export const LARGEST_CODE = 64;

/** The largest code of numbers that are only read, never multiplied in whole numbers. */
export const LARGEST_STORED = 127;

/** The ranges that are tried, as shares of the largest number: outliers may be cut where that makes the whole nearer. */
const SHARES = [1, 0.9, 0.8, 0.7, 0.6];

/** Added and taken away again, it leaves the nearest whole number (of any below 2^51): 1.5 · 2^52. */
const ROUNDER = 6755399441055744;

/** [rows, columns] → the scale of each column whose codes of −64..64 come nearest in the sum of squares. */
export function columnScales(values: Float32Array, columns: number): Float32Array {
  const limits = new Float32Array(columns);
  for (let at = 0; at < values.length; at += columns) {
    for (let j = 0; j < columns; j++) {
      const size = Math.abs(values[at + j]!);
      if (size > limits[j]!) limits[j] = size;
    }
  }
  const best = new Float32Array(columns);
  const least = new Float64Array(columns).fill(Number.POSITIVE_INFINITY);
  for (const share of SHARES) {
    // A column of zeros has any scale: 1.
    const scales = limits.map((limit) => (limit * share) / LARGEST_CODE || 1);
    const errors = squaredErrors(values, scales);
    for (let j = 0; j < columns; j++) {
      if (errors[j]! >= least[j]!) continue;
      least[j] = errors[j]!;
      best[j] = scales[j]!;
    }
  }
  return best;
}

function squaredErrors(values: Float32Array, scales: Float32Array): Float64Array {
  const errors = new Float64Array(scales.length);
  const inverses = Float64Array.from(scales, (scale) => 1 / scale);
  for (let at = 0; at < values.length; at += scales.length) {
    for (let j = 0; j < scales.length; j++) {
      const exact = values[at + j]! * inverses[j]!;
      const error = exact - clamped(exact + ROUNDER - ROUNDER, LARGEST_CODE);
      errors[j]! += error * error;
    }
  }
  return errors.map((error, j) => error * scales[j]! * scales[j]!);
}

/**
 * [rows, columns] and the scales of its columns → codes of −64..64. With `carry`, what rounding takes from a number is
 * given to the next one of its column: sums over neighbours stay right, and with them what rows of like neighbours (the
 * pixels of a photo) give, at the price of more error for neighbours that differ.
 */
export function columnCodes(values: Float32Array, scales: Float32Array, carry = false): Int8Array {
  const codes = new Int8Array(values.length);
  const inverses = Float64Array.from(scales, (scale) => 1 / scale);
  const rests = new Float64Array(scales.length);
  for (let at = 0; at < values.length; at += scales.length) {
    for (let j = 0; j < scales.length; j++) {
      const exact = values[at + j]! * inverses[j]! + rests[j]!;
      const code = clamped(exact + ROUNDER - ROUNDER, LARGEST_CODE);
      codes[at + j] = code;
      if (carry) rests[j] = exact - code;
    }
  }
  return codes;
}

/** [rows, columns] → the scale of each row whose codes are −127..127. */
export function rowScales(values: Float32Array, columns: number): Float32Array {
  const scales = new Float32Array(values.length / columns);
  for (let i = 0, at = 0; i < scales.length; i++) {
    let limit = 0;
    for (const end = at + columns; at < end; at++) limit = Math.max(limit, Math.abs(values[at]!));
    scales[i] = limit / LARGEST_STORED || 1;
  }
  return scales;
}

/** [rows, columns] and the scales of its rows → codes of −127..127. */
export function rowCodes(values: Float32Array, scales: Float32Array): Int8Array {
  const codes = new Int8Array(values.length);
  const columns = values.length / scales.length;
  for (let at = 0; at < values.length; at++) {
    const exact = values[at]! / scales[Math.floor(at / columns)]!;
    codes[at] = clamped(exact + ROUNDER - ROUNDER, LARGEST_STORED);
  }
  return codes;
}

function clamped(code: number, largest: number): number {
  return Math.min(largest, Math.max(-largest, code));
}
