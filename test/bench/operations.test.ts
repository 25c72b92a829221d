import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { countOperations, operationsOf } from "../../src/bench/operations.js";
import { GraphBuilder } from "../../src/graph/builder.js";
import { conv, matMul, multiHeadAttention, relu } from "../../src/graph/ops.js";
import { serializeModel } from "../../src/graph/serialize.js";

it.each([
  [
    "MatMul",
    [
      [2, 5, 3],
      [3, 4],
    ],
    [2, 5, 4],
    2 * 2 * 5 * 3 * 4,
  ],
  ["DynamicQuantizeMatMul", [[5, 3], [3, 4], [4], [4]], [5, 4], 2 * 5 * 3 * 4],
  ["Conv", [[1, 8, 9, 9], [16, 8, 3, 3], [16]], [1, 16, 9, 9], 2 * 16 * 81 * 8 * 9],
  // Every channel for itself: the kernel says so.
  [
    "Conv",
    [
      [1, 8, 9, 9],
      [8, 1, 3, 3],
    ],
    [1, 8, 9, 9],
    2 * 8 * 81 * 9,
  ],
  ["QLinearConv", [[1, 8, 9, 9], [], [], [16, 8, 1, 1], [], []], [1, 16, 9, 9], 2 * 16 * 81 * 8],
  [
    "MultiHeadAttention",
    [
      [1, 1, 64],
      [1, 50, 64],
      [1, 50, 64],
    ],
    [1, 1, 64],
    4 * 64 * 50,
  ],
  ["LayerNormalization", [[1, 50, 64], [64], [64]], [1, 50, 64], 0],
])("counts %s %j", (op, inputs, output, operations) => {
  expect(operationsOf({ op, inputs, output })).toBe(operations);
});

it("counts a graph from what ONNX Runtime saw, whatever its weights' sizes", async () => {
  const g = new GraphBuilder("counted");
  const x = g.input("x", "f32", [1, 4, 6, 6]);
  const kernel = g.floats("kernel", new Float32Array(8 * 4 * 3 * 3).fill(0.1), [8, 4, 3, 3]);
  const bias = g.floats("bias", new Float32Array(8), [8]);
  const y = relu(g, conv(g, x, kernel, bias, 3));
  const rows = g.node("Reshape", [y, g.ints([1, 36, 8])]);
  const w = g.floats("w", new Float32Array(8 * 8).fill(0.1), [8, 8]);
  const q = matMul(g, rows, w);
  const threeBiases = g.floats("biases", new Float32Array(24), [24]);
  g.output(multiHeadAttention(g, { q, k: q, v: q, bias: threeBiases }, 2), "y", [1, 36, 8]);
  const folder = await mkdtemp(join(tmpdir(), "zeroclip-operations-"));
  try {
    const file = join(folder, "model.onnx");
    await writeFile(file, serializeModel(g.finish(), "model.data").model);
    const feed = { type: "float32", data: new Float32Array(144), dims: [1, 4, 6, 6] } as const;
    const convolution = 2 * 8 * 36 * 4 * 9;
    const product = 2 * 36 * 8 * 8;
    const attention = 4 * 36 * 8 * 36;
    expect(await countOperations(file, { x: feed }, "y")).toBe(convolution + product + attention);
  } finally {
    await rm(folder, { recursive: true });
  }
});
