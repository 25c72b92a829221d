import { expect, test } from "vitest";
import type { DType, NamedTensor } from "../../src/checkpoint/tensor.js";
import { GraphBuilder } from "../../src/graph/builder.js";
import type { Graph, Weight } from "../../src/graph/types.js";
import { stacked, transposed } from "../../src/models/derived-tensors.js";
import { transposeBytes } from "../../src/models/permute.js";
import { Weights } from "../../src/models/weights.js";

function raw(name: string, dtype: DType, shape: readonly number[], bytes: Uint8Array): NamedTensor {
  return { name, dtype, shape, byteLength: bytes.length, read: () => bytes };
}

const bytesOf = (array: Uint16Array | Float64Array | Float32Array): Uint8Array =>
  new Uint8Array(array.buffer);

/** The only weight of a linear layer, and the graph around it. */
function linear(tensor: NamedTensor, rows?: readonly [number, number]): { weight: Weight; graph: Graph } {
  const g = new GraphBuilder("test");
  const weights = new Weights(new Map([["w", tensor]]));
  const value = weights.linear(g, "w", [tensor.shape[0]!, tensor.shape[1]!], rows);
  expect(value.type).toBe("f32");
  const graph = g.finish();
  return { weight: graph.weights[0]!, graph };
}

const halves = Uint16Array.of(1, 2, 3, 4, 5, 6);

test.each(["f16", "bf16"] as const)("%s weights keep their bits, and are cast in the graph", (dtype) => {
  const { weight, graph } = linear(raw("w", dtype, [2, 3], bytesOf(halves)));
  expect(weight).toMatchObject({ type: dtype, dims: [3, 2], byteLength: 12 });
  expect(new Uint16Array(weight.read().slice().buffer)).toEqual(Uint16Array.of(1, 4, 2, 5, 3, 6));
  expect(graph.nodes.map((node) => node.op)).toEqual(["Cast"]);
});

test("rows of a stack are taken before turning", () => {
  const { weight } = linear(raw("w", "f16", [3, 2], bytesOf(halves)), [1, 3]);
  expect(weight.dims).toEqual([2, 2]);
  expect(new Uint16Array(weight.read().slice().buffer)).toEqual(Uint16Array.of(3, 5, 4, 6));
});

test("f64 becomes f32, without a cast in the graph", () => {
  const { weight, graph } = linear(raw("w", "f64", [1, 2], bytesOf(Float64Array.of(0.5, -2))));
  expect(weight).toMatchObject({ type: "f32", dims: [2, 1], byteLength: 8 });
  expect(new Float32Array(weight.read().slice().buffer)).toEqual(Float32Array.of(0.5, -2));
  expect(graph.nodes).toEqual([]);
});

test.each([1, 2, 4, 8])("elements of %d bytes are transposed, also past a tile and unaligned", (size) => {
  const [rows, columns, batch] = [37, 65, 2];
  const bytes = Uint8Array.from(
    { length: batch * rows * columns * size + 1 },
    (_, i) => (i * 7 + (i >> 8)) % 256,
  ).subarray(1);
  const turned = transposeBytes(bytes, rows, columns, size, batch);
  for (const [b, r, c] of [
    [0, 0, 0],
    [0, 36, 64],
    [1, 5, 33],
    [1, 36, 0],
    [1, 0, 64],
  ] as const) {
    const from = ((b * rows + r) * columns + c) * size;
    const to = ((b * columns + c) * rows + r) * size;
    expect(turned.subarray(to, to + size)).toEqual(bytes.subarray(from, from + size));
  }
  expect(transposeBytes(turned, columns, rows, size, batch)).toEqual(bytes.slice());
  expect(() => transposeBytes(bytes, rows, columns + 1, size)).toThrow(
    expect.objectContaining({ code: "graph.shape" }),
  );
});

test("parts are stacked, and those that do not fit are refused by name", () => {
  const part = (name: string, shape: readonly number[], values: number[]): NamedTensor =>
    raw(name, "f32", shape, bytesOf(Float32Array.from(values)));
  const whole = stacked([part("q", [1, 2], [1, 2]), part("k", [1, 2], [3, 4])]);
  expect(whole).toMatchObject({ name: "q + k", shape: [2, 2], byteLength: 16 });
  expect(new Float32Array(whole.read().buffer)).toEqual(Float32Array.of(1, 2, 3, 4));
  expect(() => stacked([part("q", [1, 2], [1, 2]), part("k", [2, 1], [3, 4])])).toThrow(
    expect.objectContaining({ message: "Expected k to be f32 [1, 2] like q but received f32 [2, 1]." }),
  );
  expect(() => transposed(part("p", [2], [1, 2]))).toThrow(
    expect.objectContaining({
      code: "checkpoint.shape",
      message: "Expected p to have 2 dimensions but received [2].",
    }),
  );
});
