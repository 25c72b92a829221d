import { GraphBuilder } from "../graph/builder.js";
import * as ops from "../graph/ops.js";
import type { Graph, Value } from "../graph/types.js";
import { wholePatches } from "./pooled-vit.js";
import { frequency, type Rotation, rotation } from "./rotary.js";
import type { EvaVitSpec, Normalisation } from "./spec.js";
import { ACTIVATIONS, linear, loadNorm, type Norm, normalise } from "./transformer.js";
import { foldedKernel, patchRows, positionsWith, rowsWithClass } from "./vit.js";
import type { Weights } from "./weights.js";

/** EVA-02's wave lengths (eva_vit_model.py, `VisionRotaryEmbeddingFast`, `theta`). */
const ROTARY_BASE = 10_000;

/** EVA-02's image tower as a graph: `pixels` u8 [n, size, size, 3] → `features` f32 [n, dim], not of unit length. */
export function buildEvaVit(spec: EvaVitSpec, weights: Weights, normalisation: Normalisation): Graph {
  const { size, width, layers, dim } = spec;
  const g = new GraphBuilder("image");
  const pixels = g.input("pixels", "u8", ["n", size, size, 3]);
  const given = rowsWithClass(g, patchRows(g, wholePatches(g, pixels, spec), spec));
  const { kernel, offset } = foldedKernel(g, spec, weights, normalisation);
  const bias = weights.floats("visual.conv1.bias", [width]);
  const constant = offset.map((value, i) => value + bias[i]!);
  const placed = positionsWith(g, constant, spec.grid, weights);
  let rows = ops.reshape(g, ops.add(g, ops.matMul(g, given, kernel), placed), [-1, width]);
  const context = { g, weights, spec, turned: turning(g, spec) };
  for (let i = 0; i < layers; i++) rows = block(rows, `visual.blocks.${i}`, context, i === layers - 1);
  const read = normalise(g, rows, loadNorm(g, weights, "visual.ln_post", spec));
  g.output(projected(g, weights, read, spec), "features", ["n", dim]);
  return g.finish();
}

/** Half of a head's pairs turn by the patch's row and half by its column; the class token is not turned. */
function turning(g: GraphBuilder, { width, heads, grid, rotaryGrid }: EvaVitSpec): Rotation {
  const pairs = width / heads / 2;
  const half = pairs / 2;
  const angle = (place: number, pair: number): number => {
    if (place === 0) return 0;
    const at = pair < half ? Math.floor((place - 1) / grid) : (place - 1) % grid;
    const along = Math.fround(Math.fround(at / grid) * rotaryGrid);
    return along * frequency(pair % half, half, ROTARY_BASE);
  };
  return rotation(g, 1 + grid ** 2, pairs, angle, { neighbours: true });
}

interface BlockContext {
  readonly g: GraphBuilder;
  readonly weights: Weights;
  readonly spec: EvaVitSpec;
  readonly turned: Rotation;
}

/** [rows, width] → [rows, width]; `last`: → [n, width], of the class tokens alone, as nothing is read but these. */
function block(x: Value, name: string, context: BlockContext, last: boolean): Value {
  const { g, weights, spec } = context;
  const { width, inner, activation } = spec;
  const picked = (rows: Value): Value => (last ? classTokens(g, rows, spec) : rows);
  const normed = normalise(g, x, loadNorm(g, weights, `${name}.norm1`, spec));
  const attended = attention(normed, picked(normed), name, context, last ? 1 : 1 + spec.grid ** 2);
  const out = linear(g, weights, attended, `${name}.attn.proj`, width, width);
  const middle = ops.add(g, picked(x), out);
  const seen = normalise(g, middle, loadNorm(g, weights, `${name}.norm2`, spec));
  const gate = ACTIVATIONS[activation](g, linear(g, weights, seen, `${name}.mlp.w1`, width, inner));
  const gated = ops.multiply(g, gate, linear(g, weights, seen, `${name}.mlp.w2`, width, inner));
  const even = normalise(g, gated, normOf(context, `${name}.mlp.ffn_ln`, inner));
  return ops.add(g, middle, linear(g, weights, even, `${name}.mlp.w3`, inner, width));
}

/**
 * All rows, and the `count` of each picture that ask, [rows, width] each → [rows that ask, width]. Keys have no bias. Those that ask stand
 * at the beginning of a picture's, so that they are turned as they are where all ask.
 */
function attention(seen: Value, asking: Value, name: string, context: BlockContext, count: number): Value {
  const { g, weights, spec, turned } = context;
  const { width, heads, grid } = spec;
  const matrix = (which: string): Value =>
    weights.linear(g, `${name}.attn.${which}_proj.weight`, [width, width]);
  const bias = (which: string): Value => weights.small(g, `${name}.attn.${which}_bias`, [width]);
  const byPicture = (rows: Value, places: number): Value => ops.reshape(g, rows, [-1, places, width]);
  const places = 1 + grid ** 2;
  const inputs = {
    q: turned(byPicture(ops.gemm(g, asking, matrix("q"), bias("q")), count)),
    k: turned(byPicture(ops.matMul(g, seen, matrix("k")), places)),
    v: byPicture(ops.gemm(g, seen, matrix("v"), bias("v")), places),
  };
  const attended = ops.reshape(g, ops.multiHeadAttention(g, inputs, heads), [-1, width]);
  return normalise(g, attended, normOf(context, `${name}.attn.inner_attn_ln`, width));
}

/** [rows, width] → [n, width] */
function classTokens(g: GraphBuilder, rows: Value, { grid, width }: EvaVitSpec): Value {
  const all = ops.reshape(g, rows, [-1, 1 + grid ** 2, width]);
  return ops.reshape(g, ops.slice(g, all, g.ints([0]), g.ints([1]), 1), [-1, width]);
}

function normOf({ g, weights, spec }: BlockContext, name: string, width: number): Norm {
  return loadNorm(g, weights, name, { ...spec, width });
}

/** [n, width] → [n, dim] */
function projected(g: GraphBuilder, weights: Weights, x: Value, spec: EvaVitSpec): Value {
  const { projection, width, dim } = spec;
  if (projection.kind === "none") return x;
  if (projection.bias) return linear(g, weights, x, "visual.head", width, dim);
  return ops.matMul(g, x, weights.linear(g, "visual.head.weight", [dim, width]));
}
