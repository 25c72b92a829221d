/**
 * Exponential smoothing that knows time: a value `seconds` after `before` → what is believed now. `constant` is the time,
 * s, in which 63 % (1 − 1/e) of a change is believed; 0: no smoothing.
 */
export function smoothed(before: number | undefined, now: number, seconds: number, constant: number): number {
  if (before === undefined || constant <= 0) return now;
  return before + (now - before) * (1 - Math.exp(-Math.max(0, seconds) / constant));
}

/** Value at a share (0..1) of sorted numbers, by the nearest rank; 0 where there is none. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

/** Latencies that are remembered: the last four minutes at 15 frames a second, so that memory stays flat. */
const REMEMBERED = 4_096;

/** Milliseconds from a frame's arrival to its answer. */
export interface Latency {
  readonly p50: number;
  readonly p95: number;
}

/** Remembers the last latencies. */
export function latencies(): { add(ms: number): void; read(): Latency } {
  const ring: number[] = [];
  let at = 0;
  return {
    add(ms) {
      ring[at] = ms;
      at = (at + 1) % REMEMBERED;
    },
    read() {
      const sorted = [...ring].sort((a, b) => a - b);
      return { p50: percentile(sorted, 0.5), p95: percentile(sorted, 0.95) };
    },
  };
}
