import type { DeriveOptions } from "./derive-options.js";
import { HUB_TOWERS, type HubTower, TIMM_SIGLIP } from "./families.js";
import type { JsonObject } from "./json.js";
import type { HubCleaning } from "./manifest.js";
import type { FolderSettings, ModelSettings } from "./settings.js";
import { type Activation, OPENAI_NORMALISATION } from "./spec.js";

/** Keys of open_clip's configurations that the weights' shapes repeat, that are read below, or that only training reads. */
const KNOWN_KEYS = new Set([
  ...["image_size", "layers", "width", "patch_size", "mlp_ratio", "vocab_size", "context_length"],
  ...["head_width", "heads", "norm_kwargs", "act_kwargs"],
  ...["patch_dropout", "attn_pooler_queries", "attn_pooler_heads", "pad_id", "eos_id"],
]);

/** Any value will do. */
const ANY = "any";

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
export function openClipSettings(config: JsonObject): FolderSettings {
  const model = config.has("model_cfg") ? config.object("model_cfg") : config;
  const image = imageTower(model, model.optionalObject("vision_cfg"));
  const { derive, ...rest } = textTower(model, model.optionalObject("text_cfg"));
  return { derive: { ...derive, ...image }, ...preprocessing(config), ...rest };
}

function imageTower(model: JsonObject, vision: JsonObject): DeriveOptions {
  if (vision.has("timm_model_name")) return timmTower(vision);
  refuseOther(vision);
  const headWidth = vision.integer("head_width", 1, MOST_WIDTH, 64);
  const width = vision.integer("width", 1, MOST_WIDTH, 768);
  // open_clip's model.py: width · 32 // head_width heads in a ResNet's attention pool, else width // head_width.
  const isResNet = Array.isArray(vision.fields.layers);
  return {
    imageActivation: activation(vision, model.boolean("quick_gelu", false)),
    imageHeads: Math.floor((isResNet ? width * 32 : width) / headWidth),
    imageEpsilon: vision.optionalObject("norm_kwargs").number("eps", 1e-5),
  };
}

/** timm's SigLIP towers, whose names say their widths. */
const TIMM_NAME = /^vit_([a-z0-9]+)_patch\d+_siglip_\d+$/;

function timmTower(vision: JsonObject): DeriveOptions {
  const known = TIMM_SIGLIP[TIMM_NAME.exec(vision.string("timm_model_name"))?.[1] ?? ""];
  if (!known) {
    const names = Object.keys(TIMM_SIGLIP).join(", ");
    throw vision.wrong(
      "timm_model_name",
      `one of SigLIP's (vit_WIDTH_patchN_siglip_SIZE, WIDTH one of ${names})`,
    );
  }
  vision.oneOf("timm_pool", ["map"]);
  vision.oneOf("timm_proj", ["none"]);
  return {
    imageActivation: known.tanh ? "gelu_tanh" : "gelu",
    imageHeads: known.heads,
    imageEpsilon: 1e-6,
    imageSize: vision.integer("image_size", 1, MOST_WIDTH, 224),
  };
}

/** Keys of a text tower that sees in both directions, as SigLIP's configurations have them; the others are read, or neutral. */
const SIGLIP_TEXT: Readonly<Record<string, readonly unknown[]>> = {
  no_causal_mask: [true],
  proj_bias: [true, false],
  pool_type: ["last"],
};

function textTower(
  model: JsonObject,
  text: JsonObject,
): Pick<FolderSettings, "derive" | "folderTokenizer" | "family"> {
  if (text.has("hf_model_name")) return hubTower(text);
  const quick = model.boolean("quick_gelu", false);
  const derive = {
    activation: activation(text, quick),
    textHeads: text.integer("heads", 1, MOST_WIDTH, 8),
    textEpsilon: text.optionalObject("norm_kwargs").number("eps", 1e-5),
  };
  if (text.fields.no_causal_mask !== true) {
    refuseOther(text);
    return { derive };
  }
  text.oneOf("pool_type", ["last"]);
  refuseOther(text, { ...NEUTRAL, ...SIGLIP_TEXT, ...TOKENIZER_KEYS });
  return {
    derive: { ...derive, textTower: { pool: "last" } },
    folderTokenizer: { cleaning: cleaning(text), padToMaxLength: true },
  };
}

/** Keys that say which tokenizer lies in the folder; what is read of them is read elsewhere. */
const TOKENIZER_KEYS = { hf_tokenizer_name: ANY, tokenizer_kwargs: ANY } as const;

const CLEANINGS = ["whitespace", "canonicalize"] as const satisfies readonly HubCleaning[];

/** open_clip's own cleaning before a tokenizer of the hub's (tokenizer.py, `HFTokenizer`). */
function cleaning(text: JsonObject): HubCleaning {
  return text.optionalObject("tokenizer_kwargs").oneOf("clean", CLEANINGS, "whitespace");
}

/** open_clip's names of what is read of a text tower. */
const POOLERS: Readonly<Record<string, HubTower["pool"]>> = {
  mean_pooler: "mean",
  cls_pooler: "pooler",
  cls_last_hidden_state_pooler: "first",
};

/** A text tower of transformers'. */
function hubTower(text: JsonObject): Pick<FolderSettings, "derive" | "folderTokenizer" | "family"> {
  const name = text.string("hf_model_name").toLowerCase();
  const tower = HUB_TOWERS.find((known) => known.name.test(name));
  if (!tower) throw text.wrong("hf_model_name", "an XLM-RoBERTa, a RoBERTa, a BERT or NLLB");
  const { pool: usual, firstPosition, sines, epsilon, family } = tower;
  const asked = text.has("hf_pooler_type")
    ? POOLERS[text.oneOf("hf_pooler_type", Object.keys(POOLERS))]!
    : usual;
  // An encoder that has no pooler of its own is read at its first token (open_clip, hf_model.py, `ClsPooler`).
  const pool = sines && asked === "pooler" ? "first" : asked;
  return {
    derive: {
      textEpsilon: epsilon,
      textTower: {
        pool,
        contextLength: text.integer("context_length", 2, MOST_WIDTH, 77),
        ...(firstPosition === undefined ? {} : { firstPosition }),
        ...(sines ? { scales: true } : {}),
      },
    },
    folderTokenizer: { cleaning: cleaning(text) },
    family,
  };
}

function activation(tower: JsonObject, quick: boolean): Activation {
  const form = tower.optionalObject("act_kwargs").oneOf("approximate", ["none", "tanh"], "none");
  if (quick) return "quick_gelu";
  return form === "tanh" ? "gelu_tanh" : "gelu";
}

function refuseOther(
  config: JsonObject,
  neutral: Readonly<Record<string, readonly unknown[] | typeof ANY>> = NEUTRAL,
): void {
  for (const [key, value] of Object.entries(config.fields)) {
    const allowed = neutral[key];
    if (KNOWN_KEYS.has(key) || value === null || allowed === ANY || allowed?.includes(value)) continue;
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
