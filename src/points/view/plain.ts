import type { Grey } from "./grey.js";

/** Pixels of a side, and how far the eye is from the middle of a shape of radius 1: PointCLIP's own. */
const SIDE = 128;
const DISTANCE = 1.6;

/** A point this near the eye would be spread over everything. */
const NEAREST = 0.05;

/**
 * PointCLIP's projection (Zhang et al. 2022, arXiv 2112.02413, section 3.1): each point falls on the pixel at ⌈x/z⌉, ⌈y/z⌉, which takes its
 * depth; of several the mean, each counting by the inverse of its depth, as the authors' program does. Nothing is rendered; where no
 * point falls is black. f32 [points, 3] along a camera's axes → depth as a share of the greatest there can be.
 */
export function plainView(seen: Float32Array): Grey {
  const sums = new Float32Array(SIDE * SIDE);
  const weights = new Float32Array(SIDE * SIDE);
  for (let i = 0; i < seen.length; i += 3) {
    const depth = Math.max(NEAREST, DISTANCE - seen[i + 2]!);
    const column = Math.ceil(((seen[i]! / depth + 1) * SIDE) / 2);
    const row = Math.ceil(((1 - seen[i + 1]! / depth) * SIDE) / 2);
    if (column < 0 || row < 0 || column >= SIDE || row >= SIDE) continue;
    const at = row * SIDE + column;
    sums[at]! += 1;
    weights[at]! += 1 / depth;
  }
  const values = sums.map((sum, at) => (sum === 0 ? 0 : Math.min(1, sum / weights[at]! / (DISTANCE + 1))));
  return { side: SIDE, values };
}
