import type { GraphBuilder } from "../graph/builder.js";
import * as ops from "../graph/ops.js";
import type { Value } from "../graph/types.js";

/** Turns the heads of queries or keys by their place in the row: [n, l, width] → [n, l, width] */
export type Rotation = (x: Value) => Value;

/** Cosine and sine of the angles of `places` places, f32 [places, pairs] each, as a rotation; `neighbours` as in `ops.rotate`. */
export function rotation(
  g: GraphBuilder,
  places: number,
  pairs: number,
  angle: (place: number, pair: number) => number,
  options: { readonly neighbours: boolean },
): Rotation {
  const angles = Float32Array.from({ length: places * pairs }, (_, i) =>
    angle(Math.floor(i / pairs), i % pairs),
  );
  const dims = [places, pairs];
  const cos = g.floats("rotary.cos", angles.map(Math.cos), dims);
  const sin = g.floats("rotary.sin", angles.map(Math.sin), dims);
  return (x) => ops.rotate(g, x, cos, sin, options);
}

/** How far a pair turns from a place to the next, `count` pairs whose wave lengths grow from 2π to `base` · 2π; in f32 as torch computes it. */
export function frequency(pair: number, count: number, base: number): number {
  return Math.fround(1 / Math.fround(base ** Math.fround(pair / count)));
}
