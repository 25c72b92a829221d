import { expect, test } from "vitest";
import { GraphBuilder } from "../../src/graph/builder.js";
import { LARGEST_ALONE, LARGEST_CODE, LARGEST_PAIR } from "../../src/graph/codes.js";
import * as ops from "../../src/graph/ops.js";
import { quantisableMatMuls, quantiseMatMuls } from "../../src/graph/quantise-dynamic.js";
import type { Graph, Value, Weight } from "../../src/graph/types.js";
import { encodeF16 } from "../../src/math/float16.js";
import { seeded } from "../../src/math/random.js";
import { runGraph } from "../models/run-graph.js";
import { cosine } from "../support/cosine.js";

const SIDE = 256;

function numbers(count: number, seed: number, size = 1): Float32Array {
  const random = seeded(seed);
  return Float32Array.from({ length: count }, () => (random() + random() + random() - 1.5) * size);
}

function halves(g: GraphBuilder, name: string, values: Float32Array, dims: readonly number[]): Value {
  const bytes = new Uint8Array(encodeF16(values).buffer);
  return g.weight({ name, type: "f16", dims, byteLength: bytes.length, read: () => bytes });
}

function floatsOf(graph: Graph, ending: string): Float32Array {
  return new Float32Array(weightOf(graph, ending).read().slice().buffer);
}

function weightOf(graph: Graph, ending: string): Weight {
  return graph.weights.find((weight) => weight.name.endsWith(ending))!;
}

function opsOf(graph: Graph): string[] {
  return graph.nodes.map((node) => node.op);
}

/** Norm → three products that share it (one in f16) → two more → the product that makes the output. */
function block({ loud = 1 } = {}): Graph {
  const g = new GraphBuilder("block");
  const x = g.input("x", "f32", ["n", SIDE]);
  const gains = new Float32Array(SIDE).fill(1).map((one, i) => (i % 100 === 7 ? loud : one));
  const scale = g.floats("norm.scale", gains, [SIDE]);
  const normed = ops.layerNorm(g, x, scale, g.floats("norm.bias", numbers(SIDE, 9, 0.1), [SIDE]), 1e-5);
  const square = (seed: number): Float32Array => numbers(SIDE * SIDE, seed, 0.1);
  const q = ops.matMul(g, normed, g.floats("q", square(1), [SIDE, SIDE]));
  const k = ops.matMul(g, normed, ops.cast(g, halves(g, "k", square(2), [SIDE, SIDE]), "f32"));
  const v = ops.gemm(
    g,
    normed,
    g.floats("v", square(3), [SIDE, SIDE]),
    g.floats("v.bias", numbers(SIDE, 8), [SIDE]),
  );
  const joined = ops.add(g, ops.multiply(g, q, k), v);
  const inner = ops.matMul(g, joined, g.floats("inner", square(4), [SIDE, SIDE]));
  const tiny = ops.matMul(g, inner, g.floats("tiny", numbers(SIDE * 255, 5, 0.1), [SIDE, 255]));
  const head = g.floats("head", numbers(255 * 300, 6, 0.1), [255, 300]);
  g.output(ops.matMul(g, tiny, head), "y", ["n", 300]);
  return g.finish();
}

const rows = { x: { type: "float32", data: numbers(5 * SIDE, 10), dims: [5, SIDE] } } as const;

test("large products are named in running order, by their weights; small ones and the last are not", () => {
  expect(quantisableMatMuls(block())).toEqual(["q", "k", "v", "inner"]);
});

test("rows are rounded once for all products that share them, and biases stay in the product", () => {
  const quantised = quantiseMatMuls(block());
  const found = opsOf(quantised);
  expect(found.filter((op) => op === "DynamicQuantizeLinear")).toHaveLength(2);
  expect(found.filter((op) => op === "MatMulIntegerToFloat")).toHaveLength(4);
  expect(found).not.toContain("Gemm");
  expect(quantised.weights.map((weight) => weight.name)).not.toContain("q");
  expect(quantised.inputs).toEqual(block().inputs);
});

test("what comes out is near, with loud channels too", async () => {
  for (const loud of [1, 20]) {
    const graph = block({ loud });
    const exact = (await runGraph(graph, rows)).data;
    const near = (await runGraph(quantiseMatMuls(graph), rows)).data;
    expect(near).not.toEqual(exact);
    expect(cosine(near, exact)).toBeGreaterThan(0.999);
  }
});

