/** Bytes of a file, both included. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/**
 * `bytes=100-199`, `bytes=100-`, `bytes=-100` of a file of `size` bytes; undefined: the whole file, also for several ranges and for
 * what can't be read, as RFC 9110 allows.
 */
export function rangeOf(header: string | undefined, size: number): ByteRange | undefined {
  const [, from = "", to = ""] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? "") ?? [];
  if (from === "" && to === "") return undefined;
  const first = from === "" ? Math.max(0, size - Number(to)) : Number(from);
  const last = from === "" || to === "" ? size - 1 : Math.min(size - 1, Number(to));
  return first <= last && first < size ? { first, last } : undefined;
}
