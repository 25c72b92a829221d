/**
 * Numbers in [0, 1) that are the same for the same seed on every machine: mulberry32 (Tommy Ettinger, public domain).
 * For choosing samples, never for secrets.
 */
export function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** At most `most` of the items, chosen by the seed, in their own order. */
export function sample<T>(items: readonly T[], most: number, seed: number): T[] {
  if (items.length <= most) return [...items];
  const random = seeded(seed);
  const order = items.map((_, i) => ({ i, key: random() })).sort((a, b) => a.key - b.key || a.i - b.i);
  const chosen = order.slice(0, most).map(({ i }) => i);
  return chosen.sort((a, b) => a - b).map((i) => items[i]!);
}
