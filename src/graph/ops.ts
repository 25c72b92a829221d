import type { GraphBuilder } from "./builder.js";
import { ONNX_TYPES, type OnnxType, type Value } from "./types.js";

/** Operators of onnx.ai/onnx/operators (set 17) and of ONNX Runtime's own set (ContribOperators.md), typed. */

const MICROSOFT = { domain: "com.microsoft" } as const;

/** [.., m, k] × [.., k, n] → [.., m, n]; leading sizes broadcast. */
export function matMul(g: GraphBuilder, a: Value, b: Value): Value {
  return g.node("MatMul", [a, b]);
}

/** [.., m, k] × [.., n, k]ᵀ → [.., m, n] · scale */
export function matMulTransposed(g: GraphBuilder, a: Value, b: Value, scale = 1): Value {
  return g.node("FusedMatMul", [a, b], { ...MICROSOFT, attributes: { transB: 1, alpha: { float: scale } } });
}

/** [m, k] × [k, n] + [n] → [m, n] */
export function gemm(g: GraphBuilder, a: Value, b: Value, bias: Value): Value {
  return g.node("Gemm", [a, b, bias]);
}

export function add(g: GraphBuilder, a: Value, b: Value): Value {
  return g.node("Add", [a, b]);
}

export function subtract(g: GraphBuilder, a: Value, b: Value): Value {
  return g.node("Sub", [a, b]);
}

export function multiply(g: GraphBuilder, a: Value, b: Value): Value {
  return g.node("Mul", [a, b]);
}

export function equal(g: GraphBuilder, a: Value, b: Value): Value {
  return g.node("Equal", [a, b], { type: "bool" });
}

export function greater(g: GraphBuilder, a: Value, b: Value): Value {
  return g.node("Greater", [a, b], { type: "bool" });
}

/** A new axis of size 1 at that place. */
export function unsqueeze(g: GraphBuilder, x: Value, axis: number): Value {
  return g.node("Unsqueeze", [x, g.ints([axis])]);
}

export function cast(g: GraphBuilder, x: Value, type: OnnxType): Value {
  return x.type === type ? x : g.node("Cast", [x], { type, attributes: { to: ONNX_TYPES[type] } });
}

/** Same elements under another shape: −1 is inferred, 0 copies the size at that place. */
export function reshape(g: GraphBuilder, x: Value, shape: readonly number[] | Value): Value {
  return g.node("Reshape", [x, "name" in shape ? shape : g.ints(shape)]);
}

export function transpose(g: GraphBuilder, x: Value, perm: readonly number[]): Value {
  return g.node("Transpose", [x], { attributes: { perm } });
}

/** Zeros put before the first and after the last element of every axis. */
export function pad(g: GraphBuilder, x: Value, before: readonly number[], after: readonly number[]): Value {
  return g.node("Pad", [x, g.ints([...before, ...after])]);
}

/** The sizes of a value as i64 [rank]. */
export function shapeOf(g: GraphBuilder, x: Value): Value {
  return g.node("Shape", [x], { type: "i64" });
}

/** A value repeated to a shape (i64 [rank]) along its axes of size 1. */
export function expand(g: GraphBuilder, x: Value, shape: Value): Value {
  return g.node("Expand", [x, shape]);
}

/** Parts along the first axis, of as many rows as `sizes` (i64 [parts]) says. */
export function split(g: GraphBuilder, x: Value, sizes: Value, parts: number): Value[] {
  return g.nodes("Split", [x, sizes], Array<boolean>(parts).fill(true), { attributes: { axis: 0 } });
}

export function concat(g: GraphBuilder, parts: readonly Value[], axis: number): Value {
  return g.node("Concat", parts, { attributes: { axis } });
}

/** Rows (along the first axis) by index. */
export function gather(g: GraphBuilder, rows: Value, indices: Value, axis = 0): Value {
  return g.node("Gather", [rows, indices], { attributes: { axis } });
}

/** [n, l, d] and i64 [n, 1] → [n, d]: one row of each batch element. */
export function gatherRow(g: GraphBuilder, x: Value, index: Value): Value {
  return g.node("GatherND", [x, index], { attributes: { batch_dims: 1 } });
}

/** The part from start to end (i64 [1] each) along one axis. */
export function slice(g: GraphBuilder, x: Value, start: Value, end: Value, axis: number): Value {
  return g.node("Slice", [x, start, end, g.ints([axis])]);
}

