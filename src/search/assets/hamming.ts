import { throwIfAborted } from "../../errors.js";

/** Bits of a band: four bands make a hash of 64. */
const BAND = 16;
const BANDS = 4;

function bitsOf(value: number): number {
  let v = value - ((value >>> 1) & 0x55555555);
  v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
  return Math.imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** All numbers of 16 bits with at most `most` ones. */
function masks(most: number): Uint16Array {
  const found: number[] = [];
  for (let mask = 0; mask < 1 << BAND; mask++) if (bitsOf(mask) <= most) found.push(mask);
  return Uint16Array.from(found);
}

/** How often the event loop gets a turn, items. */
const TURN = 2_000;

/**
 * Hashes of 16 hex digits → for each pair whose hashes differ in at most `most` of 64 bits, `found(a, b)` with a < b, once. By bands of
 * 16 bits (Norouzi et al. 2012, "multi-index hashing"): where at most `most` bits differ, some band differs in at most ⌊most / 4⌋.
 * Raises `aborted`.
 */
export async function pairsWithin(
  hashes: readonly string[],
  most: number,
  found: (a: number, b: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  const high = Uint32Array.from(hashes, (hash) => Number.parseInt(hash.slice(0, 8), 16));
  const low = Uint32Array.from(hashes, (hash) => Number.parseInt(hash.slice(8), 16));
  const distance = (a: number, b: number): number =>
    bitsOf((high[a]! ^ high[b]!) >>> 0) + bitsOf((low[a]! ^ low[b]!) >>> 0);
  const band = (i: number, k: number): number =>
    ((k < 2 ? high[i]! : low[i]!) >>> (k % 2 === 0 ? BAND : 0)) & 0xffff;
  const near = masks(Math.min(BAND, Math.floor(most / BANDS)));
  const seen = new Int32Array(hashes.length).fill(-1);
  const buckets = Array.from({ length: BANDS }, () => new Map<number, number[]>());
  for (let i = 0; i < hashes.length; i++) {
    if (i % TURN === 0) {
      throwIfAborted(signal);
      await new Promise((turn) => setImmediate(turn));
    }
    for (const [k, bucket] of buckets.entries()) {
      const value = band(i, k);
      for (const mask of near) {
        for (const other of bucket.get(value ^ mask) ?? []) {
          if (seen[other] === i) continue;
          seen[other] = i;
          if (distance(i, other) <= most) found(other, i);
        }
      }
    }
    for (const [k, bucket] of buckets.entries()) {
      const value = band(i, k);
      const list = bucket.get(value);
      if (list) list.push(i);
      else bucket.set(value, [i]);
    }
  }
}
