import type { DeriveOptions } from "./derive-options.js";
import { CHINESE, CHINESE_CONTEXT, SIGLIP_CLEANING, SIGLIP_NORMALISATION } from "./families.js";
import { jinaSettings } from "./jina-clip.js";
import type { JsonObject } from "./json.js";
import type { Preprocessing } from "./manifest.js";
import type { FolderSettings, ModelSettings } from "./settings.js";
import { type Activation, type Normalisation, OPENAI_NORMALISATION } from "./spec.js";

/** transformers' names (activations.py, ACT2FN) of the activations that CLIP models use. */
const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  quick_gelu: "quick_gelu",
  gelu: "gelu",
  gelu_new: "gelu_tanh",
  gelu_pytorch_tanh: "gelu_tanh",
};

/** The end id of configurations from before transformers 4.31: wrong, so its models read at the largest id instead. */
const LEGACY_END = 2;

/** transformers' CLIPTextConfig default. */
const DEFAULT_END = 49407;

/** Most heads believed in a configuration; real ones have 8 to 32. */
const MOST_HEADS = 1000;

/** Largest side of a picture that a configuration may ask for; CLIP's largest tower takes 448. */
const MOST_PIXELS = 4096;

/** Kinds of models by `model_type`, each with what it makes of config.json and preprocessor_config.json. */
const KINDS: Readonly<Record<string, (config: JsonObject, pictures: JsonObject) => FolderSettings>> = {
  clip: (config, pictures) => ({ derive: clipDerive(config), ...huggingFacePreprocessing(pictures) }),
  chinese_clip: (config, pictures) => ({
    derive: chineseDerive(config),
    ...huggingFacePreprocessing(pictures),
    folderTokenizer: {},
    family: CHINESE,
  }),
  siglip: (config, pictures) => ({
    derive: siglipDerive(config),
    ...siglipPreprocessing(pictures),
    folderTokenizer: { cleaning: SIGLIP_CLEANING, padToMaxLength: true },
  }),
  jina_clip: jinaSettings,
};

/** A Hugging Face config.json, and the preprocessor_config.json beside it → what weights don't show. Raises `model.unsupported`. */
export function huggingFaceSettings(config: JsonObject, pictures: JsonObject): FolderSettings {
  const kind = config.string("model_type", "clip");
  if (kind === "siglip2") {
    throw config.wrong(
      "model_type",
      "siglip (pictures of one size: NaFlex models, whose sizes vary, are not read)",
    );
  }
  if (kind === "M-CLIP") {
    throw config.wrong(
      "model_type",
      "one with an image tower (name the pair, image tower first: ViT-B/32+OWNER/NAME)",
    );
  }
  return KINDS[config.oneOf("model_type", Object.keys(KINDS), "clip")]!(config, pictures);
}

/** Both towers' activation, heads and epsilon, with transformers' defaults of a kind of models. */
function towerDerive(
  config: JsonObject,
  defaults: {
    readonly text: { readonly activation: string; readonly heads: number; readonly epsilon: number };
    readonly image: { readonly activation: string; readonly heads: number; readonly epsilon: number };
  },
): DeriveOptions {
  const text = config.optionalObject("text_config");
  const vision = config.optionalObject("vision_config");
  return {
    activation: activationOf(text, defaults.text.activation),
    imageActivation: activationOf(vision, defaults.image.activation),
    textHeads: text.integer("num_attention_heads", 1, MOST_HEADS, defaults.text.heads),
    imageHeads: vision.integer("num_attention_heads", 1, MOST_HEADS, defaults.image.heads),
    textEpsilon: text.number("layer_norm_eps", defaults.text.epsilon),
    imageEpsilon: vision.number("layer_norm_eps", defaults.image.epsilon),
  };
}

/** Defaults: ChineseCLIPTextConfig and ChineseCLIPVisionConfig. */
function chineseDerive(config: JsonObject): DeriveOptions {
  const text = { activation: "gelu", heads: 12, epsilon: 1e-12 };
  const image = { activation: "quick_gelu", heads: 12, epsilon: 1e-5 };
  return {
    ...towerDerive(config, { text, image }),
    textTower: { pool: "first", contextLength: CHINESE_CONTEXT },
  };
}

/** Defaults: SiglipTextConfig and SiglipVisionConfig. */
function siglipDerive(config: JsonObject): DeriveOptions {
  const tower = { activation: "gelu_pytorch_tanh", heads: 12, epsilon: 1e-6 };
  const vision = config.optionalObject("vision_config");
  if (!vision.boolean("vision_use_head", true)) throw vision.wrong("vision_use_head", "true");
  return {
    ...towerDerive(config, { text: tower, image: tower }),
    imageSize: vision.integer("image_size", 1, MOST_PIXELS, 224),
    textTower: { pool: "last" },
  };
}

/** SiglipImageProcessor's defaults: a square whatever the picture's shape. */
function siglipPreprocessing(pictures: JsonObject): Pick<ModelSettings, "preprocessing" | "normalisation"> {
  const { preprocessing, normalisation } = huggingFacePreprocessing(pictures, SIGLIP_NORMALISATION);
  const resizeTo = preprocessing.resizeTo === "size" ? "squash" : preprocessing.resizeTo;
  return { preprocessing: { ...preprocessing, resizeTo }, normalisation };
}

