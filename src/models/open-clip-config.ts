import type { DeriveOptions } from "./derive.js";
import type { JsonObject } from "./json.js";
import { type ModelSettings, OPENAI_SETTINGS } from "./settings.js";
import { type Activation, OPENAI_NORMALISATION } from "./spec.js";

/** Keys of open_clip's configurations that the weights' shapes repeat, that are read below, or that only training reads. */
const KNOWN_KEYS = new Set([
  ...["image_size", "layers", "width", "patch_size", "mlp_ratio", "vocab_size", "context_length"],
  ...["head_width", "heads", "norm_kwargs", "act_kwargs"],
  ...["patch_dropout", "attn_pooler_queries", "attn_pooler_heads", "pad_id", "eos_id"],
]);

/** Other keys, with the values under which a model still is of OpenAI's shape (open_clip, model.py, CLIPVisionCfg …). */
const NEUTRAL: Readonly<Record<string, readonly unknown[]>> = {
  pool_type: ["tok", "argmax"],
  final_ln_after_pool: [false],
  no_ln_pre: [false],
  attentional_pool: [false],
  pos_embed_type: ["learnable"],
  output_tokens: [false],
  no_causal_mask: [false],
  embed_cls: [false],
  block_type: ["default"],
  proj_bias: [false],
  proj_type: ["linear"],
  hf_tokenizer_name: [""],
  qk_norm: [false],
  scaled_cosine_attn: [false],
  scale_heads: [false],
  scale_attn_inner: [false],
  scale_attn: [false],
  scale_fc: [false],
};

/** Widest layer believed in a configuration: far above any tower, low enough for whole-number arithmetic. */
const MOST_WIDTH = 1 << 20;

/** An open_clip_config.json → what its weights don't show. Raises `model.unsupported` for towers of other shapes. */
export function openClipSettings(config: JsonObject): ModelSettings {
  const model = config.has("model_cfg") ? config.object("model_cfg") : config;
  const vision = model.optionalObject("vision_cfg");
  const text = model.optionalObject("text_cfg");
  refuseOther(vision);
  refuseOther(text);
  return { ...OPENAI_SETTINGS, derive: deriveOptions(model, vision, text), ...preprocessing(config) };
}

function deriveOptions(model: JsonObject, vision: JsonObject, text: JsonObject): DeriveOptions {
  const headWidth = vision.integer("head_width", 1, MOST_WIDTH, 64);
  const width = vision.integer("width", 1, MOST_WIDTH, 768);
  // open_clip's model.py: width · 32 // head_width heads in a ResNet's attention pool, else width // head_width.
  const isResNet = Array.isArray(vision.fields.layers);
  const quick = model.boolean("quick_gelu", false);
  return {
    activation: activation(text, quick),
    imageActivation: activation(vision, quick),
    imageHeads: Math.floor((isResNet ? width * 32 : width) / headWidth),
    textHeads: text.integer("heads", 1, MOST_WIDTH, 8),
    imageEpsilon: vision.optionalObject("norm_kwargs").number("eps", 1e-5),
    textEpsilon: text.optionalObject("norm_kwargs").number("eps", 1e-5),
  };
}

function activation(tower: JsonObject, quick: boolean): Activation {
  const form = tower.optionalObject("act_kwargs").oneOf("approximate", ["none", "tanh"], "none");
  if (quick) return "quick_gelu";
  return form === "tanh" ? "gelu_tanh" : "gelu";
}

function refuseOther(config: JsonObject): void {
  for (const [key, value] of Object.entries(config.fields)) {
    if (KNOWN_KEYS.has(key) || value === null || NEUTRAL[key]?.includes(value)) continue;
    if (typeof value === "object" && Object.keys(value).length === 0) continue;
    throw config.wrong(
      key,
      "absent, as in models of OpenAI's shape (vision transformer or ResNet, and its text tower)",
    );
  }
}

function preprocessing(config: JsonObject): Pick<ModelSettings, "preprocessing" | "normalisation"> {
  const given = config.optionalObject("preprocess_cfg");
  const mode = given.oneOf("resize_mode", ["shortest", "squash"], "shortest");
  return {
    preprocessing: {
      resizeTo: mode === "squash" ? "squash" : "size",
      filter: given.oneOf("interpolation", ["bicubic", "bilinear"], "bicubic"),
      style: "openai",
    },
    normalisation: {
      mean: given.colours("mean", OPENAI_NORMALISATION.mean),
      std: given.colours("std", OPENAI_NORMALISATION.std),
    },
  };
}
