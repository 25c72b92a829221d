import type { Grey } from "./grey.js";

/** Pixels of a side and share of it that a shape fills. */
const SIDE = 160;
const FILLED = 0.85;
/** Depths that differ by more belong to different surfaces; of a box from −1 to 1. */
const STEP = 0.08;
/** Times that depth is smoothed; noise of a hundredth of a shape's size is gone then. */
const ROUNDS = 3;
/** Light that comes from everywhere, and from above the left shoulder of who looks. */
const AMBIENT = 0.25;
const LIGHT = [-0.35, 0.5, 0.79] as const;
const NOTHING = -Infinity;

/** Points → nearest depth of each pixel, each point a square large enough that surfaces have no holes. */
function depthOf(seen: Float32Array): Float32Array {
  const count = seen.length / 3;
  const reach = Math.min(8, Math.max(1, Math.ceil((1.3 * SIDE) / Math.sqrt(count))));
  const depth = new Float32Array(SIDE * SIDE).fill(NOTHING);
  for (let i = 0; i < seen.length; i += 3) {
    const column = Math.round(((seen[i]! * FILLED + 1) / 2) * (SIDE - 1));
    const row = Math.round(((1 - seen[i + 1]! * FILLED) / 2) * (SIDE - 1));
    const near = seen[i + 2]!;
    for (let y = Math.max(0, row - reach); y <= Math.min(SIDE - 1, row + reach); y++)
      for (let x = Math.max(0, column - reach); x <= Math.min(SIDE - 1, column + reach); x++)
        if (near > depth[y * SIDE + x]!) depth[y * SIDE + x] = near;
  }
  return eroded(depth, reach - 1);
}

/** Without what lies nearer than so many pixels to where nothing is: holes stay closed, and what is thin is no thicker than it was. */
function eroded(depth: Float32Array, reach: number): Float32Array {
  const kept = (from: Float32Array, step: number, place: (at: number) => number): Float32Array => {
    const out = from.slice();
    for (let at = 0; at < from.length; at++) {
      const here = place(at);
      for (let k = Math.max(-reach, -here); k <= Math.min(reach, SIDE - 1 - here); k++) {
        if (from[at + k * step] !== NOTHING) continue;
        out[at] = NOTHING;
        break;
      }
    }
    return out;
  };
  const rows = kept(depth, 1, (at) => at % SIDE);
  return kept(rows, SIDE, (at) => Math.floor(at / SIDE));
}

/** The mean of each pixel and those around it on the same surface. */
function smoothed(depth: Float32Array): Float32Array {
  const out = new Float32Array(depth.length).fill(NOTHING);
  for (let y = 1; y < SIDE - 1; y++) {
    for (let x = 1; x < SIDE - 1; x++) {
      const own = depth[y * SIDE + x]!;
      if (own === NOTHING) continue;
      let [sum, count] = [0, 0];
      for (let v = -1; v <= 1; v++) {
        for (let u = -1; u <= 1; u++) {
          const other = depth[(y + v) * SIDE + x + u]!;
          if (Math.abs(other - own) > STEP) continue;
          sum += other;
          count += 1;
        }
      }
      out[y * SIDE + x] = sum / count;
    }
  }
  return out;
}

/** Slope between two neighbours of a pixel, of which one may be another surface. */
function slope(before: number, own: number, after: number): number {
  const [back, on] = [own - before, after - own];
  const fine = (step: number): boolean => Math.abs(step) <= STEP;
  if (fine(back) && fine(on)) return (back + on) / 2;
  return fine(back) ? back : fine(on) ? on : 0;
}

/**
 * A surface laid over the nearest points and lit as a mesh is. f32 [points, 3] along a camera's axes, −1..1 → bright where it faces the light,
 * white where nothing is.
 */
export function shadedView(seen: Float32Array): Grey {
  let depth = depthOf(seen);
  for (let round = 0; round < ROUNDS; round++) depth = smoothed(depth);
  const values = new Float32Array(SIDE * SIDE).fill(1);
  // Length of a pixel in the shape's own unit.
  const pixel = 2 / (SIDE - 1) / FILLED;
  for (let y = 1; y < SIDE - 1; y++) {
    for (let x = 1; x < SIDE - 1; x++) {
      const at = y * SIDE + x;
      const own = depth[at]!;
      if (own === NOTHING) continue;
      const nx = -slope(depth[at - 1]!, own, depth[at + 1]!) / pixel;
      const ny = slope(depth[at - SIDE]!, own, depth[at + SIDE]!) / pixel;
      values[at] = lit(nx, ny, 1);
    }
  }
  return { side: SIDE, values };
}

/** Brightness 0..1 of a surface by its normal along the camera's axes, of any length: Lambert's law and some light from everywhere. */
export function lit(nx: number, ny: number, nz: number): number {
  const length = Math.hypot(nx, ny, nz);
  if (length === 0) return AMBIENT;
  const cosine = (nx * LIGHT[0] + ny * LIGHT[1] + nz * LIGHT[2]) / length;
  return Math.min(0.95, AMBIENT + 0.72 * Math.max(0, cosine));
}
