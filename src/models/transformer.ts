import type { GraphBuilder } from "../graph/builder.js";
import * as ops from "../graph/ops.js";
import type { Value } from "../graph/types.js";
import { attendFromOne, type ProbeWeights } from "./attend-from-one.js";
import type { Activation, TransformerSpec } from "./spec.js";
import type { Weights } from "./weights.js";

export const ACTIVATIONS: Readonly<Record<Activation, (g: GraphBuilder, x: Value) => Value>> = {
  quick_gelu: ops.quickGelu,
  gelu: ops.gelu,
  gelu_tanh: ops.fastGelu,
  relu: ops.relu,
  silu: ops.silu,
};

export interface Norm {
  readonly scale: Value;
  readonly bias: Value;
  readonly epsilon: number;
}

/** A layer norm's two vectors, by the name before `.weight` and `.bias`. */
export function loadNorm(g: GraphBuilder, weights: Weights, name: string, spec: TransformerSpec): Norm {
  const shape = [spec.width];
  return {
    scale: weights.small(g, `${name}.weight`, shape),
    bias: weights.small(g, `${name}.bias`, shape),
    epsilon: spec.epsilon,
  };
}

/** A layer norm over the last axis. */
export function normalise(g: GraphBuilder, x: Value, norm: Norm): Value {
  return ops.layerNorm(g, x, norm.scale, norm.bias, norm.epsilon);
}

/** The residual stream and its norm for the block that comes next: [rows, width] each. */
export interface Stream {
  readonly sum: Value;
  readonly normed: Value;
}

interface ReadOptions {
  /** [rows, width] → [n, 1, width]: takes the rows that the features are read at. */
  readonly pick: (rows: Value) => Value;
  /** [rows, width] → [n, l, width]: all that each of those attends to. */
  readonly seen: (rows: Value) => Value;
  /** f32 [n, 1, l], added to the picked row's attention scores. */
  readonly mask?: Value;
}

export interface StackOptions {
  readonly spec: TransformerSpec;
  /** Name before `.0.attn.in_proj_weight` and the like. */
  readonly prefix: string;
  /** Attention among the rows that belong together: [rows, width] each → [rows, width]. */
  readonly attend: (inputs: ops.AttentionInputs) => Value;
  /** The norm after the last block. */
  readonly finalNorm: Norm;
  /** Where one row of each is read in the end; absent: all rows are. */
  readonly read?: ReadOptions;
}

/**
 * Blocks of attention and inner layer, in the form that ONNX Runtime runs fastest on a CPU: rows without a batch axis, so
 * that biases enter with the products; residuals by Add and LayerNormalization, which together take a third of the time
 * of its SkipLayerNormalization. Where only one row is read in the end, the last block
 * computes only that: → [n, width], else [rows, width]
 */
export function transformerStack(
  g: GraphBuilder,
  weights: Weights,
  stream: Stream,
  options: StackOptions,
): Value {
  const { spec, prefix, finalNorm, read } = options;
  const { width, layers } = spec;
  let { sum, normed } = stream;
  for (let i = 0; i < layers; i++) {
    const name = `${prefix}.${i}`;
    const last = i === layers - 1;
    const picks = last ? read : undefined;
    const attended = picks
      ? pickedAttention(g, weights, normed, name, spec, picks)
      : attention(g, weights, normed, name, options);
    const projected = linear(g, weights, attended, `${name}.attn.out_proj`, width, width);
    const skip = picks ? ops.reshape(g, picks.pick(sum), [-1, width]) : sum;
    const middle = ops.add(g, skip, projected);
    const inner = innerLayer(
      g,
      weights,
      normalise(g, middle, loadNorm(g, weights, `${name}.ln_2`, spec)),
      name,
      spec,
    );
    sum = ops.add(g, middle, inner);
    normed = normalise(g, sum, last ? finalNorm : loadNorm(g, weights, `${prefix}.${i + 1}.ln_1`, spec));
  }
  return normed;
}

function attention(
  g: GraphBuilder,
  weights: Weights,
  x: Value,
  name: string,
  { spec: { width }, attend }: StackOptions,
): Value {
  const part = (i: number): Value => {
    const rows = [i * width, (i + 1) * width] as const;
    return ops.matMul(g, x, weights.linear(g, `${name}.attn.in_proj_weight`, [3 * width, width], rows));
  };
  const bias = weights.small(g, `${name}.attn.in_proj_bias`, [3 * width]);
  return attend({ q: part(0), k: part(1), v: part(2), bias });
}

/** The last block's: one row asks all that it sees; [rows, width] → [n, width] */
function pickedAttention(
  g: GraphBuilder,
  weights: Weights,
  x: Value,
  name: string,
  spec: TransformerSpec,
  { pick, seen, mask }: ReadOptions,
): Value {
  const from = oneRowWeights(g, weights, name, spec);
  return ops.reshape(g, attendFromOne(g, pick(x), seen(x), from, spec, mask), [-1, spec.width]);
}

/** The projections of `<name>.attn`, which torch stores in one, for a row that asks alone. */
export function oneRowWeights(
  g: GraphBuilder,
  weights: Weights,
  name: string,
  { width, heads }: TransformerSpec,
): ProbeWeights {
  const stacked = `${name}.attn.in_proj_weight`;
  const shape = [3 * width, width] as const;
  const bias = weights.floats(`${name}.attn.in_proj_bias`, [3 * width]);
  const byHead = [heads, width / heads, width];
  return {
    query: weights.linear(g, stacked, shape, [0, width]),
    key: weights.rows(g, stacked, shape, [width, 2 * width], byHead),
    value: weights.rows(g, stacked, shape, [2 * width, 3 * width], byHead),
    queryBias: g.floats(`${name}.attn.q_bias`, bias.subarray(0, width), [width]),
    valueBias: g.floats(`${name}.attn.v_bias`, bias.subarray(2 * width), [width]),
  };
}

/** Widen, activate, narrow. */
export function innerLayer(
  g: GraphBuilder,
  weights: Weights,
  x: Value,
  name: string,
  spec: TransformerSpec,
): Value {
  const { width, inner } = spec;
  const wide = linear(g, weights, x, `${name}.mlp.c_fc`, width, inner);
  return linear(g, weights, ACTIVATIONS[spec.activation](g, wide), `${name}.mlp.c_proj`, inner, width);
}

/** [rows, from] → [rows, to] by `<name>.weight` and `<name>.bias`. */
export function linear(
  g: GraphBuilder,
  weights: Weights,
  x: Value,
  name: string,
  from: number,
  to: number,
): Value {
  return ops.gemm(
    g,
    x,
    weights.linear(g, `${name}.weight`, [to, from]),
    weights.small(g, `${name}.bias`, [to]),
  );
}
