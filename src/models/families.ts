import type { HubCleaning, ModelManifest } from "./manifest.js";
import type { Normalisation } from "./spec.js";

/** What is known of a kind of models that neither weights nor configuration say. */
export interface Family {
  /** Prompts used when the caller gives none. */
  readonly templates: readonly string[];
  readonly languages?: readonly string[];
  readonly knownScripts?: readonly string[];
}

/** Whatever OpenAI's vocabulary belongs to: trained on English texts. 1.3 points over the bare name on ImageNet (CLIP paper, section 3.1.4). */
export const ENGLISH: Family = {
  templates: ["a photo of a {}."],
  languages: ["en"],
  knownScripts: ["Latin"],
};

/** Trained on 200 million Chinese pairs from a Chinese BERT (arXiv 2211.01335). */
export const CHINESE: Family = {
  templates: ["一张{}的照片。"],
  languages: ["zh"],
  knownScripts: ["Han", "Latin"],
};

/** XLM-RoBERTa and NLLB: a hundred languages and more. */
export const MULTILINGUAL: Family = { templates: ["a photo of a {}."], languages: ["mul"] };

/** A text tower whose language nothing says. */
export const UNSAID: Family = { templates: ["a photo of a {}."] };

/** Prompts as SigLIP's own examples have them. */
const SIGLIP_TEMPLATES = ["This is a photo of {}."];

/** Pieces of SigLIP's English vocabulary; its multilingual ones have 250,000 and 256,000. */
const SIGLIP_ENGLISH = 32_000;

/** SigLIP by the size of its vocabulary; `gemma`: the tokenizer of SigLIP 2, whatever its size. */
export function siglipFamily(vocabulary: number, gemma: boolean): Family {
  const english = !gemma && vocabulary <= SIGLIP_ENGLISH;
  return {
    templates: SIGLIP_TEMPLATES,
    languages: english ? ["en"] : ["mul"],
    ...(english ? { knownScripts: ["Latin"] } : {}),
  };
}

/** (x / 255 − 0.5) / 0.5, what SigLIP was trained with. */
export const SIGLIP_NORMALISATION: Normalisation = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };

/** Most tokens of a text that Chinese-CLIP was trained with (cn_clip, clip/utils.py, `tokenize`); its BERT has room for 512. */
export const CHINESE_CONTEXT = 52;

/** SigLIP's cleaning by the kind of its tokenizer: SentencePiece's of the first, Gemma's of SigLIP 2. */
export const SIGLIP_CLEANING: Readonly<Record<string, HubCleaning>> = {
  Unigram: "siglip",
  BPE: "lower-case",
};

/** A text tower that open_clip takes from transformers: what its configuration there says and the folder does not. */
export interface HubTower {
  /** Part of `hf_model_name`, lower case. */
  readonly name: RegExp;
  readonly epsilon: number;
  readonly pool: "mean" | "pooler" | "first";
  /** RoBERTa's first position. */
  readonly firstPosition?: number;
  /** True of an encoder without learnt positions that multiplies embeddings by √width (NLLB's `scale_embedding`). */
  readonly sines?: boolean;
  readonly family: Family;
}

/** The first that fits; heads are 64 wide in all of them. Their configurations on the hub are the source of each number. */
export const HUB_TOWERS: readonly HubTower[] = [
  { name: /xlm-roberta/, epsilon: 1e-5, pool: "mean", firstPosition: 2, family: MULTILINGUAL },
  { name: /roberta/, epsilon: 1e-5, pool: "mean", firstPosition: 2, family: UNSAID },
  { name: /nllb-200|m2m100/, epsilon: 1e-5, pool: "first", sines: true, family: MULTILINGUAL },
  { name: /labse/, epsilon: 1e-12, pool: "pooler", family: MULTILINGUAL },
  { name: /bert/, epsilon: 1e-12, pool: "pooler", family: UNSAID },
];

/** timm's SigLIP towers (timm, vision_transformer.py): heads and activation of each width, which shapes don't show. */
export const TIMM_SIGLIP: Readonly<Record<string, { readonly heads: number; readonly tanh: boolean }>> = {
  base: { heads: 12, tanh: false },
  large: { heads: 16, tanh: false },
  so400m: { heads: 16, tanh: false },
  giantopt: { heads: 16, tanh: true },
};

/** What a Jina-CLIP's config.json names as its text tower and does not describe: the numbers of that tower's own config.json on the hub. */
export interface JinaTower {
  /** Part of `hf_model_name_or_path`, lower case: its folder may have been moved. */
  readonly name: RegExp;
  readonly epsilon: number;
  readonly rotaryBase: number;
  /** Tasks that it has adapters for, in their order in the file, and the rank and multiplier of these. */
  readonly tasks: readonly string[];
  readonly rank: number;
  readonly alpha: number;
}

/** Text towers of Jina-CLIP that are read; heads are 64 wide. Version 1 has another kind (`jina-bert-flash-implementation`). */
export const JINA_TOWERS: readonly JinaTower[] = [
  {
    name: /jina-embeddings-v3$/,
    epsilon: 1e-5,
    rotaryBase: 20_000,
    tasks: ["retrieval.query", "retrieval.passage", "separation", "classification", "text-matching"],
    rank: 4,
    alpha: 1,
  },
];

/** Most tokens of a text that Jina's own `encode_text` lets through (modeling_clip.py, `max_length`); turning knows no end. */
export const JINA_CONTEXT = 512;

/** What of a family stands in a manifest. */
export function familyFacts(family: Family): Pick<ModelManifest, "templates" | "languages" | "knownScripts"> {
  const { templates, languages, knownScripts } = family;
  return {
    templates,
    ...(knownScripts ? { knownScripts } : {}),
    ...(languages ? { languages } : {}),
  };
}
