import { expect, test } from "vitest";
import { ClipError } from "../../src/errors.js";
import { GraphBuilder } from "../../src/graph/builder.js";
import { scalableGroups } from "../../src/graph/conv-flow.js";
import * as ops from "../../src/graph/ops.js";
import {
  calibrationPoints,
  exposeValues,
  quantisableConvs,
  quantiseConvs,
} from "../../src/graph/quantise-static.js";
import type { Graph, Value } from "../../src/graph/types.js";
import { randomNumbers } from "../models/random-tensors.js";
import { runGraph } from "../models/run-graph.js";
import { cosine } from "../support/cosine.js";

const SIDE = 8;
const CHANNELS = 16;

/** A residual block as ResNets have it, and an average: [n, 16, 8, 8] → [n, 16, 4, 4] */
function block(): Graph {
  const random = randomNumbers(11);
  const g = new GraphBuilder("block");
  const floats = (name: string, dims: readonly number[], scale: number): Value =>
    g.floats(
      name,
      Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => scale * random()),
      dims,
    );
  const conv = (x: Value, name: string, size: number): Value => {
    const kernel = floats(name, [CHANNELS, CHANNELS, size, size], 1.7 / Math.sqrt(CHANNELS) / size);
    const scaled = ops.multiply(g, kernel, floats(`${name}.scale`, [CHANNELS, 1, 1, 1], 2));
    return ops.conv(g, x, scaled, floats(`${name}.bias`, [CHANNELS], 0.2), size);
  };
  const x = g.input("x", "f32", ["n", CHANNELS, SIDE, SIDE]);
  const inner = ops.relu(g, conv(x, "first", 3));
  const sum = ops.relu(g, ops.add(g, conv(inner, "second", 1), x));
  const more = ops.relu(g, ops.add(g, conv(sum, "third", 3), sum));
  g.output(ops.averagePool(g, more, 2), "y", ["n", CHANNELS, SIDE / 2, SIDE / 2]);
  return g.finish();
}

const random = randomNumbers(5);
const feeds = {
  x: {
    type: "float32" as const,
    data: Float32Array.from({ length: 2 * CHANNELS * SIDE * SIDE }, random),
    dims: [2, CHANNELS, SIDE, SIDE],
  },
};

async function rangesOf(graph: Graph): Promise<Map<string, [number, number]>> {
  const ranges = new Map<string, [number, number]>();
  for (const name of calibrationPoints(graph)) {
    const exposed = exposeValues(graph, [name]);
    const port = exposed.outputs.at(-1)!;
    const { data } = await runGraph({ ...exposed, outputs: [port] }, feeds);
    ranges.set(name, [Math.min(...data), Math.max(...data)]);
  }
  return ranges;
}

const operators = (graph: Graph): string[] => graph.nodes.map(({ op }) => op);

test("names the kernels in running order, seen through their scales", () => {
  expect(quantisableConvs(block())).toEqual(["first", "second", "third"]);
});

test("a block computes nearly the same, with averages in whole numbers and sums in f32", async () => {
  const graph = block();
  const int8 = quantiseConvs(graph, { ranges: await rangesOf(graph) });
  expect(operators(int8).filter((op) => op !== "QuantizeLinear" && op !== "Transpose")).toEqual([
    "QLinearConv",
    "MatMulIntegerToFloat",
    "Add",
    "Relu",
    "QLinearConv",
    "DequantizeLinear",
    "Add",
    "Relu",
    "QLinearAveragePool",
    "DequantizeLinear",
    "Identity",
  ]);
  // Into channels last and out again, once each.
  expect(operators(int8).filter((op) => op === "Transpose")).toHaveLength(2);
  const [expected, found] = [await runGraph(graph, feeds), await runGraph(int8, feeds)];
  expect(found.dims).toEqual(expected.dims);
  expect(cosine(expected.data, found.data)).toBeGreaterThan(0.9995);
});

test("a residual stream whose channels are held in other sizes computes the same", async () => {
  const graph = block();
  const groups = scalableGroups(graph);
  const gain = Float32Array.from({ length: CHANNELS }, (_, i) => 1 + (i % 5));
  const gains = new Map(groups.flatMap(({ values }) => values.map((name) => [name, gain] as const)));
  expect(gains.size).toBeGreaterThan(0);
  const ranges = new Map(
    [...(await rangesOf(graph))].map(([name, [least, most]]) => {
      const factor = gains.has(name) ? Math.max(...gain) : 1;
      return [name, [least * factor, most * factor] as const];
    }),
  );
  const [expected, found] = [
    await runGraph(graph, feeds),
    await runGraph(quantiseConvs(graph, { ranges, gains }), feeds),
  ];
  expect(cosine(expected.data, found.data)).toBeGreaterThan(0.998);
});

