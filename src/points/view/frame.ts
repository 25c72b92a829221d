import { ClipError } from "../../errors.js";
import { pointsOf, type Shape, type Up } from "../shape.js";

/** Least size of a shape as a share of how far it lies from 0: below it floats are too coarse to tell its points apart. */
const LEAST_SIZE = 1e-6;

/** The box around f32 [points, 3]: its middle, and its sizes. */
export function boxOf(positions: Float32Array): {
  readonly middle: readonly number[];
  readonly sizes: readonly number[];
} {
  const low = [Infinity, Infinity, Infinity];
  const high = [-Infinity, -Infinity, -Infinity];
  for (let i = 0; i < positions.length; i++) {
    const value = positions[i]!;
    if (value < low[i % 3]!) low[i % 3] = value;
    if (value > high[i % 3]!) high[i % 3] = value;
  }
  return {
    middle: low.map((value, c) => (value + high[c]!) / 2),
    sizes: low.map((value, c) => high[c]! - value),
  };
}

/** f32 [points, 3] along a camera's axes → the same with the middle of their box at 0, the box's longest side from −1 to 1 (PointCLIP V2). */
export function fitted(seen: Float32Array): Float32Array {
  const { middle, sizes } = boxOf(seen);
  const half = Math.max(...sizes) / 2;
  return seen.map((value, i) => (value - middle[i % 3]!) / half);
}

/**
 * A shape → f32 [points, 3] in one frame: z up, the middle of its box at 0, the farthest point at distance 1. `up`: the axis that
 * points up; default: what its format says, else z. Raises `points.flat` where all points are at one place.
 */
export function framed(shape: Shape, up: Up = shape.up ?? "z"): Float32Array {
  const { positions } = shape;
  const { middle } = boxOf(positions);
  let farthest = 0;
  for (let i = 0; i < positions.length; i += 3) {
    let squares = 0;
    for (let c = 0; c < 3; c++) squares += (positions[i + c]! - middle[c]!) ** 2;
    if (squares > farthest) farthest = squares;
  }
  const radius = Math.sqrt(farthest);
  const away = Math.max(...middle.map(Math.abs));
  if (!(radius > LEAST_SIZE * away && radius > 0)) {
    const count = pointsOf(shape);
    const which = count === 1 ? "there is one point only" : `all ${count} are at one place`;
    const left = shape.warnings.find(({ code }) => code === "points.dropped");
    const more = left ? ` (${left.message.replace(/\.$/, "")})` : "";
    throw new ClipError("points.flat", `Expected points at different places but ${which}${more}.`);
  }
  const out = new Float32Array(positions.length);
  for (let i = 0; i < positions.length; i += 3) {
    const [x, y, z] = [0, 1, 2].map((c) => (positions[i + c]! - middle[c]!) / radius) as [
      number,
      number,
      number,
    ];
    out[i] = x;
    out[i + 1] = up === "z" ? y : -z;
    out[i + 2] = up === "z" ? z : y;
  }
  return out;
}
