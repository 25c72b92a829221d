import { expect, test } from "vitest";
import { GraphBuilder } from "../../src/graph/builder.js";
import * as ops from "../../src/graph/ops.js";
import { readOutline } from "../../src/graph/reader.js";
import { serializeModel } from "../../src/graph/serialize.js";
import type { Graph } from "../../src/graph/types.js";
import { runGraph } from "../models/run-graph.js";

const SIDE = 200;

/** y = x · identity · 2 + 1: one weight of 160 kB (external) in f16, and small ones (inside). */
function sample(): Graph {
  const g = new GraphBuilder("sample");
  const x = g.input("x", "f32", ["n", SIDE]);
  const identity = new Uint16Array(SIDE * SIDE);
  for (let i = 0; i < SIDE; i++) identity[i * SIDE + i] = 0x3c00;
  const halves = g.weight({
    name: "identity",
    type: "f16",
    dims: [SIDE, SIDE],
    byteLength: identity.byteLength,
    read: () => new Uint8Array(identity.buffer),
  });
  const doubled = ops.multiply(g, ops.cast(g, halves, "f32"), g.floats("two", Float32Array.of(2), [1]));
  g.output(ops.gemm(g, x, doubled, g.floats("ones", new Float32Array(SIDE).fill(1), [SIDE])), "y", [
    "n",
    SIDE,
  ]);
  return g.finish();
}

test("ONNX Runtime reads what was written, with weights inside and outside", async () => {
  const x = Float32Array.from({ length: 3 * SIDE }, (_, i) => i / 7);
  const { data, dims } = await runGraph(sample(), { x: { type: "float32", data: x, dims: [3, SIDE] } });
  expect(dims).toEqual([3, SIDE]);
  expect(data).toEqual(x.map((value) => Math.fround(value) * 2 + 1));
});

test("large weights lie outside at page boundaries, small ones inside", () => {
  const graph = sample();
  const more = { ...graph, weights: [...graph.weights, { ...graph.weights[0]!, name: "again" }] };
  const { external, externalLength, model } = serializeModel(more, "sample.data");
  expect(external.map(({ weight, offset }) => [weight.name, offset])).toEqual([
    ["identity", 0],
    ["again", 81920],
  ]);
  expect(externalLength).toBe(81920 + 80000);
  expect(model.length).toBeLessThan(4000);
});

test("the outline of a written file is what was built", () => {
  const { model } = serializeModel(sample(), "sample.data");
  const outline = readOutline((offset, length) => model.subarray(offset, offset + length), model.length);
  expect(outline).toEqual({
    inputs: [{ name: "x", type: "f32", shape: ["n", SIDE] }],
    outputs: [{ name: "y", type: "f32", shape: ["n", SIDE] }],
    parameters: SIDE * SIDE + 1 + SIDE,
  });
});