test("with a scale a row, what a row becomes does not depend on the rows beside it, however loud", async () => {
  const graph = quantiseMatMuls(block(), { perRow: true });
  expect(opsOf(graph)).not.toContain("DynamicQuantizeLinear");
  const first = rows.x.data.slice(0, SIDE);
  const alone = await runGraph(graph, { x: { type: "float32", data: first, dims: [1, SIDE] } });
  const beside = new Float32Array(2 * SIDE);
  beside.set(first);
  beside.set(
    rows.x.data.slice(SIDE, 2 * SIDE).map((value) => 100 * value),
    SIDE,
  );
  const both = await runGraph(graph, { x: { type: "float32", data: beside, dims: [2, SIDE] } });
  expect(both.data.slice(0, 300)).toEqual(alone.data);
  const exact = await runGraph(block(), { x: { type: "float32", data: first, dims: [1, SIDE] } });
  expect(cosine(alone.data, exact.data)).toBeGreaterThan(0.999);
});

/** Rows of quiet and loud numbers, an activation after it, and a product. */
function activated(activation: (g: GraphBuilder, x: Value) => Value): Graph {
  const g = new GraphBuilder("activated");
  const inner = activation(g, g.input("x", "f32", ["n", SIDE]));
  const first = ops.matMul(g, inner, g.floats("w", numbers(SIDE * SIDE, 3, 0.1), [SIDE, SIDE]));
  g.output(ops.add(g, first, g.floats("last", numbers(SIDE, 4, 0.1), [SIDE])), "y", ["n", SIDE]);
  return g.finish();
}

test.each([
  ["gelu", ops.gelu],
  ["tanh gelu", ops.fastGelu],
  ["quick gelu", ops.quickGelu],
])("rows that %s made use nearly all codes, and their least number has one", async (_, activation) => {
  const graph = activated(activation);
  const int8 = quantiseMatMuls(graph, { perRow: true });
  expect(opsOf(int8)).not.toContain("Abs");
  const zero = int8.weights.find(({ name }) => /^row\.-0\.\d+\.zero$/.test(name))!;
  expect([...zero.read()]).toEqual([32]);
  // All numbers at the activation's least, beside one that is large: they are not cut off.
  for (const loud of [0, 2, 20]) {
    const data = new Float32Array(SIDE).fill(-0.75);
    data[0] = loud;
    const feeds = { x: { type: "float32" as const, data, dims: [1, SIDE] } };
    const [exact, found] = [await runGraph(graph, feeds), await runGraph(int8, feeds)];
    expect(cosine(exact.data, found.data)).toBeGreaterThan(0.999);
  }
  const both = numbers(8 * SIDE, 5, 3);
  const feeds = { x: { type: "float32" as const, data: both, dims: [8, SIDE] } };
  const exact = await runGraph(graph, feeds);
  const error = (data: Float32Array): number => 1 - cosine(exact.data, data);
  const own = error((await runGraph(int8, feeds)).data);
  // The same rows where nothing shows what made them: half of the codes stand for numbers that there are none of.
  const hidden = activated((g, x) => g.node("Identity", [activation(g, x)]));
  expect(own).toBeLessThan(error((await runGraph(quantiseMatMuls(hidden, { perRow: true }), feeds)).data));
});

test("products of what was pooled are left out", () => {
  const g = new GraphBuilder("pooled");
  const square = (name: string): Value => g.floats(name, numbers(SIDE * SIDE, 3, 0.1), [SIDE, SIDE]);
  const x = ops.matMul(g, g.input("x", "f32", ["n", 4, SIDE]), square("places"));
  const sum = g.node("ReduceSum", [x, g.ints(1)], { attributes: { keepdims: 0 } });
  const inner = ops.matMul(g, sum, square("pooled"));
  g.output(ops.matMul(g, inner, square("last")), "y", ["n", SIDE]);
  expect(quantisableMatMuls(g.finish())).toEqual(["places"]);
});

test("kept weights stay as they are, and a graph with all kept computes the same", async () => {
  const graph = block();
  const some = quantiseMatMuls(graph, { keep: new Set(["k", "inner"]) });
  expect(weightOf(some, "k").type).toBe("f16");
  expect(weightOf(some, "inner").type).toBe("f32");
  expect(opsOf(some).filter((op) => op === "MatMulIntegerToFloat")).toHaveLength(2);
  const none = quantiseMatMuls(graph, { keep: new Set(quantisableMatMuls(graph)) });
  expect(none).toEqual(graph);
});

