import { describe, expect, test } from "vitest";
import { GraphBuilder } from "../../src/graph/builder.js";
import { toHalf } from "../../src/graph/half.js";
import * as ops from "../../src/graph/ops.js";
import type { Graph } from "../../src/graph/types.js";
import { dot } from "../../src/math/dot.js";
import { decodeF16 } from "../../src/math/float16.js";
import { unit } from "../../src/math/unit.js";
import { deriveSpec } from "../../src/models/derive.js";
import { OPENAI_NORMALISATION } from "../../src/models/spec.js";
import { buildTextTower } from "../../src/models/text-tower.js";
import { buildVit } from "../../src/models/vit.js";
import { Weights } from "../../src/models/weights.js";
import type { Feed } from "../../src/runtime/session.js";
import { randomNumbers, tinyClip } from "../models/random-tensors.js";
import { runGraph } from "../models/run-graph.js";

const random = randomNumbers(11);
const numbers = (count: number, scale: number): Float32Array =>
  Float32Array.from({ length: count }, () => scale * random());

/** Bytes less a mean, two convolutions, a mean over all places: a ResNet's kinds of steps. */
function tinyConvs(): Graph {
  const g = new GraphBuilder("image");
  const pixels = g.input("pixels", "u8", ["n", 8, 8, 3]);
  const planes = ops.cast(g, ops.transpose(g, pixels, [0, 3, 1, 2]), "f32");
  const centred = ops.subtract(g, planes, g.floats("mean", Float32Array.of(120, 115, 110), [1, 3, 1, 1]));
  const scaled = ops.multiply(
    g,
    g.floats("k1", numbers(16 * 27, 0.2), [16, 3, 3, 3]),
    g.floats("k1.scale", numbers(16, 1 / 64), [16, 1, 1, 1]),
  );
  const first = ops.relu(g, ops.conv(g, centred, scaled, g.floats("b1", numbers(16, 0.1), [16]), 3));
  const kernel = g.floats("k2", numbers(32 * 16 * 9, 0.1), [32, 16, 3, 3]);
  const second = ops.conv(g, first, kernel, g.floats("b2", numbers(32, 0.1), [32]), 3, 2);
  g.output(ops.mean(g, ops.reshape(g, second, [-1, 32, 16]), 2), "features", ["n", 32, 1]);
  return g.finish();
}

const tensors = tinyClip();
const spec = deriveSpec(tensors, { activation: "quick_gelu", imageHeads: 4, textHeads: 2 });
if (spec.image.kind !== "vit") throw new Error("expected a vision transformer");
const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, () => (random() + 1) * 127.9);
const weights = new Weights(tensors);
const examples: [string, Graph, Readonly<Record<string, Feed>>][] = [
  [
    "vision transformer",
    buildVit(spec.image, spec.dim, weights, OPENAI_NORMALISATION),
    { pixels: { type: "uint8", data: bytes(2 * 16 * 16 * 3), dims: [2, 16, 16, 3] } },
  ],
  [
    "text transformer",
    buildTextTower(spec.text, spec.dim, weights),
    {
      prefix_ids: { type: "int32", data: Int32Array.of(48, 5), dims: [1, 2] },
      input_ids: { type: "int32", data: Int32Array.of(3, 9, 49, 0, 20, 21, 22, 49), dims: [2, 4] },
    },
  ],
  [
    "convolutions",
    tinyConvs(),
    { pixels: { type: "uint8", data: bytes(2 * 8 * 8 * 3), dims: [2, 8, 8, 3] } },
  ],
];

describe.each(examples)("%s", (_, graph, feeds) => {
  const half = toHalf(graph);

  test("features are those of the f32 graph but for rounding", async () => {
    const [expected, found] = [await runGraph(graph, feeds), await runGraph(half, feeds)];
    expect(found.dims).toEqual(expected.dims);
    const length = expected.data.length / 2;
    for (const at of [0, length]) {
      const [a, b] = [expected, found].map(({ data }) => unit(data.subarray(at, at + length)));
      expect(dot(a!, b!)).toBeGreaterThan(0.99995);
    }
    // Rounding is seen: it is another graph that was run.
    expect(found.data).not.toEqual(expected.data);
  });

  test("what goes in and comes out is as it was, and what is large is f16", () => {
    expect(half.inputs).toEqual(graph.inputs);
    expect(half.outputs).toEqual(graph.outputs);
    const large = half.weights.filter(
      ({ name, byteLength }) => byteLength > 4096 && !/conv1|visual\.positions/.test(name),
    );
    expect(large.length).toBeGreaterThan(0);
    for (const { name, type } of large) expect(`${name} ${type}`).toBe(`${name} f16`);
  });
});

test("weights of 16 bits keep their bits, and what f16 can't hold becomes its largest number", async () => {
  const g = new GraphBuilder("tiny");
  const x = g.input("x", "f32", [3]);
  const held = new Uint8Array(Uint16Array.of(0x3c01, 0x0001, 0xfbff).buffer);
  const stored = g.weight({ name: "held", type: "f16", dims: [3], byteLength: 6, read: () => held });
  const mask = g.floats("mask", Float32Array.of(-1e30, 1e30, 1), [3]);
  g.output(ops.add(g, ops.add(g, x, ops.cast(g, stored, "f32")), mask), "y", [3]);
  const half = toHalf(g.finish());
  const bits = half.weights.find(({ name }) => name === "held")!.read();
  expect(bits).toEqual(held);
  const clamped = half.weights.find(({ name }) => name === "mask.half")!.read();
  expect([...decodeF16(new Uint16Array(clamped.slice().buffer))]).toEqual([-65504, 65504, 1]);
  const zeros = Float32Array.of(0, 0, 0);
  const y = await runGraph(half, { x: { type: "float32", data: zeros, dims: [3] } });
  for (const value of y.data) expect(Number.isFinite(value)).toBe(true);
});
