import { axisOf, listOf, numberOf } from "../attributes.js";
import type { GraphNode, OnnxType } from "../types.js";
import { broadcast, type Known, one, type SizeRule } from "./known.js";

/** One number for each of the input, whatever the operator's further inputs are. */
const same = one(1, (_, [x]) => ({ type: x!.type, dims: x!.dims }));

/** Element by element over all inputs; whole numbers that are known stay so where `whole` computes them. */
function elementwise(type?: OnnxType, whole?: (a: number, b: number) => number): SizeRule {
  return (_, inputs) => {
    if (inputs.length === 0 || inputs.some((input) => !input)) return undefined;
    const all = inputs as readonly Known[];
    const dims = broadcast(all.map((input) => input.dims));
    const [a, b] = all.map(({ ints }) => ints);
    const most = Math.max(a?.length ?? 0, b?.length ?? 0);
    const ints =
      whole && a && b && dims && dims.length < 2
        ? Array.from({ length: most }, (_, i) => whole(a[i % a.length]!, b[i % b.length]!))
        : undefined;
    return dims && [{ type: type ?? all[0]!.type, dims, ints }];
  };
}

/** [.., m, k] × [.., k, n] → [.., m, n] */
function multiplied(a: Known, b: Known, type: OnnxType): Known | undefined {
  if (a.dims.length < 2 || b.dims.length < 2) return undefined;
  const outer = broadcast([a.dims.slice(0, -2), b.dims.slice(0, -2)]);
  if (!outer || a.dims.at(-1) !== b.dims.at(-2)) return undefined;
  return { type, dims: [...outer, a.dims.at(-2)!, b.dims.at(-1)!] };
}

function turned({ dims, ...rest }: Known, turns: boolean): Known {
  return { ...rest, dims: turns ? [...dims.slice(0, -2), dims.at(-1)!, dims.at(-2)!] : dims };
}

const matMul = (type?: OnnxType): SizeRule => one(2, (_, [a, b]) => multiplied(a!, b!, type ?? a!.type));

const gemm = one(2, (node, [a, b]) =>
  multiplied(
    turned(a!, numberOf(node, "transA", 0) !== 0),
    turned(b!, numberOf(node, "transB", 0) !== 0),
    a!.type,
  ),
);

const fusedMatMul: SizeRule = (node, inputs) =>
  numberOf(node, "transBatchA", 0) || numberOf(node, "transBatchB", 0) ? undefined : gemm(node, inputs);

/** Query, key and value f32 [n, length, width] → [n, length, width of the values] */
const attention = one(3, (_, [query, key, value]) => {
  if ([query, key, value].some((input) => input!.dims.length !== 3)) return undefined;
  return { type: query!.type, dims: query!.dims.with(2, value!.dims[2]!) };
});

const dynamicQuantize: SizeRule = (_, [x]) =>
  x && [
    { type: "u8", dims: x.dims },
    { type: "f32", dims: [] },
    { type: "u8", dims: [] },
  ];

const quantize: SizeRule = (_, [x, , zero]) => x && [{ type: zero?.type ?? "u8", dims: x.dims }];

const dequantize: SizeRule = (_, [x, scale]) =>
  x && scale ? [{ type: scale.type, dims: x.dims }] : undefined;

function reduced(type?: OnnxType): SizeRule {
  return (node, [x, given]) => {
    if (!x || (node.inputs.length > 1 && !given?.ints)) return undefined;
    const rank = x.dims.length;
    const single = "axis" in node.attributes ? [numberOf(node, "axis", 0)] : undefined;
    const axes = given?.ints ?? single ?? listOf(node, "axes", []);
    if (axes.length === 0) return undefined;
    const gone = new Set(axes.map((axis) => axisOf(axis, rank)));
    const keeps = numberOf(node, "keepdims", 1) !== 0;
    const dims = x.dims.flatMap((size, i) => (gone.has(i) ? (keeps ? [1] : []) : [size]));
    return [{ type: type ?? x.type, dims }];
  };
}

/** Sizes behind a window that moves over all axes but the first two. */
function moved(node: GraphNode, sizes: readonly number[], kernel: readonly number[]): number[] | undefined {
  const auto = node.attributes["auto_pad"] ?? "NOTSET";
  if (auto !== "NOTSET" || numberOf(node, "ceil_mode", 0) !== 0) return undefined;
  const ones = sizes.map(() => 1);
  const strides = listOf(node, "strides", ones);
  const dilations = listOf(node, "dilations", ones);
  const pads = listOf(node, "pads", [...ones, ...ones].fill(0));
  return sizes.map((size, i) => {
    const reach = (kernel[i]! - 1) * dilations[i]! + 1;
    return Math.floor((size + pads[i]! + pads[i + sizes.length]! - reach) / strides[i]!) + 1;
  });
}

/** A convolution whose picture and kernels are the inputs at these places; `zero`: that whose type is the result's. */
function conv(weights: number, zero = 0): SizeRule {
  return (node, inputs) => {
    const [x, w, typed] = [inputs[0], inputs[weights], inputs[zero]];
    if (!x || !w || !typed || numberOf(node, "channels_last", 0) !== 0) return undefined;
    const [n, , ...sizes] = x.dims;
    const [channels, , ...kernel] = w.dims;
    const after = moved(node, sizes, kernel);
    return after && [{ type: typed.type, dims: [n!, channels!, ...after] }];
  };
}

const pool: SizeRule = (node, [x]) => {
  if (!x) return undefined;
  const last = numberOf(node, "channels_last", 0) !== 0;
  const [n, ...rest] = x.dims;
  const sizes = last ? rest.slice(0, -1) : rest.slice(1);
  const channels = last ? rest.at(-1)! : rest[0]!;
  const after = moved(node, sizes, listOf(node, "kernel_shape", []));
  return after && [{ type: x.type, dims: last ? [n!, ...after, channels] : [n!, channels, ...after] }];
};

/** Operators that compute. */
export const COMPUTE_RULES: Readonly<Record<string, SizeRule>> = {
  ...Object.fromEntries(
    [
      "Abs",
      "Clip",
      "Erf",
      "Exp",
      "FastGelu",
      "Gelu",
      "LayerNormalization",
      "Neg",
      "Pow",
      "QuickGelu",
      "Relu",
      "RotaryEmbedding",
      "Sigmoid",
      "Softmax",
      "Sqrt",
      "Tanh",
    ].map((op) => [op, same]),
  ),
  Add: elementwise(undefined, (a, b) => a + b),
  Sub: elementwise(undefined, (a, b) => a - b),
  Mul: elementwise(undefined, (a, b) => a * b),
  Div: elementwise(undefined, (a, b) => Math.trunc(a / b)),
  Max: elementwise(),
  Min: elementwise(),
  Equal: elementwise("bool"),
  Greater: elementwise("bool"),
  Less: elementwise("bool"),
  MatMul: matMul(),
  MatMulInteger: matMul("i32"),
  MatMulIntegerToFloat: matMul("f32"),
  Gemm: gemm,
  FusedMatMul: fusedMatMul,
  MultiHeadAttention: attention,
  DynamicQuantizeLinear: dynamicQuantize,
  QuantizeLinear: quantize,
  DequantizeLinear: dequantize,
  ReduceMax: reduced(),
  ReduceMean: reduced(),
  ReduceSum: reduced(),
  ArgMax: reduced("i64"),
  Conv: conv(1),
  QLinearConv: conv(3, 7),
  AveragePool: pool,
  MaxPool: pool,
  QLinearAveragePool: pool,
};