test("weights are read only when the graph is written", () => {
  const g = new GraphBuilder("lazy");
  let reads = 0;
  const bytes = new Uint8Array(numbers(SIDE * SIDE, 1).buffer);
  const weight = g.weight({
    name: "w",
    type: "f32",
    dims: [SIDE, SIDE],
    byteLength: bytes.length,
    read: () => {
      reads += 1;
      return bytes;
    },
  });
  g.output(ops.add(g, ops.matMul(g, g.input("x", "f32", ["n", SIDE]), weight), weight), "y", ["n", SIDE]);
  const quantised = quantiseMatMuls(g.finish());
  expect(reads).toBe(0);
  expect(weightOf(quantised, ".codes").read()).toHaveLength(weightOf(quantised, ".codes").byteLength);
  expect(reads).toBeGreaterThan(0);
});

test("the sums of products are exact where 16 bits would cut them off", async () => {
  const g = new GraphBuilder("loud");
  // All bytes 255 or 0, codes ±64, or 127 beside 1: neighbours' products reach 32,640, the most that there can be.
  const uneven = (i: number): number => (Math.floor(i / SIDE) % 2 === 0 ? LARGEST_CODE : 1) / LARGEST_ALONE;
  const signs = Float32Array.from({ length: SIDE * SIDE }, (_, i) =>
    i % SIDE < 64 ? uneven(i) : i % SIDE < 128 ? 1 : (i * 7) % 3 ? 1 : -1,
  );
  const x = g.input("pixels", "u8", ["n", SIDE]);
  g.output(
    ops.add(
      g,
      ops.matMul(g, ops.cast(g, x, "f32"), g.floats("w", signs, [SIDE, SIDE])),
      g.floats("zero", new Float32Array(1), [1]),
    ),
    "y",
    ["n", SIDE],
  );
  const graph = g.finish();
  const data = Uint8Array.from({ length: 3 * SIDE }, (_, i) => (i < SIDE ? 255 : i % 5 ? 255 : 0));
  const quantised = quantiseMatMuls(graph);
  expect(opsOf(quantised)).not.toContain("DynamicQuantizeLinear");
  const codes = new Int8Array(weightOf(quantised, ".codes").read());
  expect(new Set(codes.map(Math.abs))).toEqual(new Set([LARGEST_ALONE, LARGEST_CODE, 1]));
  expect(codes[0]! + codes[SIDE]!).toBe(LARGEST_PAIR);
  const scales = floatsOf(quantised, ".scales");
  const { data: found } = await runGraph(quantised, { pixels: { type: "uint8", data, dims: [3, SIDE] } });
  for (let i = 0; i < found.length; i++) {
    let sum = 0;
    for (let k = 0; k < SIDE; k++)
      sum += data[Math.floor(i / SIDE) * SIDE + k]! * codes[k * SIDE + (i % SIDE)]!;
    expect(found[i]).toBe(Math.fround(sum * scales[i % SIDE]!));
  }
});

test("rows are read from a table of int8, right to half a code, and no table of floats is left", async () => {
  const g = new GraphBuilder("table");
  const ids = g.input("ids", "i32", ["n", "length"]);
  const values = numbers(1000 * 80, 3);
  g.output(ops.cast(g, ops.gather(g, halves(g, "table", values, [1000, 80]), ids), "f32"), "y", [
    "n",
    "length",
    80,
  ]);
  const graph = g.finish();
  expect(quantisableMatMuls(graph)).toEqual(["table"]);
  const quantised = quantiseMatMuls(graph);
  expect(quantised.weights.reduce((sum, weight) => sum + weight.byteLength, 0)).toBe(1000 * 80 + 1000 * 4);
  const feeds = { ids: { type: "int32", data: Int32Array.of(999, 0, 17, 17), dims: [2, 2] } } as const;
  const [exact, near] = [await runGraph(graph, feeds), await runGraph(quantised, feeds)];
  expect(near.dims).toEqual([2, 2, 80]);
  // Numbers lie within ±1.5; f16 keeps 11 bits of what was multiplied.
  for (const [i, value] of near.data.entries())
    expect(Math.abs(value - exact.data[i]!)).toBeLessThan(1.5 / 127 / 2 + 1.5 / 2048);
});

test("batches of any size run", async () => {
  const quantised = quantiseMatMuls(block());
  for (const n of [1, 2, 33]) {
    const { dims } = await runGraph(quantised, {
      x: { type: "float32", data: numbers(n * SIDE, n), dims: [n, SIDE] },
    });
    expect(dims).toEqual([n, 300]);
  }
});
