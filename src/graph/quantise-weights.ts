import { excess, LARGEST_CODE, nearest, SHARES } from "./codes.js";

/** [rows, columns] → the scale of each column whose codes come nearest in the sum of squares. */
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
  eachPair(values, scales, (_, j, a, b) => {
    const [first, second] = [nearest(a), nearest(b)];
    const over = excess(first, second);
    const half = Math.trunc(over / 2);
    const [left, right] = [a - first + over - half, b - second + half];
    errors[j]! += left * left + right * right;
  });
  return errors.map((error, j) => error * scales[j]! * scales[j]!);
}

/**
 * [rows, columns] and the scales of its columns → codes, of which neighbours (rows 2i and 2i + 1 of a column) fit together.
 * With `carry`, what rounding takes from a number is given to the next one of its column: sums over neighbours stay right,
 * and with them what rows of like neighbours (the pixels of a photo) give, at the price of more error for neighbours that
 * differ.
 */
export function columnCodes(values: Float32Array, scales: Float32Array, carry = false): Int8Array {
  const codes = new Int8Array(values.length);
  const rests = new Float64Array(scales.length);
  eachPair(values, scales, (at, j, a, b) => {
    const rest = rests[j]!;
    const first = nearest(a + rest);
    const second = nearest(carry ? b + rest + a - first : b);
    const over = excess(first, second);
    const half = Math.trunc(over / 2);
    codes[at] = first - over + half;
    if (at + scales.length < codes.length) codes[at + scales.length] = second - half;
    if (carry) rests[j] = rest + a + b - first - second + over;
  });
  return codes;
}

/** Goes through neighbours a and b of each column, in codes; the last row of an odd number has b = 0. */
function eachPair(
  values: Float32Array,
  scales: Float32Array,
  take: (at: number, column: number, a: number, b: number) => void,
): void {
  const columns = scales.length;
  const inverses = Float64Array.from(scales, (scale) => 1 / scale);
  for (let at = 0; at < values.length; at += 2 * columns) {
    const hasSecond = at + columns < values.length;
    for (let j = 0; j < columns; j++) {
      const i = at + j;
      take(i, j, values[i]! * inverses[j]!, hasSecond ? values[i + columns]! * inverses[j]! : 0);
    }
  }
}

/** [rows, columns] → the scale of each row whose codes reach to −127..127. */
export function rowScales(values: Float32Array, columns: number): Float32Array {
  const scales = new Float32Array(values.length / columns);
  for (let i = 0, at = 0; i < scales.length; i++) {
    let limit = 0;
    for (const end = at + columns; at < end; at++) limit = Math.max(limit, Math.abs(values[at]!));
    scales[i] = limit / LARGEST_CODE || 1;
  }
  return scales;
}

/** [rows, columns] and the scales of its rows → codes of numbers that are only read, whatever their neighbours are. */
export function rowCodes(values: Float32Array, scales: Float32Array): Int8Array {
  const codes = new Int8Array(values.length);
  const columns = values.length / scales.length;
  for (let at = 0; at < values.length; at++)
    codes[at] = nearest(values[at]! / scales[Math.floor(at / columns)]!);
  return codes;
}
