import { describe, expect, it } from "vitest";
import { GraphBuilder } from "../../src/graph/builder.js";
import * as ops from "../../src/graph/ops.js";
import { quantiseMatMuls } from "../../src/graph/quantise-dynamic.js";
import { inferSizes } from "../../src/graph/sizes/infer.js";
import type { Graph, Port } from "../../src/graph/types.js";
import { deriveSpec } from "../../src/models/derive.js";
import { OPENAI_NORMALISATION } from "../../src/models/spec.js";
import { buildTextTower } from "../../src/models/text-tower.js";
import { buildVit } from "../../src/models/vit.js";
import { Weights } from "../../src/models/weights.js";
import type { Feed } from "../../src/runtime/session.js";
import { randomNumbers, tinyClip } from "../models/random-tensors.js";
import { runGraph } from "../models/run-graph.js";

const tensors = tinyClip();
const weights = new Weights(tensors);
const spec = deriveSpec(tensors, { activation: "quick_gelu", imageHeads: 4, textHeads: 2 });
if (spec.image.kind !== "vit") throw new Error("expected a vision transformer");
const image = buildVit(spec.image, spec.dim, weights, OPENAI_NORMALISATION);
const text = buildTextTower(spec.text, spec.dim, weights);

/** Numbers of each free size, and inputs of those sizes. */
type Sizes = Readonly<Record<string, number>>;
const byteFeed = ({ n = 1 }: Sizes): Record<string, Feed> => ({
  pixels: { type: "uint8", data: new Uint8Array(n * 16 * 16 * 3).fill(90), dims: [n, 16, 16, 3] },
});
const idsFeed = ({ n = 1, length = 1, prefix = 1 }: Sizes): Record<string, Feed> => ({
  prefix_ids: { type: "int32", data: new Int32Array(prefix).fill(48), dims: [1, prefix] },
  input_ids: { type: "int32", data: new Int32Array(n * length).fill(7), dims: [n, length] },
});

/** The same graph, whose output is the sizes of one of its values. */
function sizeOf({ name }: Port, graph: Graph): Graph {
  const nodes = [
    ...graph.nodes,
    { op: "Shape", domain: "", inputs: [name], outputs: ["sizes"], attributes: {} } as const,
    { op: "Cast", domain: "", inputs: ["sizes"], outputs: ["found"], attributes: { to: 1 } } as const,
  ];
  return { ...graph, nodes, outputs: [{ name: "found", type: "f32", shape: ["rank"] }] };
}

describe.each([
  ["an image tower", image, byteFeed, { n: 3 }],
  ["a text tower", text, idsFeed, { n: 2, length: 5, prefix: 2 }],
] as const)("of %s", (_, graph, feedOf, sizes) => {
  const found = inferSizes(graph);

  it("every value inside has a type and sizes", () => {
    const outside = new Set(graph.outputs.map(({ name }) => name));
    const inside = graph.nodes.flatMap(({ outputs }) => outputs).filter((name) => name && !outside.has(name));
    expect(found.map(({ name }) => name)).toEqual(inside);
  });

  it("they are those that it has, and equal names stand for equal sizes", async () => {
    const numbers = new Map<string, number>(Object.entries(sizes));
    for (const port of found) {
      const { data } = await runGraph(sizeOf(port, graph), feedOf(sizes), { graphOptimization: "disabled" });
      const told = port.shape.map((size, axis) => {
        if (typeof size === "number") return size;
        if (!numbers.has(size)) numbers.set(size, data[axis]!);
        return numbers.get(size);
      });
      expect({ name: port.name, sizes: [...data] }).toEqual({ name: port.name, sizes: told });
    }
  });
});

it("of int8 towers too", () => {
  for (const graph of [image, text]) {
    const int8 = quantiseMatMuls(graph, { perRow: graph === text });
    const outside = new Set(int8.outputs.map(({ name }) => name));
    const inside = int8.nodes.flatMap(({ outputs }) => outputs).filter((name) => name && !outside.has(name));
    expect(inferSizes(int8).map(({ name }) => name)).toEqual(inside);
  }
});

describe("what no rule tells", () => {
  const built = (build: (g: GraphBuilder) => void): Port[] => {
    const g = new GraphBuilder("some");
    build(g);
    return inferSizes(g.finish());
  };

  it("an unknown operator, and all that comes of it, is left out", () => {
    const found = built((g) => {
      const x = g.input("x", "f32", ["n", 3]);
      const known = ops.add(g, x, x);
      ops.add(g, g.node("NonZero", [known]), known);
    });
    expect(found).toEqual([{ name: "Add_0_0", type: "f32", shape: ["n", 3] }]);
  });

  it("free sizes without a name are alike nowhere", () => {
    const found = built((g) => {
      const [x, y] = ["x", "y"].map((name) => g.input(name, "f32", ["?", 3]));
      for (const value of [x!, y!]) ops.add(g, value, value);
    });
    expect(found.map(({ shape }) => shape)).toEqual([
      ["x.0", 3],
      ["y.0", 3],
    ]);
  });

  it("sums and products of sizes have names of their own", () => {
    const random = randomNumbers(1);
    const found = built((g) => {
      const x = g.input("x", "f32", ["n", 2, 3]);
      const rows = ops.reshape(g, x, [-1, 3]);
      const more = ops.add(g, rows, g.floats("bias", Float32Array.from({ length: 3 }, random), [3]));
      g.node("Concat", [more, rows], { attributes: { axis: 0 } });
    });
    expect(found.map(({ shape }) => shape)).toEqual([
      ["size_1", 3],
      ["size_1", 3],
      ["size_2", 3],
    ]);
  });
});
