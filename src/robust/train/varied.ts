/** Least share of a picture's area that is kept. */
const LEAST_AREA = 0.5;

/**
 * A picture as it might as well have been taken, RGB bytes [size, size, 3]: a square part of it of half of its area to all of it, as large
 * as the whole (bilinear), mirrored half of the time.
 */
export function varied(square: Uint8Array, size: number, random: () => number): Uint8Array {
  const mirrored = random() < 0.5;
  const scale = Math.sqrt(LEAST_AREA + (1 - LEAST_AREA) * random());
  const [top, left] = [random(), random()].map((share) => share * (1 - scale) * size) as [number, number];
  const down = samplesOf(top, scale, size);
  const across = samplesOf(left, scale, size);
  if (mirrored) across.reverse();
  const out = new Uint8Array(square.length);
  let to = 0;
  for (const [y, below] of down) {
    const [upper, lower] = [y * size, Math.min(y + 1, size - 1) * size];
    for (const [x, beside] of across) {
      const right = Math.min(x + 1, size - 1);
      for (let c = 0; c < 3; c++) {
        const above = mix(square[(upper + x) * 3 + c]!, square[(upper + right) * 3 + c]!, beside);
        const under = mix(square[(lower + x) * 3 + c]!, square[(lower + right) * 3 + c]!, beside);
        out[to++] = Math.round(mix(above, under, below));
      }
    }
  }
  return out;
}

/** For each row (or column) of the new picture the one before it in the old one, and how far it is on the way to the next. */
function samplesOf(start: number, scale: number, size: number): [at: number, share: number][] {
  return Array.from({ length: size }, (_, i) => {
    const place = Math.max(0, Math.min(size - 1, start + (i + 0.5) * scale - 0.5));
    const at = Math.floor(place);
    return [at, place - at];
  });
}

function mix(a: number, b: number, share: number): number {
  return a + (b - a) * share;
}
