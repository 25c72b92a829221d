/** Milliseconds for people: 8.2 ms, 120 ms, 3.4 s. */
export function duration(ms: number): string {
  if (ms >= 999.5) return `${(ms / 1000).toFixed(ms < 99_950 ? 1 : 0)} s`;
  return `${ms < 9.95 ? ms.toFixed(1) : ms.toFixed(0)} ms`;
}

/** Bytes for people, rounded up, so that a limit of what is shown is enough: 481 MB, 1.8 GB. */
export function memory(bytes: number): string {
  if (bytes >= 1e9) return `${(Math.ceil(bytes / 1e8) / 10).toFixed(1)} GB`;
  return `${Math.ceil(bytes / 1e6)} MB`;
}

/** A share for people: 63.3 %. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** A difference of two shares: 12.2 points. */
export function points(difference: number): string {
  return `${(100 * Math.abs(difference)).toFixed(1)} points`;
}

/** How many times: 2.4 times. */
export function times(ratio: number): string {
  return `${ratio.toFixed(ratio < 10 ? 1 : 0)} times`;
}
