import { expect, test } from "vitest";
import { GraphBuilder, type NodeOptions } from "../../../src/graph/builder.js";
import { gradientOf } from "../../../src/graph/gradient/backward.js";
import type { Value } from "../../../src/graph/types.js";
import { seeded } from "../../../src/math/random.js";
import { withScratch } from "../../../src/models/scratch.js";
import { openGradients } from "../../../src/robust/open-gradients.js";
import type { Feed } from "../../../src/runtime/session.js";

type Shape = readonly number[];

interface Case {
  readonly name: string;
  /** Of the values that are differentiated by; the first axis of `x` is the batch. */
  readonly inputs: Readonly<Record<string, Shape>>;
  /** From the inputs to the value whose gradient is checked. */
  readonly build: (g: GraphBuilder, inputs: Readonly<Record<string, Value>>) => Value;
  /** Where values begin: above 0 for logarithms and roots. */
  readonly least?: number;
}

const ms = { domain: "com.microsoft" } as const;
const float = (value: number) => ({ float: value });
const unary = (op: string, options: NodeOptions = {}, least?: number): Case => ({
  name: op,
  inputs: { x: [2, 3, 4] },
  build: (g, { x }) => g.node(op, [x], options),
  ...(least === undefined ? {} : { least }),
});
const binary = (op: string, other: Shape, least?: number): Case => ({
  name: `${op} with ${other.join("×")}`,
  inputs: { x: [2, 3, 4], other },
  build: (g, { x, other }) => g.node(op, [x, other]),
  ...(least === undefined ? {} : { least }),
});
const conv = (name: string, x: Shape, kernel: Shape, attributes: NodeOptions["attributes"]): Case => ({
  name: `Conv ${name}`,
  inputs: { x, w: kernel, bias: [kernel[0]!] },
  build: (g, { x, w, bias }) =>
    g.node("Conv", [x, w, bias], { attributes: { kernel_shape: kernel.slice(2), ...attributes } }),
});

