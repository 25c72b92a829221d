import { bootstrapInterval, type Interval } from "../../evaluate/statistics.js";

/** A share of pictures, 0..1, and its 95 % range. */
export interface Rate {
  readonly share: number;
  readonly interval: Interval;
}

/** The share of pictures of which something holds. */
export function rateOf(holds: readonly boolean[]): Rate {
  const values = holds.map(Number);
  const share = values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  return { share, interval: bootstrapInterval(values) };
}

/** How far a part of the measuring is. */
export interface MeasureListener {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}
