import { sampled } from "./sample.js";
import { facesOf, pointsOf, type Shape, type Up } from "./shape.js";
import { framed } from "./view/frame.js";

/** A shape as a page draws it: small enough to be sent, fine enough to be looked at. */
export interface Outline {
  /** i16 [points, 3]: z up, the middle of the shape's box at 0, the farthest point at distance 32,767. */
  readonly positions: Int16Array;
  /** u8 [points, 3] red, green, blue, where the shape has them. */
  readonly colours?: Uint8Array;
  /** u32 [faces, 3] positions of corners; absent: points alone. */
  readonly faces?: Uint32Array;
}

/** Points and triangles that are sent: some 400 kB; a screen shows no more. */
const MOST_POINTS = 30_000;
const MOST_FACES = 30_000;
const FARTHEST = 32_767;

/** Every so many-th point of f32 or u8 [points, 3]. */
function thinned<T extends Float32Array | Uint8Array>(values: T, step: number): T {
  if (step === 1) return values;
  const count = Math.ceil(values.length / 3 / step);
  const out = new (values.constructor as new (length: number) => T)(3 * count);
  for (let i = 0; i < count; i++) out.set(values.subarray(3 * i * step, 3 * i * step + 3), 3 * i);
  return out;
}

/** A shape → what a page shows of it: a cloud of many points thinned, a mesh of many triangles as points of its surface. Raises `points.flat`. */
export function outlineOf(shape: Shape, up?: Up): Outline {
  const whole = framed(shape, up);
  const { faces, colours } = shape;
  const quantised = (positions: Float32Array): Int16Array =>
    Int16Array.from(positions, (value) => Math.round(value * FARTHEST));
  if (faces && facesOf(shape) <= MOST_FACES)
    return { positions: quantised(whole), faces, ...(colours ? { colours } : {}) };
  if (faces) return { positions: quantised(sampled(whole, faces, MOST_POINTS)) };
  const step = Math.ceil(pointsOf(shape) / MOST_POINTS);
  return {
    positions: quantised(thinned(whole, step)),
    ...(colours ? { colours: thinned(colours, step) } : {}),
  };
}