/** Place of the largest element along the last axis, the first of equals: [n, l] → i64 [n, 1] */
export function argMax(g: GraphBuilder, x: Value): Value {
  return g.node("ArgMax", [x], { type: "i64", attributes: { axis: -1, keepdims: 1 } });
}

export function softmax(g: GraphBuilder, x: Value): Value {
  return g.node("Softmax", [x], { attributes: { axis: -1 } });
}

/** Mean over one axis, which stays with size 1. */
export function mean(g: GraphBuilder, x: Value, axis: number): Value {
  return g.node("ReduceMean", [x], { attributes: { axes: [axis], keepdims: 1 } });
}

export function tanh(g: GraphBuilder, x: Value): Value {
  return g.node("Tanh", [x]);
}

export function relu(g: GraphBuilder, x: Value): Value {
  return g.node("Relu", [x]);
}

/** [n, c, h, w] with kernel [out, c, k, k] and bias [out]; zero padding on all sides. */
export function conv(g: GraphBuilder, x: Value, kernel: Value, bias: Value, size: number, stride = 1): Value {
  const edge = (size - 1) / 2;
  return g.node("Conv", [x, kernel, bias], {
    attributes: { kernel_shape: [size, size], strides: [stride, stride], pads: [edge, edge, edge, edge] },
  });
}

/** Mean over squares of side `size` that do not overlap. */
export function averagePool(g: GraphBuilder, x: Value, size: number): Value {
  return g.node("AveragePool", [x], { attributes: { kernel_shape: [size, size], strides: [size, size] } });
}

/** Over the last axis: (x − mean) / √(variance + epsilon) · scale + bias */
export function layerNorm(g: GraphBuilder, x: Value, scale: Value, bias: Value, epsilon: number): Value {
  return g.node("LayerNormalization", [x, scale, bias], {
    attributes: { axis: -1, epsilon: { float: epsilon } },
  });
}

/** Queries, keys and values of attention as rows, and the biases [3d] that are added first, where some are. */
export interface AttentionInputs {
  readonly q: Value;
  readonly k: Value;
  readonly v: Value;
  readonly bias?: Value | undefined;
}

/**
 * softmax(q·kᵀ / √(d / heads) + mask) · v by head: [n, l, d] and twice [n, m, d] → [n, l, d]. `mask`: "causal" for l = m, or f32
 * [1, 1, l, m].
 */
export function multiHeadAttention(
  g: GraphBuilder,
  { q, k, v, bias }: AttentionInputs,
  heads: number,
  mask?: "causal" | Value,
): Value {
  const isCausal = mask === "causal";
  const masks = mask === undefined || isCausal ? [] : [undefined, mask];
  const more = bias || masks.length > 0 ? [bias, ...masks] : [];
  return g.node("MultiHeadAttention", [q, k, v, ...more], {
    ...MICROSOFT,
    attributes: { num_heads: heads, ...(isCausal ? { unidirectional: 1 } : {}) },
  });
}

/**
 * Pairs of numbers of each head turned by angles that hang on the place in the row: [n, l, width] → [n, l, width]. `cos` and `sin`: f32
 * [at least l, pairs of a head]. `neighbours`: numbers 0 and 1, 2 and 3, … of a head are pairs; else the first half's with the second's.
 */
export function rotate(
  g: GraphBuilder,
  x: Value,
  cos: Value,
  sin: Value,
  { neighbours }: { readonly neighbours: boolean },
): Value {
  return g.node("RotaryEmbedding", [x, g.ints([0]), cos, sin], {
    ...MICROSOFT,
    attributes: { interleaved: Number(neighbours) },
  });
}

/** x · sigmoid(1.702 x), as OpenAI's weights need */
export function quickGelu(g: GraphBuilder, x: Value): Value {
  return g.node("QuickGelu", [x], { ...MICROSOFT, attributes: { alpha: { float: 1.702 } } });
}

/** x · Φ(x), with the exact error function */
export function gelu(g: GraphBuilder, x: Value): Value {
  return g.node("Gelu", [x], MICROSOFT);
}

/** x · Φ(x) by the tanh approximation */
export function fastGelu(g: GraphBuilder, x: Value): Value {
  return g.node("FastGelu", [x], MICROSOFT);
}

/** x · sigmoid(x) */
export function silu(g: GraphBuilder, x: Value): Value {
  return g.node("QuickGelu", [x], { ...MICROSOFT, attributes: { alpha: { float: 1 } } });
}
