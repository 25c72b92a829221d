import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { GraphBuilder } from "../../src/graph/builder.js";
import * as ops from "../../src/graph/ops.js";
import { quantiseMatMuls } from "../../src/graph/quantise-dynamic.js";
import type { Graph } from "../../src/graph/types.js";
import { writeTower } from "../../src/models/write-tower.js";
import { quantize } from "../../src/quantize/quantize.js";
import { randomNumbers } from "../models/random-tensors.js";

const [SIDE, INNER, DIM] = [8, 512, 3];

const FILES = {
  "config.json": { model_type: "clip", projection_dim: DIM, text_config: { max_position_embeddings: 20 } },
  "preprocessor_config.json": {
    size: { shortest_edge: SIDE },
    crop_size: { height: SIDE, width: SIDE },
    image_mean: [0.5, 0.5, 0.5],
    image_std: [0.5, 0.5, 0.5],
  },
  "tokenizer.json": { added_tokens: [{ id: 9, content: "<pad>" }], model: { vocab: { a: 1 } } },
  "tokenizer_config.json": { pad_token: { content: "<pad>" } },
};

const random = randomNumbers(3);
const floats = (g: GraphBuilder, name: string, dims: readonly [number, number]) =>
  g.floats(name, Float32Array.from({ length: dims[0] * dims[1] }, random), dims);

/** Pixels f32 [n, 3, 8, 8] times two matrices, of which the first is worth int8. */
function vision(): Graph {
  const g = new GraphBuilder("vision");
  const pixels = ops.reshape(g, g.input("pixel_values", "f32", ["n", 3, SIDE, SIDE]), [-1, 3 * SIDE ** 2]);
  const inner = ops.matMul(g, pixels, floats(g, "inner", [3 * SIDE ** 2, INNER]));
  g.output(ops.matMul(g, inner, floats(g, "head", [INNER, DIM])), "image_embeds", ["n", DIM]);
  return g.finish();
}

/** The row of a table at the first id. */
function text(): Graph {
  const g = new GraphBuilder("text");
  const ids = g.input("input_ids", "i64", ["n", "length"]);
  g.input("attention_mask", "i64", ["n", "length"]);
  const first = ops.slice(g, ids, g.ints([0]), g.ints([1]), 1);
  const rows = ops.gather(g, floats(g, "table", [10, DIM]), first);
  g.output(ops.reshape(g, rows, [-1, DIM]), "text_embeds", ["n", DIM]);
  return g.finish();
}

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "zeroclip-already-"));
});
afterAll(() => rm(folder, { recursive: true }));

test("somebody else's files that compute with 8 bits are refused, and nothing is written", async () => {
  const model = join(folder, "model");
  await mkdir(join(model, "onnx"), { recursive: true });
  for (const [name, json] of Object.entries(FILES)) await writeFile(join(model, name), JSON.stringify(json));
  const graphs = { vision: quantiseMatMuls(vision()), text: text() };
  expect(graphs.vision.nodes.map(({ op }) => op)).toContain("MatMulIntegerToFloat");
  for (const [tower, graph] of Object.entries(graphs))
    await writeTower(join(model, "onnx"), `${tower}_model_quantized`, graph);
  const home = join(folder, "home");
  await expect(quantize(model, { home, offline: true })).rejects.toMatchObject({
    code: "quantize.already",
    message: `Expected a model with weights to quantise but ${model} computes with 8 bits already.`,
  });
  const there = await readdir(join(home, "compiled")).catch(() => []);
  expect(there.filter((name) => !name.endsWith(".json"))).toEqual([]);
});
