/** Numbers in [0, 1), the same for the same seed (mulberry32). */
export function seeded(seed) {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Positions in an order that the seed makes. */
export function shuffled(count, seed) {
  const random = seeded(seed);
  const keys = Array.from({ length: count }, random);
  return [...keys.keys()].sort((a, b) => keys[a] - keys[b]);
}
