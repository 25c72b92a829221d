import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadClip } from "../../src/clip.js";
import { huggingFaceSettings } from "../../src/models/huggingface-config.js";
import { JsonObject } from "../../src/models/json.js";
import { openModel } from "../../src/models/open.js";
import { OPENAI_NORMALISATION } from "../../src/models/spec.js";
import { cosine } from "../support/cosine.js";
import { copyCase, MODELS, type MultilingualCase } from "./multilingual-case.js";

/** Keys of jinaai/jina-clip-v2's config.json that say something about its towers. */
const TEXT = {
  default_instruction_task: null,
  default_lora_task: "retrieval.query",
  embed_dim: 1024,
  hf_model_config_kwargs: {
    load_trained_adapters: false,
    lora_adaptations: ["retrieval.query"],
    lora_alpha: 4,
    lora_dropout_p: 0,
    lora_rank: 4,
    task_instructions: { "retrieval.query": "Represent the query for retrieving evidence documents: " },
    use_flash_attn: true,
  },
  hf_model_name_or_path: "jinaai/jina-embeddings-v3",
  model_type: "jina_clip_text",
  pooler_type: "mean_pooler",
  proj_bias: false,
  proj_type: null,
};
const VISION = {
  embed_dim: 1024,
  head_width: 64,
  image_size: 512,
  intp_freq: true,
  layers: 24,
  ls_init_value: null,
  mlp_ratio: 2.6667,
  naive_swiglu: true,
  patch_dropout: 0.1,
  patch_size: 14,
  post_norm: false,
  proj_type: null,
  pt_hw_seq_len: 16,
  qkv_bias: true,
  rope_embeddings: true,
  subln: true,
  width: 1024,
};
const CONFIG = {
  add_projections: false,
  model_type: "jina_clip",
  text_config: TEXT,
  truncate_dim: null,
  vision_config: VISION,
};
const PICTURES = { fill_color: 0, interpolation: "bicubic", resize_mode: "shortest", size: 512 };

function settings(config: object, pictures: object = PICTURES) {
  const [own, beside] = [
    [config, "config.json"] as const,
    [pictures, "preprocessor_config.json"] as const,
  ].map(([value, name]) => JsonObject.of(value, name, "model.unsupported"));
  return huggingFaceSettings(own!, beside!);
}

test("the published configuration", () => {
  expect(settings(CONFIG)).toMatchObject({
    derive: {
      activation: "gelu",
      imageHeads: 16,
      imageEpsilon: 1e-6,
      imageSize: 512,
      rotaryGrid: 16,
      textEpsilon: 1e-5,
      textTower: {
        pool: "mean",
        contextLength: 512,
        rotaryBase: 20_000,
        adapter: { task: "retrieval.query", index: 0, tasks: 1, rank: 4, scale: 1 },
      },
    },
    preprocessing: { size: 512, resizeTo: 512, filter: "bicubic", style: "openai" },
    normalisation: OPENAI_NORMALISATION,
    folderTokenizer: {},
    family: { languages: ["mul"] },
  });
});

test("what the text tower's own configuration says stands where nothing else does", () => {
  const text = { ...TEXT, default_lora_task: "separation", hf_model_config_kwargs: {} };
  const { textTower } = settings({ ...CONFIG, text_config: text }).derive;
  expect(textTower?.adapter).toEqual({ task: "separation", index: 2, tasks: 5, rank: 4, scale: 0.25 });
  const none = settings({ ...CONFIG, text_config: { ...TEXT, default_lora_task: null } }).derive;
  expect(none.textTower).not.toHaveProperty("adapter");
});

test.each([
  ["a square", { ...PICTURES, resize_mode: "squash", size: [36, 36] }, { size: 36, resizeTo: "squash" }],
  ["nothing", {}, { resizeTo: "size", filter: "bicubic" }],
  ["one number for all colours", { size: 36, interpolation: "bilinear" }, { size: 36, filter: "bilinear" }],
])("preprocessor_config.json with %s", (_, pictures, expected) => {
  expect(settings(CONFIG, pictures).preprocessing).toMatchObject(expected);
});

test("one mean and one deviation are those of each colour", () => {
  const { normalisation } = settings(CONFIG, { ...PICTURES, mean: 0.5, std: [0.25, 0.5, 1] });
  expect(normalisation).toEqual({ mean: [0.5, 0.5, 0.5], std: [0.25, 0.5, 1] });
});

const withText = (more: object) => ({ ...CONFIG, text_config: { ...TEXT, ...more } });
const withVision = (more: object) => ({ ...CONFIG, vision_config: { ...VISION, ...more } });
const { hf_model_config_kwargs: kwargs } = TEXT;

