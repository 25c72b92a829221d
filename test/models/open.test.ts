import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openModel } from "../../src/models/open.js";
import type { Rules } from "../../src/models/plan.js";
import { writeCheckpoint } from "../quantize/checkpoint.js";
import { CHECKPOINTS } from "./golden.js";

let folder = "";
let cacheFolder = "";

const TOKENIZER = { added_tokens: [{ id: 127, content: "<|endoftext|>" }], model: { vocab: {} } };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "zeroclip-open-"));
  cacheFolder = join(folder, "cache");
  await cp(`${CHECKPOINTS}tiny-vit-hf`, join(folder, "hf"), { recursive: true });
  await writeFile(join(folder, "hf/tokenizer.json"), JSON.stringify(TOKENIZER));
  await writeFile(join(folder, "hf/tokenizer_config.json"), '{"pad_token": "<|endoftext|>"}');
  const preprocessor = { size: { shortest_edge: 36 }, crop_size: 32, resample: 2 };
  await writeFile(join(folder, "hf/preprocessor_config.json"), JSON.stringify(preprocessor));
});
afterAll(() => rm(folder, { recursive: true }));

test("a Hugging Face folder follows its own configuration and takes its tokenizer along", async () => {
  const { manifest, folder: compiled } = await openModel(join(folder, "hf"), { cacheFolder });
  expect(manifest).toMatchObject({
    name: "hf",
    dim: 24,
    image: { preprocessing: { size: 32, resizeTo: 36, filter: "bilinear", style: "huggingface" } },
    text: { tokenizer: { kind: "huggingface", file: "tokenizer.json", maxLength: 16, padTokenId: 127 } },
  });
  expect(JSON.parse(await readFile(join(compiled, "tokenizer.json"), "utf8"))).toEqual(TOKENIZER);
});

test("the original's rules can be asked for, and are another revision", async () => {
  const own = await openModel(join(folder, "hf"), { cacheFolder });
  const { manifest } = await openModel(join(folder, "hf"), { cacheFolder, rules: "openai" });
  expect(manifest).toMatchObject({
    image: { preprocessing: { size: 32, resizeTo: 36, filter: "bilinear", style: "openai" } },
    text: { tokenizer: { kind: "clip-bpe", contextLength: 16 } },
  });
  expect(manifest.revision).not.toBe(own.manifest.revision);
});

test.each([
  ["tiny-vit.openai.pt", "auto", { size: 32, resizeTo: 32, filter: "bicubic", style: "openai" }],
  ["tiny-vit-open-clip", "auto", { size: 32, resizeTo: 32, filter: "bicubic", style: "openai" }],
] as const)("%s by the rules of %s", async (path, rules, preprocessing) => {
  const { manifest } = await openModel(CHECKPOINTS + path, { cacheFolder, rules });
  expect(manifest.image.preprocessing).toEqual(preprocessing);
  expect(manifest.text.tokenizer.kind).toBe("clip-bpe");
});

test("fp16 is a form of its own: asked for, or where a GPU is", async () => {
  const path = `${CHECKPOINTS}tiny-vit.openai.pt`;
  const own = await openModel(path, { cacheFolder });
  const half = await openModel(path, { cacheFolder, precision: "fp16" });
  expect(half.manifest).toMatchObject({
    name: "tiny-vit.openai.pt@fp16",
    precision: "fp16",
    dim: own.manifest.dim,
  });
  expect(half.manifest.revision).not.toBe(own.manifest.revision);
  for (const precision of [undefined, "auto"] as const) {
    const options = { cacheFolder, session: { device: "cuda" }, ...(precision && { precision }) } as const;
    expect((await openModel(path, options)).folder).toBe(half.folder);
  }
  const cpu = { cacheFolder, session: { device: "cpu" } } as const;
  expect((await openModel(path, cpu)).folder).toBe(own.folder);
  expect((await openModel(path, { ...cpu, session: { device: "webgpu" }, precision: "fp32" })).folder).toBe(
    own.folder,
  );
  await half.discard?.();
  expect(await readdir(cacheFolder)).not.toContain(basename(half.folder));
});

test("ONNX files run as they are: they have no fp16 made here", async () => {
  const starter = fileURLToPath(new URL("../../starter", import.meta.url));
  await expect(openModel(starter, { cacheFolder, precision: "fp16" })).rejects.toMatchObject({
    code: "model.unsupported",
  });
  const onGpu = await openModel(starter, { cacheFolder, session: { device: "webgpu" } });
  expect(onGpu.folder).toBe(starter);
});

async function copyWith(name: string, file: string, content: unknown): Promise<string> {
  const at = join(folder, name);
  await cp(join(folder, "hf"), at, { recursive: true });
  await writeFile(join(at, file), JSON.stringify(content));
  return at;
}

const cases: [string, () => Promise<string>, Rules, string, RegExp][] = [
  [
    "a folder without tokenizer.json",
    async () => `${CHECKPOINTS}tiny-vit-hf`,
    "auto",
    "model.unsupported",
    /tokenizer\.json/,
  ],
  [
    "pictures of another size than the weights'",
    () => copyWith("size", "preprocessor_config.json", { size: 224, crop_size: 224 }),
    "auto",
    "model.unsupported",
    /Expected pictures of 32 pixels, as the weights have, but the folder's configuration says 224/,
  ],
  [
    "a model of another type",
    () => copyWith("blip", "config.json", { model_type: "blip" }),
    "auto",
    "model.unsupported",
    /model_type to be one of clip, chinese_clip, siglip, jina_clip but received "blip"/,
  ],
  [
    "a checkpoint of something else",
    async () => `${CHECKPOINTS}views.pt`,
    "auto",
    "checkpoint.missing-tensor",
    /ln_final\.weight/,
  ],
  ["nothing", async () => join(folder, "nothing"), "auto", "checkpoint.not-found", /nothing/],
];

test.each(cases)("%s", async (_, path, rules, code, message) => {
  const error = { code, message: expect.stringMatching(message) };
  await expect(openModel(await path(), { cacheFolder, rules })).rejects.toMatchObject(error);
});

test("a file alone follows transformers' rules with OpenAI's vocabulary where asked", async () => {
  const { manifest } = await openModel(`${CHECKPOINTS}tiny-vit.openai.pt`, {
    cacheFolder,
    rules: "huggingface",
  });
  expect(manifest.text.tokenizer).toMatchObject({ kind: "clip-bpe", cleaning: "transformers" });
  expect(manifest.image.preprocessing.style).toBe("huggingface");
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1000])(
  "a logit_scale of %s, of which nothing is probable, is refused, and no compiled form is left",
  async (value) => {
    const scratch = await mkdtemp(join(tmpdir(), "zeroclip-scale-"));
    try {
      const path = join(scratch, "tiny.safetensors");
      await writeCheckpoint(path);
      const bytes = await readFile(path);
      // The last tensor of the file.
      bytes.writeFloatLE(value, bytes.length - 4);
      await writeFile(path, bytes);
      const cacheFolder = join(scratch, "compiled");
      await expect(openModel(path, { cacheFolder })).rejects.toMatchObject({
        code: "checkpoint.damaged",
        message: expect.stringContaining(`the weights have ${value}.`),
      });
      const left = await readdir(cacheFolder).catch(() => []);
      // Hashes of files are remembered, nothing of the model.
      expect(left.filter((name) => !name.startsWith(".") && name !== "hashes.json")).toEqual([]);
    } finally {
      await rm(scratch, { recursive: true });
    }
  },
);