const CASES: readonly Case[] = [
  unary("Identity"),
  unary("Cast", { attributes: { to: 1 } }),
  unary("Neg"),
  unary("Exp"),
  unary("Log", {}, 0.5),
  unary("Sqrt", {}, 0.5),
  unary("Tanh"),
  unary("Sigmoid"),
  unary("Erf"),
  unary("Relu"),
  unary("Gelu", ms),
  unary("FastGelu", ms),
  unary("QuickGelu", { ...ms, attributes: { alpha: float(1.702) } }),
  unary("Softmax", { attributes: { axis: -1 } }),
  unary("Softmax", { attributes: { axis: 1 } }),
  unary("LogSoftmax", { attributes: { axis: -1 } }),
  unary("LpNormalization", { attributes: { axis: -1, p: 2 } }),
  unary("ReduceMean", { attributes: { axes: [1], keepdims: 1 } }),
  unary("ReduceMean", { attributes: { axes: [1, 2], keepdims: 0 } }),
  unary("Flatten", { attributes: { axis: 1 } }),
  unary("Transpose", { attributes: { perm: [2, 0, 1] } }),
  binary("Add", [4]),
  binary("Sub", [3, 1]),
  binary("Mul", [2, 3, 4]),
  binary("Mul", [1, 3, 1]),
  binary("Div", [4], 0.5),
  binary("MatMul", [4, 5]),
  binary("MatMul", [2, 4, 5]),
  binary("MatMul", [1, 4, 5]),
  {
    name: "Clip",
    inputs: { x: [2, 12] },
    build: (g, { x }) => {
      const bound = (name: string, value: number) => g.floats(name, Float32Array.of(value), []);
      return g.node("Clip", [x, bound("least", -0.4), bound("most", 0.3)]);
    },
  },
  {
    name: "Pow",
    inputs: { x: [2, 12] },
    build: (g, { x }) => g.node("Pow", [x, g.floats("p", Float32Array.of(0.7), [])]),
    least: 0.5,
  },
  {
    name: "Sum",
    inputs: { x: [2, 4], y: [2, 4], z: [4] },
    build: (g, { x, y, z }) => g.node("Sum", [x, y, z]),
  },
  {
    name: "FusedMatMul of both transposed",
    inputs: { x: [2, 4, 3], w: [2, 5, 4] },
    build: (g, { x, w }) =>
      g.node("FusedMatMul", [x, w], { ...ms, attributes: { transA: 1, transB: 1, alpha: float(0.5) } }),
  },
  {
    name: "FusedMatMul of the second transposed",
    inputs: { x: [2, 3, 4], w: [5, 4] },
    build: (g, { x, w }) => g.node("FusedMatMul", [x, w], { ...ms, attributes: { transB: 1 } }),
  },
  ...[0, 1].map(
    (interleaved): Case => ({
      name: `RotaryEmbedding of ${interleaved ? "neighbours" : "halves"}`,
      inputs: { x: [2, 3, 8] },
      build: (g, { x }) => {
        const angles = Float32Array.from({ length: 6 }, (_, i) => 0.3 * i - 0.5);
        const [cos, sin] = [angles.map(Math.cos), angles.map(Math.sin)];
        const tables = [g.floats("cos", cos, [3, 2]), g.floats("sin", sin, [3, 2])];
        return g.node("RotaryEmbedding", [x, g.ints([0]), ...tables], { ...ms, attributes: { interleaved } });
      },
    }),
  ),
  {
    name: "Gemm",
    inputs: { x: [2, 4], w: [4, 3], bias: [3] },
    build: (g, { x, w, bias }) => g.node("Gemm", [x, w, bias]),
  },
  {
    name: "Gemm transposed and scaled",
    inputs: { x: [2, 4], w: [3, 4], bias: [3] },
    build: (g, { x, w, bias }) =>
      g.node("Gemm", [x, w, bias], { attributes: { transB: 1, alpha: float(0.5), beta: float(2) } }),
  },
  conv("1×1", [2, 3, 4, 4], [5, 3, 1, 1], {}),
  conv("3×3 with an edge", [2, 3, 5, 5], [4, 3, 3, 3], { pads: [1, 1, 1, 1] }),
  conv("3×3 in twos, uneven edges", [2, 3, 6, 6], [4, 3, 3, 3], { strides: [2, 2], pads: [0, 0, 1, 1] }),
  conv("3×3 in twos, what is left over", [2, 2, 6, 6], [4, 2, 3, 3], { strides: [2, 2] }),
  conv("1×1 in twos", [2, 2, 5, 5], [4, 2, 1, 1], { strides: [2, 2] }),
  conv("5×5 of single channels in twos", [2, 3, 7, 7], [3, 1, 5, 5], {
    group: 3,
    strides: [2, 2],
    pads: [2, 2, 2, 2],
  }),
  {
    name: "Conv in groups, by what goes in",
    inputs: { x: [2, 4, 4, 4] },
    build: (g, { x }) => {
      const w = g.floats("w", numbers(6 * 2 * 9, 5), [6, 2, 3, 3]);
      return g.node("Conv", [x, w], { attributes: { group: 2, kernel_shape: [3, 3], pads: [1, 1, 1, 1] } });
    },
  },
  {
    name: "GlobalAveragePool",
    inputs: { x: [2, 3, 3, 4] },
    build: (g, { x }) => g.node("GlobalAveragePool", [x]),
  },
  { name: "GlobalMaxPool", inputs: { x: [2, 3, 3, 3] }, build: (g, { x }) => g.node("GlobalMaxPool", [x]) },
  {
    name: "AveragePool",
    inputs: { x: [2, 3, 4, 4] },
    build: (g, { x }) =>
      g.node("AveragePool", [x], { attributes: { kernel_shape: [2, 2], strides: [2, 2] } }),
  },
  {
    name: "LayerNormalization",
    inputs: { x: [2, 3, 5], scale: [5], bias: [5] },
    build: (g, { x, scale, bias }) =>
      g.node("LayerNormalization", [x, scale, bias], { attributes: { axis: -1, epsilon: float(1e-5) } }),
  },
  {
    name: "Reshape",
    inputs: { x: [2, 3, 4] },
    build: (g, { x }) => g.node("Reshape", [x, g.ints([-1, 12])]),
  },
  {
    name: "Concat",
    inputs: { x: [2, 3], y: [2, 2] },
    build: (g, { x, y }) => g.node("Concat", [x, y], { attributes: { axis: -1 } }),
  },
  {
    name: "Split",
    inputs: { x: [2, 5] },
    build: (g, { x }) => g.nodes("Split", [x, g.ints([2, 3])], [true, true], { attributes: { axis: 1 } })[1]!,
  },
  {
    name: "Slice",
    inputs: { x: [2, 5, 4] },
    build: (g, { x }) => g.node("Slice", [x, g.ints([1, -3]), g.ints([4, -1]), g.ints([1, 2])]),
  },
  { name: "Pad", inputs: { x: [2, 3] }, build: (g, { x }) => g.node("Pad", [x, g.ints([0, 1, 0, 2])]) },
  {
    name: "Gather",
    inputs: { x: [2, 3, 4] },
    build: (g, { x }) => g.node("Gather", [x, g.ints(1)], { attributes: { axis: 1 } }),
  },
  { name: "Expand", inputs: { x: [2, 1, 4] }, build: (g, { x }) => g.node("Expand", [x, g.ints([2, 3, 4])]) },
  {
    name: "Unsqueeze and Squeeze",
    inputs: { x: [2, 3] },
    build: (g, { x }) => g.node("Squeeze", [g.node("Unsqueeze", [x, g.ints([1])]), g.ints([1])]),
  },
  {
    name: "MultiHeadAttention",
    inputs: { x: [2, 3, 4], k: [2, 5, 4], v: [2, 5, 4], bias: [12] },
    build: (g, { x, k, v, bias }) =>
      g.node("MultiHeadAttention", [x, k, v, bias], { ...ms, attributes: { num_heads: 2 } }),
  },
  {
    name: "a value that is used twice",
    inputs: { x: [2, 4] },
    build: (g, { x }) => g.node("Mul", [g.node("Exp", [x]), g.node("Sigmoid", [x])]),
  },
];

