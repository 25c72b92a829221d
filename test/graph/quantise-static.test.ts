import { expect, test } from "vitest";
import { ClipError } from "../../src/errors.js";
import { GraphBuilder } from "../../src/graph/builder.js";
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

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (p: Float32Array, q: Float32Array): number => p.reduce((sum, v, i) => sum + v * q[i]!, 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

const operators = (graph: Graph): string[] => graph.nodes.map(({ op }) => op);

test("names the kernels in running order, seen through their scales", () => {
  expect(quantisableConvs(block())).toEqual(["first", "second", "third"]);
});

test("a block in whole numbers computes nearly the same, with sums and averages in whole numbers", async () => {
  const graph = block();
  const int8 = quantiseConvs(graph, { ranges: await rangesOf(graph) });
  expect(operators(int8).filter((op) => op.startsWith("QLinear"))).toEqual([
    "QLinearConv",
    "QLinearConv",
    "QLinearAdd",
    "QLinearConv",
    "QLinearAdd",
    "QLinearAveragePool",
  ]);
  for (const op of ["Conv", "Relu", "Add", "AveragePool", "Mul"]) expect(operators(int8)).not.toContain(op);
  const [expected, found] = [await runGraph(graph, feeds), await runGraph(int8, feeds)];
  expect(found.dims).toEqual(expected.dims);
  expect(cosine(expected.data, found.data)).toBeGreaterThan(0.9995);
});

test("a kept convolution stays in f32, and so does a sum that it goes into", async () => {
  const graph = block();
  const ranges = await rangesOf(graph);
  const int8 = quantiseConvs(graph, { ranges, keep: new Set(["third"]) });
  expect(operators(int8).filter((op) => op === "Conv" || op === "Add" || op === "QLinearConv")).toEqual([
    "QLinearConv",
    "QLinearConv",
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

test("kernels take a byte a number, within ±64", async () => {
  const graph = block();
  const int8 = quantiseConvs(graph, { ranges: await rangesOf(graph) });
  const codes = int8.weights.filter(({ type, dims }) => type === "i8" && dims.length === 4);
  expect(codes.map(({ byteLength }) => byteLength)).toEqual([2304, 256, 2304]);
  for (const weight of codes) {
    const values = new Int8Array(weight.read());
    expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(64);
    expect(Math.max(...values.map(Math.abs))).toBeGreaterThan(60);
  }
});

/**
 * All inputs at the top of their range and all weights at theirs, with the same sign: 16-bit sums of two products are as
 * large as they can be. The scales are made so that nothing is rounded: whole numbers are to come out exactly.
 */
test("sums that would be cut off at 16 bits with larger weights are exact", async () => {
  const channels = 64;
  const g = new GraphBuilder("full");
  const x = g.input("x", "f32", ["n", channels, 4, 4]);
  const kernel = new Float32Array(32 * channels).map((_, i) => (i < 16 * channels ? 64 : -64));
  const bias = g.floats("bias", new Float32Array(32), [32]);
  g.output(ops.conv(g, x, g.floats("kernel", kernel, [32, channels, 1, 1]), bias, 1), "y", ["n", 32, 4, 4]);
  const graph = g.finish();
  const most = 255 * 64 * channels;
  const points = calibrationPoints(graph);
  const ranges = new Map<string, readonly [number, number]>([
    [points[0]!, [0, 255]],
    [points[1]!, [-most, most]],
  ]);
  const data = new Float32Array(channels * 16).fill(255);
  const full = { x: { type: "float32" as const, data, dims: [1, channels, 4, 4] } };
  const found = await runGraph(quantiseConvs(graph, { ranges }), full);
  const step = (2 * most) / 255;
  found.data.forEach((value, i) => {
    expect(Math.abs(value - (i < 16 * 16 ? most : -most))).toBeLessThanOrEqual(step);
  });
});

test("a range that is missing is an error that names the value", () => {
  const graph = block();
  const quantise = (): Graph => quantiseConvs(graph, { ranges: new Map() });
  expect(quantise).toThrow(ClipError);
  expect(quantise).toThrow(/Expected the range of x/);
});
