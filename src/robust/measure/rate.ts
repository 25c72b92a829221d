import { bootstrapInterval, type Interval, widened } from "../../evaluate/statistics.js";

/** A share of pictures, 0..1, and its 95 % range. */
export interface Rate {
  readonly share: number;
  readonly interval: Interval;
}

/** The share of pictures of which something holds. */
export function rateOf(holds: readonly boolean[]): Rate {
  const values = holds.map(Number);
  const share = values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  return { share, interval: widened(bootstrapInterval(values), values.length) };
}

/** How far a part of the measuring is. */
export interface MeasureListener {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** How far work is that has parts of so many passes at most. */
export interface Passes {
  readonly pass: (count?: number) => void;
  /** The part is done: whatever was left of it counts as done. */
  readonly end: () => void;
}

/** Tells of each pass, and of each part's end. */
export function passesOf(parts: readonly number[], { onProgress }: MeasureListener): Passes {
  const total = parts.reduce((sum, part) => sum + part, 0);
  let [at, begun, done] = [0, 0, 0];
  const tell = (to: number): void => {
    done = to;
    onProgress?.(done, total);
  };
  return {
    pass: (count = 1) => tell(Math.min(done + count, begun + parts[at]!)),
    end: () => {
      begun += parts[at++]!;
      tell(begun);
    },
  };
}