test.each<[object, object, RegExp]>([
  [{ model_type: "jina_clip" }, PICTURES, /text_config to be an object but received nothing/],
  [{ ...CONFIG, vision_config: undefined }, PICTURES, /vision_config to be an object but received nothing/],
  [{ ...CONFIG, vision_config: {} }, PICTURES, /rope_embeddings to be true but received nothing/],
  [withVision({ post_norm: true }), PICTURES, /post_norm to be false but received true/],
  [withVision({ ls_init_value: 0.1 }), PICTURES, /ls_init_value to be null/],
  [withVision({ qkv_bias: false }), PICTURES, /qkv_bias to be true/],
  [withVision({ proj_type: "mlp" }), PICTURES, /vision_config: proj_type to be null or linear/],
  [withVision({ image_size: 1e9 }), PICTURES, /image_size to be a whole number from 1 to 4096/],
  [{ ...CONFIG, add_projections: true }, PICTURES, /add_projections to be false/],
  [{ ...CONFIG, truncate_dim: 512 }, PICTURES, /truncate_dim to be null but received 512/],
  [withText({ hf_model_name_or_path: undefined }), PICTURES, /hf_model_name_or_path to be a text/],
  [
    withText({ hf_model_name_or_path: "jinaai/jina-bert-flash-implementation" }),
    PICTURES,
    /hf_model_name_or_path to be jinaai\/jina-embeddings-v3, as in Jina-CLIP v2 \(v1 has a text tower of another kind\) but received "jinaai\/jina-bert-flash/,
  ],
  [
    withText({ default_lora_task: "translation" }),
    PICTURES,
    /default_lora_task to be one of retrieval\.query but received "translation"/,
  ],
  [
    withText({ default_instruction_task: "retrieval.query" }),
    PICTURES,
    /default_instruction_task to be null/,
  ],
  [withText({ pooler_type: "cls_pooler" }), PICTURES, /pooler_type to be one of mean_pooler/],
  [
    withText({ hf_model_config_kwargs: { ...kwargs, lora_adaptations: "all" } }),
    PICTURES,
    /lora_adaptations to be a list of texts/,
  ],
  [
    withText({ hf_model_config_kwargs: { ...kwargs, rotary_emb_base: 0 } }),
    PICTURES,
    /rotary_emb_base to be a number above 1/,
  ],
  [
    withText({ hf_model_config_kwargs: { ...kwargs, position_embedding_type: "alibi" } }),
    PICTURES,
    /position_embedding_type to be one of rotary but received "alibi"/,
  ],
  [
    { ...CONFIG, matryoshka_dimensions: [0] },
    PICTURES,
    /matryoshka_dimensions to be a list of at most 100 whole numbers from 1/,
  ],
  [CONFIG, { ...PICTURES, resize_mode: "longest" }, /resize_mode to be one of shortest, squash/],
  [CONFIG, { ...PICTURES, size: [512, 384] }, /size to be one or two equal whole numbers from 1 to 4096/],
  [CONFIG, { ...PICTURES, std: 0 }, /std to be positive numbers/],
])("%j with %j is refused", (config, pictures, message) => {
  expect(() => settings(config, pictures)).toThrow(
    expect.objectContaining({ code: "model.unsupported", message: expect.stringMatching(message) }),
  );
});

const { cases } = JSON.parse(await readFile(`${MODELS}models.json`, "utf8")) as {
  readonly cases: readonly MultilingualCase[];
};
const home = await mkdtemp(join(tmpdir(), "zeroclip-jina-"));
afterAll(() => rm(home, { recursive: true }));

const known = new Map(cases.map((item) => [item.path, item]));
const PUBLISHED = known.get("jina-clip-v2")!;

beforeAll(async () => {
  for (const item of [PUBLISHED, known.get("jina-clip-tasks")!]) await copyCase(item, join(home, item.path));
});

/** A copy of the model's folder whose configuration, or weights' header, is changed. */
async function changed(
  name: string,
  change: { config?: (config: typeof CONFIG) => object; header?: (text: string) => string },
): Promise<string> {
  const to = join(home, name);
  await cp(join(home, PUBLISHED.path), to, { recursive: true });
  const configFile = join(to, "config.json");
  const config = JSON.parse(await readFile(configFile, "utf8")) as typeof CONFIG;
  if (change.config) await writeFile(configFile, JSON.stringify(change.config(config)));
  if (change.header) {
    const weights = join(to, "model.safetensors");
    const bytes = await readFile(weights);
    const end = 8 + Number(bytes.readBigUInt64LE());
    const text = change.header(bytes.toString("utf8", 8, end));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(Buffer.byteLength(text)));
    await writeFile(weights, Buffer.concat([length, Buffer.from(text), bytes.subarray(end)]));
  }
  return to;
}

test("facts of a model of these files", async () => {
  const { manifest } = await openModel(join(home, PUBLISHED.path), { cacheFolder: join(home, "compiled") });
  expect(manifest).toMatchObject({
    dim: 64,
    shorterDims: [32, 16, 8],
    languages: ["mul"],
    image: { preprocessing: { size: 36, resizeTo: 36, filter: "bicubic", style: "openai" } },
    text: { maskInput: "attention_mask", tokenizer: { maxLength: 512, padTokenId: 1 } },
  });
  expect(manifest.logitScale).toBeCloseTo(Math.exp(4.59375), 3);
  expect(manifest.scoring).toBeUndefined();
});