/** A config.json of a CLIP model → what its weights don't show. Raises `model.unsupported`. */
function clipDerive(config: JsonObject): DeriveOptions {
  const text = config.optionalObject("text_config");
  const end = text.integer("eos_token_id", 0, 2 ** 31 - 1, DEFAULT_END);
  const shared = { activation: "quick_gelu", epsilon: 1e-5 };
  return {
    ...towerDerive(config, { text: { ...shared, heads: 8 }, image: { ...shared, heads: 12 } }),
    end: end === LEGACY_END ? { kind: "largest" } : { kind: "first", id: end },
  };
}

function activationOf(config: JsonObject, fallback: string): Activation {
  const names = Object.keys(ACTIVATIONS);
  return ACTIVATIONS[config.oneOf("hidden_act", names, fallback)]!;
}

/** Pillow's numbers of its filters (PIL.Image.Resampling), which configurations store. */
const FILTERS: Readonly<Record<number, Preprocessing["filter"]>> = {
  0: "nearest",
  1: "lanczos",
  2: "bilinear",
  3: "bicubic",
};

/**
 * A preprocessor_config.json → its sizes, filter and normalisation. Whose rounding to follow is for the caller to say.
 * Raises `model.unsupported` for steps that CLIPImageProcessor can be told to leave out but a tower needs.
 */
export function huggingFacePreprocessing(
  config: JsonObject,
  fallback: Normalisation = OPENAI_NORMALISATION,
): Pick<ModelSettings, "preprocessing" | "normalisation"> {
  const filter = FILTERS[config.integer("resample", 0, 5, 3)];
  if (!filter) throw config.wrong("resample", "0 (nearest), 1 (lanczos), 2 (bilinear) or 3 (bicubic)");
  if (!config.boolean("do_resize", true)) throw config.wrong("do_resize", "true");
  return {
    preprocessing: { ...sizes(config), filter, style: "openai" },
    normalisation: normalisation(config, fallback),
  };
}

/** Side of a picture where a configuration gives only one of size and crop (CLIPImageProcessor's default). */
const DEFAULT_SIZE = 224;

/** The tower's own size where a folder says none. */
function sizes(config: JsonObject): { resizeTo: number | "squash" | "size"; size?: number } {
  if (!config.has("size") && !config.has("crop_size")) return { resizeTo: "size" };
  const { shortest, square } = sizeOf(config, "size", DEFAULT_SIZE);
  if (!config.boolean("do_center_crop", true)) {
    if (square === undefined) throw config.wrong("do_center_crop", "true where size has a shortest_edge");
    return { resizeTo: "squash", size: square };
  }
  const size = sizeOf(config, "crop_size", shortest ?? square ?? DEFAULT_SIZE).square;
  if (size === undefined) throw config.wrong("crop_size", "a height and width");
  if (shortest !== undefined) {
    if (shortest < size) throw config.wrong("size", `at least the crop's ${size}`);
    return { resizeTo: shortest, size };
  }
  if (square === size) return { resizeTo: "squash", size };
  throw config.wrong("size", "a shortest_edge, or the crop's own height and width");
}

/** A number means the shorter side for `size` and a square for `crop_size`, as in transformers' `get_size_dict`. */
function sizeOf(config: JsonObject, key: string, fallback: number): { shortest?: number; square?: number } {
  if (!config.has(key)) return key === "size" ? { shortest: fallback } : { square: fallback };
  if (typeof config.fields[key] === "number") {
    const side = config.integer(key, 1, MOST_PIXELS);
    return key === "size" ? { shortest: side } : { square: side };
  }
  const size = config.object(key);
  if (size.has("shortest_edge")) return { shortest: size.integer("shortest_edge", 1, MOST_PIXELS) };
  const height = size.integer("height", 1, MOST_PIXELS);
  if (size.integer("width", 1, MOST_PIXELS) !== height) throw config.wrong(key, "a square");
  return { square: height };
}

/** The configuration's own rescaling and normalising as one (x / 255 − mean) / std. */
function normalisation(config: JsonObject, fallback: Normalisation): Normalisation {
  const factor = config.boolean("do_rescale", true) ? config.number("rescale_factor", 1 / 255) : 1;
  const wanted = config.boolean("do_normalize", true);
  const mean = wanted ? config.colours("image_mean", fallback.mean) : ([0, 0, 0] as const);
  const std = wanted ? config.colours("image_std", fallback.std) : ([1, 1, 1] as const);
  const scale = 1 / (255 * factor);
  if (!(scale > 0 && Number.isFinite(scale))) throw config.wrong("rescale_factor", "a positive number");
  if (std.some((value) => value <= 0)) throw config.wrong("image_std", "three positive numbers");
  // 255 · (1 / 255) is not exactly 1: the usual factor must leave mean and std as they are.
  const exact = Math.abs(scale - 1) < 1e-9 ? 1 : scale;
  const scaled = (values: readonly [number, number, number]): readonly [number, number, number] => [
    values[0] * exact,
    values[1] * exact,
    values[2] * exact,
  ];
  return { mean: scaled(mean), std: scaled(std) };
}