test("a depthwise convolution that reads what the picture's made is left out", () => {
  const g = new GraphBuilder("first");
  const floats = (name: string, dims: readonly number[]): Value =>
    g.floats(name, new Float32Array(dims.reduce((a, b) => a * b, 1)), dims);
  const conv = (x: Value, name: string, dims: readonly number[], group = 1): Value =>
    g.node("Conv", [x, floats(name, dims), floats(`${name}.bias`, [dims[0]!])], {
      attributes: { group, kernel_shape: dims.slice(2), strides: [1, 1], pads: [0, 0, 0, 0] },
    });
  const first = ops.relu(g, conv(g.input("x", "f32", ["n", 3, SIDE, SIDE]), "picture", [8, 3, 1, 1]));
  const second = conv(first, "early", [8, 1, 1, 1], 8);
  const third = conv(second, "mixing", [8, 8, 1, 1]);
  g.output(conv(third, "late", [8, 1, 1, 1], 8), "y", ["n", 8, SIDE, SIDE]);
  expect(quantisableConvs(g.finish())).toEqual(["mixing", "late"]);
});

test("a kept convolution stays in f32, between others that do not", async () => {
  const graph = block();
  const ranges = await rangesOf(graph);
  const int8 = quantiseConvs(graph, { ranges, keep: new Set(["third"]) });
  expect(operators(int8).filter((op) => op === "Conv" || op === "Add" || op === "QLinearConv")).toEqual([
    "QLinearConv",
    "Add",
    "Conv",
    "Add",
  ]);
  const [expected, found] = [await runGraph(graph, feeds), await runGraph(int8, feeds)];
  expect(cosine(expected.data, found.data)).toBeGreaterThan(0.9995);
});

test("with all convolutions kept the graph computes exactly what it did", async () => {
  const graph = block();
  const same = quantiseConvs(graph, { ranges: new Map(), keep: new Set(quantisableConvs(graph)) });
  expect(operators(same)).toEqual(operators(graph));
  expect((await runGraph(same, feeds)).data).toEqual((await runGraph(graph, feeds)).data);
});

test("kernels take a byte a number, and neighbours fit together", async () => {
  const graph = block();
  const int8 = quantiseConvs(graph, { ranges: await rangesOf(graph) });
  const codes = int8.weights.filter(({ type, dims }) => type === "i8" && dims.length > 1);
  expect(codes.map(({ byteLength }) => byteLength)).toEqual([2304, 256, 2304]);
  for (const weight of codes) {
    const values = new Int8Array(weight.read());
    expect(Math.max(...values.map(Math.abs))).toBeGreaterThan(64);
    // A matrix has its input's channels one after the other, each with all columns.
    const [first, second, height = 1, width = 1] = weight.dims as [number, number, number?, number?];
    const [channels, plane] = weight.dims.length === 2 ? [first, second] : [second, height * width];
    for (let at = 0; at < values.length; at++) {
      if (channels % 2 > 0 || Math.floor(at / plane) % 2 > 0) continue;
      const [a, b] = [values[at]!, values[at + plane]!];
      if (a * b > 0) expect(Math.abs(a + b)).toBeLessThanOrEqual(128);
    }
  }
});

/**
 * All inputs at the top of their range and all weights at theirs, with the same sign: 16-bit sums of two products are as
 * large as they can be. The scales are made so that nothing is rounded: whole numbers are to come out exactly.
 */
test.each([1, 3])("sums of a kernel of %i × its side that 16 bits would cut off are exact", async (side) => {
  const channels = 64;
  const places = side * side;
  const g = new GraphBuilder("full");
  const x = g.input("x", "f32", ["n", channels, 4, 4]);
  const sizes = [64, 64, 127, 1];
  const length = channels * places;
  const kernel = new Float32Array(32 * length).map((_, i) => {
    const size = sizes[Math.floor(i / places) % 4]!;
    return i < 16 * length ? size : -size;
  });
  const bias = g.floats("bias", new Float32Array(32), [32]);
  const weight = g.floats("kernel", kernel, [32, channels, side, side]);
  g.output(ops.conv(g, x, weight, bias, side), "y", ["n", 32, 4, 4]);
  const graph = g.finish();
  const most = 255 * 64 * length;
  const [from, to] = calibrationPoints(graph);
  const ranges = new Map<string, readonly [number, number]>([[from!, [0, 255]]]);
  // A kernel at one place has sums in f32, which need no range.
  if (to !== undefined) ranges.set(to, [-most, most]);
  const data = new Float32Array(channels * 16).fill(255);
  const full = { x: { type: "float32" as const, data, dims: [1, channels, 4, 4] } };
  const int8 = quantiseConvs(graph, { ranges });
  expect(operators(int8)).toContain(side === 1 ? "MatMulIntegerToFloat" : "QLinearConv");
  const found = await runGraph(int8, full);
  const step = to === undefined ? 0 : (2 * most) / 255;
  found.data.forEach((value, i) => {
    // At the borders the larger kernel sees zeros.
    const [y, x] = [Math.floor(i / 4) % 4, i % 4];
    if (side > 1 && [y, x].some((at) => at === 0 || at === 3)) return;
    expect(Math.abs(value - (i < 16 * 16 ? most : -most))).toBeLessThanOrEqual(step);
  });
});

test("a range that is missing is an error that names the value", () => {
  const graph = block();
  const quantise = (): Graph => quantiseConvs(graph, { ranges: new Map() });
  expect(quantise).toThrow(ClipError);
  expect(quantise).toThrow(/Expected the range of x/);
});
