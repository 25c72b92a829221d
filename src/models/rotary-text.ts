import { GraphBuilder } from "../graph/builder.js";
import * as ops from "../graph/ops.js";
import type { Graph, Value } from "../graph/types.js";
import { meanOf } from "./bert-text.js";
import { type PaddingMask, paddingMask } from "./padding-mask.js";
import { project } from "./projection.js";
import { frequency, type Rotation, rotation } from "./rotary.js";
import type { RotaryTextSpec } from "./spec.js";
import { ACTIVATIONS, linear, loadNorm, normalise } from "./transformer.js";
import type { Weights } from "./weights.js";

const EMBEDDINGS = "flash.embeddings";

/**
 * XLM-RoBERTa with turned queries and keys as a graph: `input_ids` and `attention_mask` i32 [n, length] (1 for tokens, 0 for what fills
 * rows up) → `features` f32 [n, dim], not of unit length. Padding is not seen, so that a batch cut to its longest text computes the same.
 */
export function buildRotaryText(spec: RotaryTextSpec, dim: number, weights: Weights): Graph {
  const { width, heads, contextLength, layers, rotaryBase } = spec;
  const g = new GraphBuilder("text");
  const ids = g.input("input_ids", "i32", ["n", "length"]);
  const mask = paddingMask(g, g.input("attention_mask", "i32", ["n", "length"]));
  const byText = ops.concat(g, [ops.shapeOf(g, ids), g.ints([width])], 0);
  const rowsOf = (x: Value): Value => ops.reshape(g, x, byText);

  const pairs = width / heads / 2;
  const angle = (place: number, pair: number): number => place * frequency(pair, pairs, rotaryBase);
  const turned = rotation(g, contextLength, pairs, angle, { neighbours: false });
  const embedded = ops.reshape(g, tokensOf(g, ids, spec, weights), [-1, width]);
  let rows = normalise(g, embedded, loadNorm(g, weights, "flash.emb_ln", spec));
  const context = { g, weights, spec, mask, rowsOf, turned };
  for (let i = 0; i < layers; i++) rows = block(rows, `flash.encoder.layers.${i}`, context);
  const read = meanOf(g, rowsOf(rows), mask);
  g.output(project(g, weights, read, spec.projection, width, dim), "features", ["n", dim]);
  return g.finish();
}

/** f32 [n, length, width]: rows of the table, what a task adds to them, and the one kind of segment. */
function tokensOf(g: GraphBuilder, ids: Value, spec: RotaryTextSpec, weights: Weights): Value {
  const { width, vocabulary, adapter } = spec;
  const name = `${EMBEDDINGS}.word_embeddings.weight`;
  const rowsOf = (table: string, columns: number): Value => {
    const dims = [vocabulary, columns];
    return ops.cast(g, ops.gather(g, weights.stored(g, table, dims, { dims }), ids), "f32");
  };
  const segment = weights.small(g, `${EMBEDDINGS}.token_type_embeddings.weight`, [1, width]);
  const tokens = ops.add(g, rowsOf(name, width), segment);
  if (!adapter) return tokens;
  const into = weights.small(g, `${name}.out`, [adapter.rank, width]);
  return ops.add(g, tokens, ops.matMul(g, rowsOf(`${name}.in`, adapter.rank), into));
}

interface BlockContext {
  readonly g: GraphBuilder;
  readonly weights: Weights;
  readonly spec: RotaryTextSpec;
  readonly mask: PaddingMask;
  /** [rows, width] → [n, length, width] */
  readonly rowsOf: (x: Value) => Value;
  readonly turned: Rotation;
}

/** Attention and inner layer, each with its residual and the norm after it: [rows, width] → [rows, width] */
function block(x: Value, name: string, { g, weights, spec, mask, rowsOf, turned }: BlockContext): Value {
  const { width, heads, inner, activation } = spec;
  const stacked = `${name}.mixer.Wqkv`;
  const biases = weights.floats(`${stacked}.bias`, [3 * width]);
  const part = (i: number): Value => {
    const [from, to] = [i * width, (i + 1) * width] as const;
    const matrix = weights.linear(g, `${stacked}.weight`, [3 * width, width], [from, to]);
    const bias = g.floats(`${stacked}.bias.${i}`, biases.subarray(from, to), [width]);
    return rowsOf(ops.gemm(g, x, matrix, bias));
  };
  const inputs = { q: turned(part(0)), k: turned(part(1)), v: part(2) };
  const attended = ops.reshape(g, ops.multiHeadAttention(g, inputs, heads, mask.all), [-1, width]);
  const out = linear(g, weights, attended, `${name}.mixer.out_proj`, width, width);
  const middle = normalise(g, ops.add(g, out, x), loadNorm(g, weights, `${name}.norm1`, spec));
  const wide = linear(g, weights, middle, `${name}.mlp.fc1`, width, inner);
  const narrow = linear(g, weights, ACTIVATIONS[activation](g, wide), `${name}.mlp.fc2`, inner, width);
  return normalise(g, ops.add(g, narrow, middle), loadNorm(g, weights, `${name}.norm2`, spec));
}
