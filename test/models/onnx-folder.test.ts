import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { GraphBuilder } from "../../src/graph/builder.js";
import * as ops from "../../src/graph/ops.js";
import type { Graph, OnnxType } from "../../src/graph/types.js";
import { openModel } from "../../src/models/open.js";
import { writeTower } from "../../src/models/write-tower.js";
import { openSession } from "../../src/runtime/session.js";

let folder = "";
let cacheFolder = "";

/** Takes f32 [n, 3, 8, 8] and gives the mean of each colour, under a name. */
function vision(output = "image_embeds"): Graph {
  const g = new GraphBuilder("vision");
  const pixels = g.input("pixel_values", "f32", ["n", 3, 8, 8]);
  const means = ops.mean(g, ops.reshape(g, pixels, [-1, 3, 64]), 2);
  g.output(ops.reshape(g, means, [-1, 3]), output, ["n", 3]);
  return g.finish();
}

/** Takes ids [n, length] and a mask, and gives rows of a table at the first id. */
function text(type: OnnxType = "i64"): Graph {
  const g = new GraphBuilder("text");
  const ids = g.input("input_ids", type, ["n", "length"]);
  g.input("attention_mask", type, ["n", "length"]);
  const table = g.floats(
    "table",
    Float32Array.from({ length: 30 }, (_, i) => i),
    [10, 3],
  );
  const first = ops.slice(g, ids, g.ints([0]), g.ints([1]), 1);
  g.output(ops.reshape(g, ops.gather(g, table, first), [-1, 3]), "text_embeds", ["n", 3]);
  return g.finish();
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "zeroclip-onnx-"));
  cacheFolder = join(folder, "cache");
  await mkdir(join(folder, "model/onnx"), { recursive: true });
  const files = {
    "config.json": { model_type: "clip", projection_dim: 3, text_config: { max_position_embeddings: 20 } },
    "preprocessor_config.json": {
      size: { shortest_edge: 10 },
      crop_size: { height: 8, width: 8 },
      resample: 2,
      image_mean: [0.1, 0.2, 0.3],
      image_std: [0.5, 0.5, 0.5],
    },
    "tokenizer.json": { added_tokens: [{ id: 9, content: "<pad>" }], model: { vocab: { a: 1 } } },
    "tokenizer_config.json": { pad_token: { content: "<pad>" } },
  };
  for (const [name, json] of Object.entries(files))
    await writeFile(join(folder, "model", name), JSON.stringify(json));
  await writeTower(join(folder, "model/onnx"), "vision_model", vision());
  await writeTower(join(folder, "model/onnx"), "text_model", text());
  await writeTower(join(folder, "model/onnx"), "vision_model_quantized", vision());
  await writeTower(join(folder, "model/onnx"), "text_model_quantized", text("i32"));
});
afterAll(() => rm(folder, { recursive: true }));

test("a folder in transformers.js's layout is a runnable model", async () => {
  const { manifest, folder: at } = await openModel(join(folder, "model"), { cacheFolder });
  expect(manifest).toMatchObject({
    name: "model",
    precision: "fp32",
    dim: 3,
    logitScale: 100,
    image: {
      file: "onnx/vision_model.onnx",
      input: "pixel_values",
      output: "image_embeds",
      pixels: { layout: "f32-nchw", mean: [0.1, 0.2, 0.3], std: [0.5, 0.5, 0.5] },
      preprocessing: { size: 8, resizeTo: 10, filter: "bilinear", style: "huggingface" },
    },
    text: {
      file: "onnx/text_model.onnx",
      idsInput: "input_ids",
      idsType: "int64",
      maskInput: "attention_mask",
      output: "text_embeds",
      tokenizer: {
        kind: "huggingface",
        file: "tokenizer.json",
        maxLength: 20,
        padTokenId: 9,
        padToMaxLength: false,
      },
    },
  });
  expect(manifest.revision).toMatch(/^[0-9a-f]{64}$/);
  await using session = await openSession(join(at, manifest.text.file));
  const ids = { type: "int64", data: BigInt64Array.of(2n, 1n), dims: [1, 2] } as const;
  const { data } = await session.run({ input_ids: ids, attention_mask: ids }, manifest.text.output);
  expect([...data]).toEqual([6, 7, 8]);
});

test("another form is chosen by name, and has another revision", async () => {
  const best = await openModel(join(folder, "model"), { cacheFolder });
  const { manifest } = await openModel(join(folder, "model"), { cacheFolder, variant: "quantized" });
  expect(manifest).toMatchObject({
    precision: "int8",
    text: { file: "onnx/text_model_quantized.onnx", idsType: "int32" },
  });
  expect(manifest.revision).not.toBe(best.manifest.revision);
  await expect(openModel(join(folder, "model"), { cacheFolder, variant: "q4" })).rejects.toMatchObject({
    code: "model.unsupported",
    message: expect.stringContaining("Expected one of fp32, quantized in"),
  });
});

test.each([
  ["no tokenizer", (at: string) => rm(join(at, "tokenizer.json")), /tokenizer\.json/],
  [
    "other outputs",
    async (at: string) => {
      await rm(join(at, "onnx/vision_model.onnx"));
      await writeTower(join(at, "onnx"), "vision_model", vision("pooler_output"));
    },
    /to give image_embeds \(f32\) but it gives pooler_output \(f32\)/,
  ],
  [
    "other inputs",
    async (at: string) => {
      await rm(join(at, "onnx/text_model.onnx"));
      await writeTower(join(at, "onnx"), "text_model", text("f32"));
    },
    /to take input_ids \(i64 or i32\) but it takes input_ids \(f32\)/,
  ],
  [
    "a torn configuration",
    (at: string) => writeFile(join(at, "preprocessor_config.json"), "{"),
    /to be JSON/,
  ],
] as const)("%s", async (name, damage, message) => {
  const at = join(folder, name);
  await cp(join(folder, "model"), at, { recursive: true });
  await damage(at);
  const error = { code: "model.unsupported", message: expect.stringMatching(message) };
  await expect(openModel(at, { cacheFolder })).rejects.toMatchObject(error);
});
