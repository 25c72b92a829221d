import { expect, test } from "vitest";
import { GraphBuilder } from "../../src/graph/builder.js";
import { equalise } from "../../src/graph/equalise.js";
import * as ops from "../../src/graph/ops.js";
import { quantiseMatMuls } from "../../src/graph/quantise-dynamic.js";
import { quantisableSites } from "../../src/graph/quantise-sites.js";
import type { Graph, GraphNode } from "../../src/graph/types.js";
import { seeded } from "../../src/math/random.js";
import { runGraph } from "../models/run-graph.js";

const SIDE = 256;

function numbers(count: number, seed: number): Float32Array {
  const random = seeded(seed);
  return Float32Array.from({ length: count }, () => random() + random() + random() - 1.5);
}

/** A norm with three loud channels and two products that read it; `watched` is read by something else, too. */
function loudNorm(watched: boolean): Graph {
  const g = new GraphBuilder("loud");
  const x = g.input("x", "f32", ["n", SIDE]);
  const gains = Float32Array.from({ length: SIDE }, (_, i) => (i % 100 === 7 ? 40 : 1));
  const normed = ops.layerNorm(
    g,
    x,
    g.floats("scale", gains, [SIDE]),
    g.floats("bias", numbers(SIDE, 1), [SIDE]),
    1e-5,
  );
  // What the loud channels are multiplied by is small, as in trained weights.
  const weights = (seed: number): Float32Array =>
    numbers(SIDE * SIDE, seed).map((value, i) => value / gains[Math.floor(i / SIDE)]!);
  const a = ops.matMul(g, normed, g.floats("a", weights(2), [SIDE, SIDE]));
  const b = ops.matMul(g, normed, g.floats("b", weights(3), [SIDE, SIDE]));
  const sum = ops.add(g, a, b);
  const y = watched
    ? ops.add(g, sum, ops.multiply(g, normed, g.floats("zero", new Float32Array(1), [1])))
    : sum;
  g.output(y, "y", ["n", SIDE]);
  return g.finish();
}

const rows = { x: { type: "float32", data: numbers(20 * SIDE, 4), dims: [20, SIDE] } } as const;

async function distance(a: Graph, b: Graph): Promise<number> {
  const [x, y] = [(await runGraph(a, rows)).data, (await runGraph(b, rows)).data];
  const squares = (values: Float32Array): number => values.reduce((sum, value) => sum + value * value, 0);
  return Math.sqrt(squares(x.map((value, i) => value - y[i]!)) / squares(y));
}

test("results stay, and channels come to like sizes", async () => {
  const graph = loudNorm(false);
  const even = equalise(graph, quantisableSites(graph));
  expect(even.nodes.filter((node) => node.op === "Mul")).toHaveLength(2);
  expect(await distance(even, graph)).toBeLessThan(1e-6);
  const scale = even.weights.find((weight) => weight.name.endsWith(".divided.scale"))!;
  const sizes = new Float32Array(scale.read().slice().buffer);
  expect(Math.max(...sizes) / Math.min(...sizes)).toBeLessThan(3);
});

test("where something else reads a norm the products read a copy of like sizes, and the norm stays", async () => {
  const watched = loudNorm(true);
  const even = equalise(watched, quantisableSites(watched));
  const norm = even.nodes.find(({ op }) => op === "LayerNormalization")!;
  expect(norm).toEqual(watched.nodes.find(({ op }) => op === "LayerNormalization"));
  const copy = `${norm.outputs[0]}.even`;
  const readers = even.nodes.filter(({ op }) => op === "MatMul").map(({ inputs }) => inputs[0]);
  expect(readers).toEqual([copy, copy]);
  expect(await distance(even, watched)).toBeLessThan(1e-6);
});

test("a norm of which one product is kept stays for that one", async () => {
  const graph = loudNorm(false);
  const some = quantisableSites(graph).filter(({ matrix }) => matrix.weight.name === "a");
  const even = equalise(graph, some);
  const [a, b] = even.nodes.filter(({ op }) => op === "MatMul").map(({ inputs }) => inputs);
  expect(a![0]).toMatch(/\.even$/);
  expect(b).toEqual(graph.nodes.filter(({ op }) => op === "MatMul")[1]!.inputs);
  expect(await distance(even, graph)).toBeLessThan(1e-6);
});

test("loud channels are all but gone, whoever else reads the norm", async () => {
  const graph = loudNorm(false);
  const plain = await distance(unequalised(graph), graph);
  for (const watched of [false, true]) {
    const own = loudNorm(watched);
    expect(await distance(quantiseMatMuls(own), own)).toBeLessThan(plain / 2);
  }
});

/** The norm hidden behind an operator that does nothing, where it is not found. */
function unequalised(graph: Graph): Graph {
  const norm = graph.nodes.find(({ op }) => op === "LayerNormalization")!;
  const [hidden] = norm.outputs as [string];
  const nodes = graph.nodes.flatMap((node): GraphNode[] =>
    node === norm
      ? [
          { ...norm, outputs: ["own"] },
          { op: "Identity", domain: "", inputs: ["own"], outputs: [hidden], attributes: {} },
        ]
      : [node],
  );
  return quantiseMatMuls({ ...graph, nodes });
}
