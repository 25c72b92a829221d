import { ClipError } from "../errors.js";

/** Repeated measurements of one thing: the middle one, and the least and most, so that noise is seen. */
export interface Figure {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  /** Measurements that it was made of. */
  readonly count: number;
}

/** The middle of the sorted values; the mean of the middle two where their number is even. */
export function median(values: readonly number[]): number {
  if (values.length === 0)
    throw new ClipError("bench.empty", "Expected at least one measurement but there is none.");
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/** At least one measurement → its figure. Raises `bench.empty`. */
export function figure(values: readonly number[]): Figure {
  return {
    median: median(values),
    low: Math.min(...values),
    high: Math.max(...values),
    count: values.length,
  };
}

/**
 * How many times faster `fast` is than `slow`: the median over the rounds of slow's time by fast's. Both were measured
 * in the same rounds, so that a slow minute of the machine counts for both. Rounds that only one has are left out.
 */
export function timesFaster(slow: readonly number[], fast: readonly number[]): Figure {
  const rounds = Math.min(slow.length, fast.length);
  return figure(Array.from({ length: rounds }, (_, i) => slow[i]! / fast[i]!));
}

/** A number with three digits that matter: 1,234 · 123 · 12.3 · 1.23 · 0.012. */
export function short(value: number): string {
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString("en-US");
  if (size >= 100) return value.toFixed(0);
  if (size >= 10) return value.toFixed(1);
  return size >= 0.1 ? value.toFixed(2) : value.toFixed(3);
}

/** `8.21 ±4%`: the median, and how far the farthest measurement lies from it. */
export function withSpread({ median: middle, low, high, count }: Figure): string {
  if (count < 2 || middle === 0) return short(middle);
  const share = Math.max(high - middle, middle - low) / Math.abs(middle);
  return `${short(middle)} ±${Math.round(100 * share)}%`;
}
