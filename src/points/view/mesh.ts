import { ClipError } from "../../errors.js";
import { lit } from "./shaded.js";

/** How far the eye is from the middle of a box from −1 to 1, and the share of the picture that such a box fills: some perspective, as photos have. */
const DISTANCE = 5;
const FILLED = 0.98;
/** Pixels a side for each of the picture's, which are then averaged. */
const FINER = 2;
/** How much darker the far side is than the near one. */
const FADE = 0.12;

/** Pixels that the triangles of one view may cover together: five million that are each twenty pixels large, two seconds' work. */
const MOST_PIXELS = 1e8;

/** A picture of a mesh: u8 [size, size, channels]. */
export interface MeshView {
  readonly data: Uint8Array;
  readonly channels: 1 | 3;
}

interface Canvas {
  readonly side: number;
  readonly depth: Float32Array;
  readonly colours: Uint8Array;
  readonly channels: 1 | 3;
  /** Pixels that may still be looked at. */
  left: number;
}

/** Twice the area of a triangle, with the sign of its turn. */
function turn(ax: number, ay: number, bx: number, by: number, cx: number, cy: number): number {
  return (bx - ax) * (cy - ay) - (by - ay) * (cx - ax);
}

/** Draws one triangle where it is nearer than what is there: corners [3] in pixels and nearness, one colour. */
function fill(canvas: Canvas, corners: readonly number[], colour: readonly number[]): void {
  const [ax, ay, az, bx, by, bz, cx, cy, cz] = corners as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const area = turn(ax, ay, bx, by, cx, cy);
  if (area === 0) return;
  const { side, depth, colours, channels } = canvas;
  const [left, right] = [
    Math.max(0, Math.floor(Math.min(ax, bx, cx))),
    Math.min(side - 1, Math.ceil(Math.max(ax, bx, cx))),
  ];
  const [top, bottom] = [
    Math.max(0, Math.floor(Math.min(ay, by, cy))),
    Math.min(side - 1, Math.ceil(Math.max(ay, by, cy))),
  ];
  canvas.left -= Math.max(0, bottom - top + 1) * Math.max(0, right - left + 1);
  if (canvas.left < 0)
    throw new ClipError(
      "points.too-large",
      `Expected triangles that cover at most ${MOST_PIXELS} pixels of a view together but there are more: most of them lie behind one another.`,
    );
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const [px, py] = [x + 0.5, y + 0.5];
      const a = turn(bx, by, cx, cy, px, py) / area;
      const b = turn(cx, cy, ax, ay, px, py) / area;
      const c = 1 - a - b;
      if (a < 0 || b < 0 || c < 0) continue;
      const near = a * az + b * bz + c * cz;
      const at = y * side + x;
      if (near <= depth[at]!) continue;
      depth[at] = near;
      for (let k = 0; k < channels; k++) colours[channels * at + k] = colour[k]!;
    }
  }
}

/** The mean of each square of pixels. */
function smaller({ side, colours, channels }: Canvas, size: number): Uint8Array {
  const out = new Uint8Array(size * size * channels);
  for (let i = 0; i < out.length; i++) {
    const [c, column, row] = [i % channels, Math.floor(i / channels) % size, Math.floor(i / channels / size)];
    let sum = 0;
    for (let v = 0; v < FINER; v++)
      for (let u = 0; u < FINER; u++)
        sum += colours[((row * FINER + v) * side + column * FINER + u) * channels + c]!;
    out[i] = Math.round(sum / FINER ** 2);
  }
  return out;
}

/**
 * A mesh, lit, on white, what is far a little darker; both sides of a triangle are drawn, for many files have them turned
 * either way. f32 [points, 3] along a camera's axes, −1..1; `colours`: u8 [points, 3], without them grey.
 */
export function meshView(
  seen: Float32Array,
  faces: Uint32Array,
  size: number,
  colours?: Uint8Array,
): MeshView {
  const side = size * FINER;
  const channels = colours ? 3 : 1;
  const canvas: Canvas = {
    side,
    channels,
    depth: new Float32Array(side * side).fill(-Infinity),
    colours: new Uint8Array(side * side * channels).fill(255),
    left: MOST_PIXELS,
  };
  const scale = ((DISTANCE - 1) * FILLED * side) / 2;
  const flat = new Float32Array(seen.length);
  for (let i = 0; i < seen.length; i += 3) {
    const away = DISTANCE - seen[i + 2]!;
    flat[i] = side / 2 + (scale * seen[i]!) / away;
    flat[i + 1] = side / 2 - (scale * seen[i + 1]!) / away;
    flat[i + 2] = seen[i + 2]!;
  }
  const corners = new Array<number>(9);
  for (let f = 0; f < faces.length; f += 3) {
    const [a, b, c] = [3 * faces[f]!, 3 * faces[f + 1]!, 3 * faces[f + 2]!];
    for (let k = 0; k < 3; k++) {
      corners[k] = flat[a + k]!;
      corners[3 + k] = flat[b + k]!;
      corners[6 + k] = flat[c + k]!;
    }
    const light = brightness(seen, a, b, c);
    const mean = (k: number): number =>
      colours ? (colours[a + k]! + colours[b + k]! + colours[c + k]!) / 3 : 230;
    fill(
      canvas,
      corners,
      [0, 1, 2].map((k) => Math.round(light * mean(k))),
    );
  }
  return { data: smaller(canvas, size), channels };
}

/** Of one triangle, 0..1. */
function brightness(seen: Float32Array, a: number, b: number, c: number): number {
  const edge = (to: number, k: number): number => seen[to + k]! - seen[a + k]!;
  const nx = edge(b, 1) * edge(c, 2) - edge(b, 2) * edge(c, 1);
  const ny = edge(b, 2) * edge(c, 0) - edge(b, 0) * edge(c, 2);
  const nz = edge(b, 0) * edge(c, 1) - edge(b, 1) * edge(c, 0);
  const turned = nz < 0 ? -1 : 1;
  const near = (seen[a + 2]! + seen[b + 2]! + seen[c + 2]!) / 3;
  return lit(turned * nx, turned * ny, turned * nz) * (1 - (FADE * (1 - near)) / 2);
}
