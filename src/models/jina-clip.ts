import type { DeriveOptions } from "./derive-options.js";
import { JINA_CONTEXT, JINA_TOWERS, type JinaTower, MULTILINGUAL } from "./families.js";
import type { JsonObject } from "./json.js";
import type { FolderSettings, ModelSettings } from "./settings.js";
import { type Normalisation, OPENAI_NORMALISATION, type TaskAdapter } from "./spec.js";

/** Widest layer, and most heads, believed in a configuration. */
const MOST_WIDTH = 1 << 20;

/** Largest side of a picture, and most patches a side, that a configuration may ask for. */
const MOST_PIXELS = 4096;

/** Most lengths that vectors may be cut to; published models have seven. */
const MOST_LENGTHS = 100;

/** Keys of an image tower's configuration that have one value in all published Jina-CLIPs (JinaCLIPVisionConfig; they default to false there). */
const SWITCHES = {
  rope_embeddings: true,
  intp_freq: true,
  naive_swiglu: true,
  subln: true,
  post_norm: false,
};

/**
 * Jina-CLIP v2's config.json and preprocessor_config.json (configuration_clip.py and processing_clip.py of jina-clip-implementation) → what
 * its weights don't show. Raises `model.unsupported` for towers of other shapes, as the text tower of v1 is, and for tasks without adapters.
 */
export function jinaSettings(config: JsonObject, pictures: JsonObject): FolderSettings {
  if (config.boolean("add_projections", false)) throw config.wrong("add_projections", "false");
  if (config.has("truncate_dim")) throw config.wrong("truncate_dim", "null");
  return {
    derive: { ...textDerive(config.object("text_config")), ...imageDerive(config.object("vision_config")) },
    ...jinaPreprocessing(pictures),
    cutsAsOriginal: true,
    ...(config.has("matryoshka_dimensions")
      ? { shorterDims: config.integers("matryoshka_dimensions", 1, MOST_WIDTH, MOST_LENGTHS) }
      : {}),
    folderTokenizer: {},
    family: MULTILINGUAL,
  };
}

function imageDerive(vision: JsonObject): DeriveOptions {
  for (const [key, value] of Object.entries(SWITCHES))
    if (vision.boolean(key, false) !== value) throw vision.wrong(key, String(value));
  if (!vision.boolean("qkv_bias", true)) throw vision.wrong("qkv_bias", "true");
  if (vision.has("ls_init_value")) throw vision.wrong("ls_init_value", "null");
  refuseOtherProjection(vision);
  const width = vision.integer("width", 1, MOST_WIDTH, 768);
  const headWidth = vision.integer("head_width", 1, MOST_WIDTH, 64);
  return {
    imageHeads: Math.floor(width / headWidth),
    imageEpsilon: 1e-6,
    imageSize: vision.integer("image_size", 1, MOST_PIXELS, 224),
    rotaryGrid: vision.integer("pt_hw_seq_len", 1, MOST_PIXELS, 16),
  };
}

function textDerive(text: JsonObject): DeriveOptions {
  const name = text.string("hf_model_name_or_path");
  const tower = JINA_TOWERS.find((known) => known.name.test(name.toLowerCase()));
  if (!tower) {
    const expected = "jinaai/jina-embeddings-v3, as in Jina-CLIP v2 (v1 has a text tower of another kind)";
    throw text.wrong("hf_model_name_or_path", expected);
  }
  text.oneOf("pooler_type", ["mean_pooler"], "mean_pooler");
  if (text.has("default_instruction_task")) throw text.wrong("default_instruction_task", "null");
  refuseOtherProjection(text);
  const more = text.optionalObject("hf_model_config_kwargs");
  more.oneOf("position_embedding_type", ["rotary"], "rotary");
  more.oneOf("hidden_act", ["gelu"], "gelu");
  const rotaryBase = more.number("rotary_emb_base", tower.rotaryBase);
  if (rotaryBase <= 1) throw more.wrong("rotary_emb_base", "a number above 1");
  const adapter = adapterOf(text, more, tower);
  return {
    activation: "gelu",
    textEpsilon: more.number("layer_norm_eps", tower.epsilon),
    ...(more.has("num_attention_heads")
      ? { textHeads: more.integer("num_attention_heads", 1, MOST_WIDTH) }
      : {}),
    textTower: { pool: "mean", contextLength: JINA_CONTEXT, rotaryBase, ...(adapter ? { adapter } : {}) },
  };
}

/** The task that texts are read for where nobody says another; none: the weights without what tasks add. */
function adapterOf(text: JsonObject, more: JsonObject, tower: JinaTower): TaskAdapter | undefined {
  if (!text.has("default_lora_task")) return undefined;
  const tasks = more.strings("lora_adaptations", tower.tasks);
  const task = text.oneOf("default_lora_task", tasks);
  const rank = more.integer("lora_rank", 1, MOST_WIDTH, tower.rank);
  const scale = more.number("lora_alpha", tower.alpha) / rank;
  return { task, index: tasks.indexOf(task), tasks: tasks.length, rank, scale };
}

/** A matrix behind a tower is found by its tensors. */
function refuseOtherProjection(tower: JsonObject): void {
  if (tower.has("proj_type") && tower.fields.proj_type !== "linear")
    throw tower.wrong("proj_type", "null or linear");
}

/** JinaCLIPImageProcessor's keys and defaults; where a folder says no size, that of the tower. */
function jinaPreprocessing(pictures: JsonObject): Pick<ModelSettings, "preprocessing" | "normalisation"> {
  const mode = pictures.oneOf("resize_mode", ["shortest", "squash"], "shortest");
  const filter = pictures.oneOf("interpolation", ["bicubic", "bilinear"], "bicubic");
  const size = pictures.has("size") ? sizeOf(pictures) : undefined;
  return {
    preprocessing: {
      ...(size === undefined ? {} : { size }),
      resizeTo: mode === "squash" ? "squash" : (size ?? "size"),
      filter,
      style: "openai",
    },
    normalisation: normalisationOf(pictures),
  };
}

/** A side, or two that are equal. */
function sizeOf(pictures: JsonObject): number {
  const given = pictures.fields.size;
  if (!Array.isArray(given)) return pictures.integer("size", 1, MOST_PIXELS);
  const [side] = given;
  const isSquare = given.length <= 2 && given.every((one) => one === side);
  if (isSquare && Number.isInteger(side) && side >= 1 && side <= MOST_PIXELS) return side;
  throw pictures.wrong("size", `one or two equal whole numbers from 1 to ${MOST_PIXELS}`);
}

function normalisationOf(pictures: JsonObject): Normalisation {
  const colours = (key: "mean" | "std"): Normalisation["mean"] => {
    const given = pictures.fields[key];
    return typeof given === "number" && Number.isFinite(given)
      ? [given, given, given]
      : pictures.colours(key, OPENAI_NORMALISATION[key]);
  };
  const [mean, std] = [colours("mean"), colours("std")];
  if (std.some((value) => value <= 0)) throw pictures.wrong("std", "positive numbers");
  return { mean, std };
}