describe.each(["jina-clip-v2", "jina-clip-tasks"])("%s", (path) => {
  test("without a task texts are read as without adapters", async () => {
    const item = known.get(path)!;
    const folder = join(home, `${path}-plain`);
    await cp(join(home, path), folder, { recursive: true });
    const config = JSON.parse(await readFile(join(folder, "config.json"), "utf8"));
    config.text_config.default_lora_task = null;
    await writeFile(join(folder, "config.json"), JSON.stringify(config));
    await using clip = await loadClip(folder, { home, threads: 1 });
    const found = await clip.encodeTexts(item.texts, { onWarning: () => {} });
    for (const [i, expected] of item.plain!.entries()) {
      expect(cosine(found[i]!, expected)).toBeGreaterThan(0.999999);
      expect(cosine(found[i]!, item.text[i]!)).toBeLessThan(0.999);
    }
  });
});

test("its towers are taken one by one, each with its own settings", async () => {
  const path = join(home, PUBLISHED.path);
  await using clip = await loadClip(`${path}+${path}`, { home, threads: 1 });
  expect(clip.model).toMatchObject({ dim: 64, shorterDims: [32, 16, 8] });
  const found = await clip.encodeTexts(PUBLISHED.texts, { onWarning: () => {} });
  for (const [i, expected] of PUBLISHED.text.entries())
    expect(cosine(found[i]!, expected)).toBeGreaterThan(0.999999);
});

test("the same weights for another task are another model", async () => {
  const plain = await changed("no-task", {
    config: (config) => ({ ...config, text_config: { ...config.text_config, default_lora_task: null } }),
  });
  const [a, b] = await Promise.all(
    [join(home, PUBLISHED.path), plain].map((path) =>
      openModel(path, { cacheFolder: join(home, "compiled") }),
    ),
  );
  expect(a!.manifest.revision).not.toBe(b!.manifest.revision);
});

test.each<[string, Parameters<typeof changed>[1], string, RegExp]>([
  [
    "two tasks, of which the file has one",
    {
      config: ({ text_config: text, ...rest }) => {
        const tasks = { ...text.hf_model_config_kwargs, lora_adaptations: ["retrieval.query", "other"] };
        return { ...rest, text_config: { ...text, hf_model_config_kwargs: tasks } };
      },
    },
    "checkpoint.shape",
    /lora_[AB] to have shape \[2, .*\] but received \[1, /,
  ],
  [
    "another rank",
    {
      config: ({ text_config: text, ...rest }) => {
        const tasks = { ...text.hf_model_config_kwargs, lora_rank: 8 };
        return { ...rest, text_config: { ...text, hf_model_config_kwargs: tasks } };
      },
    },
    "checkpoint.shape",
    /lora_[AB] to have shape \[1, .*8.*\]/,
  ],
  [
    "adapters that are missing",
    { header: (text) => text.replaceAll("lora_A", "lora_X") },
    "checkpoint.missing-tensor",
    /the adapter for retrieval\.query, which the configuration names \(default_lora_task\), but there is none at text_model\..*lora_A/,
  ],
  [
    "no adapter at all",
    { header: (text) => text.replaceAll(".parametrizations.weight.original", ".weight") },
    "checkpoint.missing-tensor",
    /the adapter for retrieval\.query.* none at text_model\.transformer/,
  ],
  [
    "a layer that is missing",
    { header: (text) => text.replaceAll("blocks.1.mlp.w2", "blocks.1.mlp.w9") },
    "checkpoint.missing-tensor",
    /visual\.blocks\.1\.mlp\.w2\.weight .*\(vision_model\.blocks\.1\.mlp\.w2\.weight in Hugging Face's naming\)/,
  ],
  [
    "pictures of another size than its positions",
    { config: (config) => ({ ...config, vision_config: { ...config.vision_config, image_size: 512 } }) },
    "checkpoint.shape",
    /positions for 4096 patches of 8 pixels, as a picture of 512 has, but the weights have 16/,
  ],
  [
    "heads that can't be turned in pairs",
    { config: (config) => ({ ...config, vision_config: { ...config.vision_config, head_width: 2 } }) },
    "checkpoint.shape",
    /heads in the image tower whose width is a multiple of 4 but received 2/,
  ],
])("a folder with %s is refused", async (name, change, code, message) => {
  const folder = await changed(name.replaceAll(/\W/g, "-"), change);
  const opened = loadClip(folder, { home, threads: 1 }).then(async (clip) => {
    await using open = clip;
    await open.encodeTexts(["a cat"]);
  });
  await expect(opened).rejects.toThrow(
    expect.objectContaining({ code, message: expect.stringMatching(message) }),
  );
});

test("weights without their configuration are refused", async () => {
  const folder = await changed("alone", {});
  await rm(join(folder, "config.json"));
  await expect(loadClip(folder, { home, threads: 1 })).rejects.toThrow(
    expect.objectContaining({
      code: "model.unsupported",
      message: expect.stringMatching(/a config\.json that says how the tower for texts turns places/),
    }),
  );
});