const count = (shape: Shape): number => shape.reduce((a, b) => a * b, 1);

/** Numbers from −1 to 1, or from `least` to `least` + 1. */
function numbers(length: number, seed: number, least?: number): Float32Array {
  const random = seeded(seed);
  return Float32Array.from({ length }, () => (least === undefined ? 2 * random() - 1 : least + random()));
}

/** A step that is large beside f32's rounding and small beside the curves here. */
const STEP = 2 ** -8;

test.each(CASES)("the gradient of $name is what finite differences say", async ({ inputs, build, least }) => {
  await withScratch("robust", async (folder) => {
    const g = new GraphBuilder("case");
    const entries = Object.entries(inputs);
    const ports = Object.fromEntries(entries.map(([name, shape]) => [name, g.input(name, "f32", shape)]));
    // Not the sum itself: that of shares or of unit vectors does not change.
    g.output(g.node("Exp", [build(g, ports)]), "loss", ["?"]);
    await using session = await openGradients(g.finish(), Object.keys(inputs), { folder, name: "case" });
    const values = new Map(entries.map(([name, shape], i) => [name, numbers(count(shape), i + 1, least)]));
    const feeds = (): Record<string, Feed> =>
      Object.fromEntries(
        entries.map(([name, shape]) => [name, { type: "float32", data: values.get(name)!, dims: shape }]),
      );
    const loss = async (): Promise<number> =>
      (await session.run(feeds(), "loss")).data.reduce((sum, value) => sum + value, 0);
    for (const [name] of entries) {
      const { data } = await session.run(feeds(), gradientOf(name));
      const own = values.get(name)!;
      const measured = new Float32Array(own.length);
      for (let i = 0; i < own.length; i++) {
        const at = own[i]!;
        own[i] = at + STEP;
        const above = await loss();
        own[i] = at - STEP;
        measured[i] = (above - (await loss())) / (2 * STEP);
        own[i] = at;
      }
      const most = Math.max(...measured.map(Math.abs), 0.1);
      for (const [i, value] of measured.entries())
        expect(Math.abs(data[i]! - value) / most).toBeLessThan(0.02);
    }
  });
});
