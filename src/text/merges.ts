import { MERGE_DIGITS, MERGES } from "./data/merges.js";

/** Merges of CLIP's vocabulary: 49,152 − 256 − 2 (CLIP, clip/simple_tokenizer.py). */
export const MERGE_COUNT = 48_894;
/** Ids of the 256 bytes, then of the 256 bytes that end a word; merge r makes id 512 + r. */
export const FIRST_MERGED = 512;

/** Pairs of ids → rank, in open addressing: 131,072 slots for 48,894 pairs. */
interface Merges {
  rank(left: number, right: number): number;
}

const SLOTS = 1 << 17;
let table: Merges | undefined;

/** The merges; decoded on first use. */
export function merges(): Merges {
  table ??= decode();
  return table;
}

/** Visits every merge in order, as its two ids. */
export function eachMerge(visit: (left: number, right: number, rank: number) => void): void {
  const value = new Uint8Array(128);
  for (let i = 0; i < MERGE_DIGITS.length; i++) value[MERGE_DIGITS.charCodeAt(i)] = i;
  for (let rank = 0, at = 0; rank < MERGE_COUNT; rank++) {
    let pair = 0;
    for (const end = at + 5; at < end; at++) pair = pair * 85 + value[MERGES.charCodeAt(at)]!;
    visit(pair >>> 16, pair & 0xffff, rank);
  }
}

function decode(): Merges {
  const keys = new Uint32Array(SLOTS);
  const ranks = new Int32Array(SLOTS).fill(-1);
  const slotOf = (key: number) => {
    let slot = Math.imul(key, 0x9e3779b1) >>> 15; // Fibonacci hashing; the upper 17 bits
    while (ranks[slot]! >= 0 && keys[slot] !== key) slot = (slot + 1) & (SLOTS - 1);
    return slot;
  };
  eachMerge((left, right, rank) => {
    const key = left * 65_536 + right;
    const slot = slotOf(key);
    keys[slot] = key;
    ranks[slot] = rank;
  });
  return { rank: (left, right) => ranks[slotOf(left * 65_536 + right)]! };
}
