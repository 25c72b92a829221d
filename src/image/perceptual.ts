import { cells, type Grey } from "./grey.js";

/** The picture is seen as so many cells a side; of its frequencies the lowest 8 × 8 are looked at. */
const SIDE = 32;
const KEPT = 8;

/** cos((2x + 1) u π / 2N) of the discrete cosine transform (type II), f64 [KEPT, SIDE]. */
const COSINES = Float64Array.from({ length: KEPT * SIDE }, (_, i) =>
  Math.cos(((2 * (i % SIDE) + 1) * Math.floor(i / SIDE) * Math.PI) / (2 * SIDE)),
);

/** Lowest frequencies of cells [SIDE, SIDE] → f64 [KEPT, KEPT]. */
function frequencies(values: Float32Array): Float64Array {
  const rows = new Float64Array(KEPT * SIDE);
  for (let y = 0; y < SIDE; y++) {
    for (let u = 0; u < KEPT; u++) {
      let sum = 0;
      for (let x = 0; x < SIDE; x++) sum += values[y * SIDE + x]! * COSINES[u * SIDE + x]!;
      rows[u * SIDE + y] = sum;
    }
  }
  const out = new Float64Array(KEPT * KEPT);
  for (let u = 0; u < KEPT; u++) {
    for (let v = 0; v < KEPT; v++) {
      let sum = 0;
      for (let y = 0; y < SIDE; y++) sum += rows[u * SIDE + y]! * COSINES[v * SIDE + y]!;
      out[v * KEPT + u] = sum;
    }
  }
  return out;
}

/** Where rounding decides: sums of 1,024 values up to 255 in double precision are right to far less. */
const NOTHING = 1e-3;

/**
 * 64-bit hash, 16 hex digits: for each of the 8 × 8 lowest frequencies of the whole picture whether it is above their median
 * (the mean brightness left out of the median). Versions of one picture differ in few bits.
 */
export function perceptualHash(grey: Grey): string {
  const found = frequencies(cells(grey, SIDE));
  const sorted = found.slice(1).sort();
  const median = sorted[sorted.length >> 1]!;
  let hash = "";
  for (let digit = 0; digit < 16; digit++) {
    let bits = 0;
    for (let bit = 0; bit < 4; bit++) bits = 2 * bits + Number(found[4 * digit + bit]! > median + NOTHING);
    hash += bits.toString(16);
  }
  return hash;
}
