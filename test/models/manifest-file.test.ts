import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseManifest } from "../../src/models/manifest-file.js";
import { openModel } from "../../src/models/open.js";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "zeroclip-manifest-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** As tools/starter/export.py writes it. */
const starter = {
  formatVersion: 1,
  name: "starter",
  kind: "two-tower-onnx",
  dim: 768,
  logitScale: 14.5,
  image: {
    file: "image.onnx",
    input: "pixels",
    output: "features",
    size: 260,
    resize: { mode: "shorter-side", filter: "bicubic", resizeTo: 280, crop: 260 },
  },
  text: {
    file: "text.onnx",
    inputs: ["input_ids", "attention_mask"],
    output: "features",
    tokenizer: "tokenizer.json",
    maxLength: 64,
    padTokenId: 0,
    unknownToken: "[UNK]",
  },
  languages: ["en"],
  knownScripts: ["Latin"],
  templates: ["a photo of a {}."],
  parameters: { image: 5_000_000, text: 10_000_000 },
  precision: "int8 weights, one scale an output channel; arithmetic in fp32",
};

test("the starter's file is a manifest; files make its revision", async () => {
  await writeFile(join(folder, "zeroclip.json"), JSON.stringify(starter));
  for (const name of ["image.onnx", "text.onnx", "tokenizer.json"]) await writeFile(join(folder, name), name);
  const first = await openModel(folder, { cacheFolder: join(folder, "cache") });
  expect(first).toEqual({
    folder,
    manifest: {
      formatVersion: 1,
      name: "starter",
      revision: expect.stringMatching(/^[0-9a-f]{64}$/),
      precision: "fp32",
      dim: 768,
      logitScale: 14.5,
      image: {
        file: "image.onnx",
        input: "pixels",
        output: "features",
        pixels: { layout: "u8-nhwc" },
        preprocessing: { size: 260, resizeTo: 280, filter: "bicubic", style: "openai" },
      },
      text: {
        file: "text.onnx",
        idsInput: "input_ids",
        idsType: "int64",
        maskInput: "attention_mask",
        output: "features",
        tokenizer: {
          kind: "huggingface",
          file: "tokenizer.json",
          maxLength: 64,
          padTokenId: 0,
          padToMaxLength: false,
        },
      },
      parameters: { image: 5_000_000, text: 10_000_000 },
      templates: ["a photo of a {}."],
      knownScripts: ["Latin"],
      languages: ["en"],
    },
  });
  await writeFile(join(folder, "text.onnx"), "other weights");
  const second = await openModel(folder, { cacheFolder: join(folder, "cache") });
  expect(second.manifest.revision).not.toBe(first.manifest.revision);
});

const { image, text } = starter;

test.each([
  [{ formatVersion: 2 }, /formatVersion to be a whole number from 1 to 1 but received 2/],
  [{ kind: "one-tower" }, /kind to be one of two-tower-onnx but received "one-tower"/],
  [{ dim: 0 }, /dim to be a whole number/],
  [{ logitScale: -1 }, /logitScale to be a positive number but received -1/],
  [{ precision: "half" }, /precision to be a text that begins with fp32, fp16 or int8 but received "half"/],
  [{ templates: [] }, /templates to list 1 to 1000 texts but received 0/],
  [{ templates: [1] }, /templates to be a list of texts/],
  [{ name: undefined }, /name to be a text but received nothing/],
  [{ image: undefined }, /image to be an object but received nothing/],
  [{ image: { ...image, file: "../image.onnx" } }, /file to be a file inside the folder/],
  [{ image: { ...image, file: "/etc/passwd" } }, /file to be a file inside the folder/],
  [{ text: { ...text, tokenizer: "C:\\x" } }, /tokenizer to be a file inside the folder/],
  [{ image: { ...image, size: 100_000 } }, /size to be a whole number from 1 to 4096/],
  [
    { image: { ...image, resize: { ...image.resize, crop: 200 } } },
    /crop to be a whole number from 260 to 260/,
  ],
  [
    { image: { ...image, resize: { ...image.resize, resizeTo: 200 } } },
    /resizeTo to be a whole number from 260/,
  ],
  [{ image: { ...image, resize: { ...image.resize, filter: "area" } } }, /filter to be one of bicubic/],
  [{ text: { ...text, inputs: [] } }, /inputs to be one or two names/],
])("%j is refused", (change, message) => {
  expect(() => parseManifest({ ...starter, ...change }, "zeroclip.json")).toThrow(
    expect.objectContaining({ code: "model.manifest", message: expect.stringMatching(message) }),
  );
});

test("a picture may be squashed to the tower's square", () => {
  const squashed = { ...starter, image: { ...image, resize: { mode: "squash", filter: "bilinear" } } };
  expect(parseManifest(squashed, "zeroclip.json").image.preprocessing).toEqual({
    size: 260,
    resizeTo: "squash",
    filter: "bilinear",
    style: "openai",
  });
});
