import { Heap } from "./heap.js";
import { FIRST_MERGED, merges } from "./merges.js";

/** Room for a position beside a rank in one number; a text of MAX_CHARACTERS has fewer bytes. */
const POSITIONS = 2 ** 20;
const encoder = new TextEncoder();

/** Bytes in the order of their ids: printable ones of Latin-1 first, then the rest (CLIP, bytes_to_unicode). */
export const BYTES_BY_ID: readonly number[] = (() => {
  const all = Array.from({ length: 256 }, (_, byte) => byte);
  const printable = (b: number) => (b >= 0x21 && b <= 0x7e) || (b >= 0xa1 && b !== 0xad);
  return [...all.filter(printable), ...all.filter((b) => !printable(b))];
})();

const idOfByte = new Uint16Array(256);
BYTES_BY_ID.forEach((byte, id) => {
  idOfByte[byte] = id;
});

/**
 * One word → ids: its UTF-8 bytes, the last marked as the end of a word, with the earliest merge applied first and
 * from the left, until none applies. Every merged symbol has one merge that makes it, so a new pair never ranks
 * before the one that made it, and a heap gives the original's order.
 */
export function bytePairs(word: string): number[] {
  const bytes = encoder.encode(word);
  const ids = Int32Array.from(bytes, (byte) => idOfByte[byte]!);
  const last = ids.length - 1;
  ids[last] = ids[last]! + 256;
  const next = Int32Array.from(ids, (_, i) => i + 1);
  const previous = Int32Array.from(ids, (_, i) => i - 1);
  const table = merges();
  const heap = new Heap();
  const offer = (at: number) => {
    const right = next[at]!;
    const rank = right <= last ? table.rank(ids[at]!, ids[right]!) : -1;
    if (rank >= 0) heap.push(rank * POSITIONS + at);
  };
  for (let at = 0; at < last; at++) offer(at);
  for (let item = heap.pop(); item !== undefined; item = heap.pop()) {
    const at = item % POSITIONS;
    const rank = (item - at) / POSITIONS;
    const right = next[at]!;
    if (ids[at]! < 0 || right > last || table.rank(ids[at]!, ids[right]!) !== rank) continue;
    ids[at] = FIRST_MERGED + rank;
    ids[right] = -1;
    next[at] = next[right]!;
    if (next[at]! <= last) previous[next[at]!] = at;
    offer(at);
    if (previous[at]! >= 0) offer(previous[at]!);
  }
  return Array.from(ids).filter((id) => id >= 0);
}
