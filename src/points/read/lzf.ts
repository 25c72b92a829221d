import { ClipError } from "../../errors.js";

/** What LZF makes of three bytes at most: a reference of 264. */
const MOST_RATIO = 88;

/**
 * LZF (Marc Lehmann's liblzf; what PCD's binary_compressed is): bytes → exactly `length` bytes. Raises `points.damaged` where the
 * length can't come of so few bytes (before any memory is taken), or does not.
 */
export function unpackLzf(packed: Uint8Array, length: number, name: string): Uint8Array {
  const wrong = (why: string): ClipError =>
    new ClipError(
      "points.damaged",
      `Expected ${length} bytes out of ${packed.length} compressed ones in ${name} but ${why}.`,
    );
  if (length > MOST_RATIO * packed.length) throw wrong("so few can't hold as many");
  const out = new Uint8Array(length);
  let to = 0;
  let at = 0;
  while (at < packed.length) {
    const sign = packed[at++]!;
    if (sign < 32) {
      const run = sign + 1;
      if (at + run > packed.length || to + run > length) throw wrong("a run passes the end");
      out.set(packed.subarray(at, at + run), to);
      at += run;
      to += run;
      continue;
    }
    const long = sign >> 5 === 7 ? (packed[at++] ?? 0) : 0;
    const run = (sign >> 5) + long + 2;
    const back = ((sign & 31) << 8) + (packed[at++] ?? 0) + 1;
    if (back > to || to + run > length) throw wrong("a reference points outside");
    for (let k = 0; k < run; k++, to++) out[to] = out[to - back]!;
  }
  if (to !== length) throw wrong(`there are ${to}`);
  return out;
}
