import { GraphBuilder } from "../graph/builder.js";
import * as ops from "../graph/ops.js";
import type { Graph, Value } from "../graph/types.js";
import { attendFromOne } from "./attend-from-one.js";
import { type PaddingMask, paddingMask } from "./padding-mask.js";
import { project } from "./projection.js";
import type { BertTextSpec } from "./spec.js";
import { ACTIVATIONS, linear, loadNorm, normalise } from "./transformer.js";
import type { Weights } from "./weights.js";

/**
 * BERT or XLM-RoBERTa as a graph: `input_ids` and `attention_mask` i32 [n, length] (1 for tokens, 0 for what fills rows up) →
 * `features` f32 [n, dim], not of unit length. Padding is not seen, so that a batch cut to its longest text computes the same.
 */
export function buildBertText(spec: BertTextSpec, dim: number, weights: Weights): Graph {
  const { width, vocabulary, contextLength, layers, pool } = spec;
  const g = new GraphBuilder("text");
  const ids = g.input("input_ids", "i32", ["n", "length"]);
  const mask = paddingMask(g, g.input("attention_mask", "i32", ["n", "length"]));
  const shape = ops.shapeOf(g, ids);
  const length = ops.gather(g, shape, g.ints([1]));
  const byText = ops.concat(g, [shape, g.ints([width])], 0);
  const rowsOf = (x: Value): Value => ops.reshape(g, x, byText);

  const table = weights.stored(g, "bert.embeddings.word_embeddings.weight", [vocabulary, width], {
    dims: [vocabulary, width],
  });
  const tokens = ops.cast(g, ops.gather(g, table, ids), "f32");
  const places = g.floats("positions", positionsOf(spec, weights), [contextLength, width]);
  const positions = ops.slice(g, places, g.ints([0]), length, 0);
  const embedded = ops.reshape(g, ops.add(g, tokens, positions), [-1, width]);
  let rows = normalise(g, embedded, loadNorm(g, weights, "bert.embeddings.LayerNorm", spec));
  const block = new Blocks(g, weights, spec, mask, rowsOf);
  for (let i = 0; i < layers - 1; i++) rows = block.all(rows, i);
  const last = layers - 1;
  let read = pool === "mean" ? meanOf(g, rowsOf(block.all(rows, last)), mask) : block.first(rows, last);
  if (pool === "pooler") read = ops.tanh(g, linear(g, weights, read, "bert.pooler.dense", width, width));
  g.output(project(g, weights, read, spec.projection, width, dim), "features", ["n", dim]);
  return g.finish();
}

/** f32 [context, width]: positions from the first token's on, and the first kind of segment, which all tokens are of. */
function positionsOf(spec: BertTextSpec, weights: Weights): Float32Array {
  const { width, positions, firstPosition, contextLength } = spec;
  const all = weights.floats("bert.embeddings.position_embeddings.weight", [positions, width]);
  const name = "bert.embeddings.token_type_embeddings.weight";
  const segments = weights.floats(name, [weights.tensors.get(name)?.shape[0] ?? 1, width]);
  const from = firstPosition * width;
  return all.subarray(from, from + contextLength * width).map((value, i) => value + segments[i % width]!);
}

/** [n, length, width] → [n, width]: the mean of what is no padding, as a softmax of the mask is its share of each token. */
export function meanOf(g: GraphBuilder, rows: Value, { row }: PaddingMask): Value {
  const pooled = ops.matMul(g, ops.softmax(g, row), rows);
  return ops.reshape(g, pooled, [0, -1]);
}

class Blocks {
  constructor(
    readonly g: GraphBuilder,
    readonly weights: Weights,
    readonly spec: BertTextSpec,
    readonly mask: PaddingMask,
    readonly rowsOf: (x: Value) => Value,
  ) {}

  /** Every row: [rows, width] → [rows, width] */
  all(x: Value, i: number): Value {
    const { g, weights, spec, mask, rowsOf } = this;
    const { width, heads } = spec;
    const name = `${layer(i)}.attention.self`;
    const part = (which: string): Value =>
      rowsOf(ops.matMul(g, x, weights.linear(g, `${name}.${which}.weight`, [width, width])));
    const biases = ["query", "key", "value"].map((which) => weights.floats(`${name}.${which}.bias`, [width]));
    const bias = new Float32Array(3 * width);
    for (const [at, own] of biases.entries()) bias.set(own, at * width);
    const inputs = {
      q: part("query"),
      k: part("key"),
      v: part("value"),
      bias: g.floats(`${name}.bias`, bias, [3 * width]),
    };
    const attended = ops.multiHeadAttention(g, inputs, heads, mask.all);
    return this.#rest(x, ops.reshape(g, attended, [-1, width]), i);
  }

  /** Only the first token of each text: [rows, width] → [n, width] */
  first(x: Value, i: number): Value {
    const { g, weights, spec, mask, rowsOf } = this;
    const { width, heads } = spec;
    const name = `${layer(i)}.attention.self`;
    const shape = [width, width] as const;
    const byHead = [heads, width / heads, width];
    const from = {
      query: weights.linear(g, `${name}.query.weight`, shape),
      key: weights.rows(g, `${name}.key.weight`, shape, undefined, byHead),
      value: weights.rows(g, `${name}.value.weight`, shape, undefined, byHead),
      queryBias: weights.small(g, `${name}.query.bias`, [width]),
      valueBias: weights.small(g, `${name}.value.bias`, [width]),
    };
    const seen = rowsOf(x);
    const row = ops.slice(g, seen, g.ints([0]), g.ints([1]), 1);
    const attended = attendFromOne(g, row, seen, from, spec, mask.row);
    return this.#rest(ops.reshape(g, row, [-1, width]), ops.reshape(g, attended, [-1, width]), i);
  }

  /** What follows attention, each with its residual and the norm after it. */
  #rest(x: Value, attended: Value, i: number): Value {
    const { g, weights, spec } = this;
    const { width, inner, activation } = spec;
    const name = layer(i);
    const out = linear(g, weights, attended, `${name}.attention.output.dense`, width, width);
    const middle = this.#norm(ops.add(g, out, x), `${name}.attention.output.LayerNorm`);
    const wide = linear(g, weights, middle, `${name}.intermediate.dense`, width, inner);
    const narrow = linear(g, weights, ACTIVATIONS[activation](g, wide), `${name}.output.dense`, inner, width);
    return this.#norm(ops.add(g, narrow, middle), `${name}.output.LayerNorm`);
  }

  #norm(x: Value, name: string): Value {
    return normalise(this.g, x, loadNorm(this.g, this.weights, name, this.spec));
  }
}

function layer(i: number): string {
  return `bert.encoder.layer.${i}`;
}
