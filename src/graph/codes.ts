/** The largest code: numbers become −127..127. */
export const LARGEST_CODE = 127;

/**
 * The most that the codes of two neighbours of one sign come to. An AVX2 processor without VNNI adds the products of two
 * neighbours in 16 bits, where sums above 32767 are cut off: 255 · 128 = 32640 never is, so one file computes the same
 * everywhere. Neighbours of unlike signs take from one another and have no such bound.
 */
export const LARGEST_PAIR = 128;

/** The largest code of numbers that may have any neighbour. */
export const LARGEST_ALONE = LARGEST_PAIR / 2;

/**
 * The scales that are tried, as shares of what the largest number asks for: above 1 two large neighbours fit together,
 * under 1 outliers are cut off where that brings the others nearer. 127 / 64 fits whatever the neighbours are.
 */
export const SHARES = [LARGEST_CODE / LARGEST_ALONE, 1.7, 1.45, 1.25, 1.1, 1, 0.92, 0.84, 0.76, 0.68];

/** Added and taken away again, it leaves the nearest whole number (of any below 2^51): 1.5 · 2^52. */
const ROUNDER = 6755399441055744;

/** The code nearest to a number of codes. */
export function nearest(exact: number, largest = LARGEST_CODE): number {
  return Math.max(-largest, Math.min(largest, exact + ROUNDER - ROUNDER));
}

/** What two neighbours' codes are above LARGEST_PAIR, with their sign; 0 where they fit together. */
export function excess(a: number, b: number): number {
  if (a > 0 && b > 0) return Math.max(0, a + b - LARGEST_PAIR);
  if (a < 0 && b < 0) return Math.min(0, a + b + LARGEST_PAIR);
  return 0;
}
