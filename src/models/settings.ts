import type { DeriveOptions } from "./derive-options.js";
import type { Family } from "./families.js";
import type { HubCleaning, Preprocessing } from "./manifest.js";
import { type Normalisation, OPENAI_NORMALISATION } from "./spec.js";

/** What weights alone do not say about a model: how pictures and texts are brought to it, and its activation. */
export interface ModelSettings {
  readonly derive: DeriveOptions;
  readonly normalisation: Normalisation;
  /** `size` is the tower's own where a folder does not say it. */
  readonly preprocessing: Omit<Preprocessing, "size" | "resizeTo"> & {
    readonly size?: number;
    readonly resizeTo: number | "squash" | "size";
  };
  readonly tokenizer:
    | { readonly kind: "clip-bpe"; readonly cleaning?: "original" | "transformers" }
    | HubTokenizer;
  /** Lengths that vectors may be cut to; those that are no shorter than they are count for nothing. */
  readonly shorterDims?: readonly number[];
  /** What it was trained on; absent: what the weights' sizes tell. */
  readonly family?: Family;
}

/** A tokenizer of the folder's own; `file` is the path of the file to take along. */
export interface HubTokenizer {
  readonly kind: "huggingface";
  readonly file: string;
  readonly padTokenId: number;
  readonly cleaning?: HubCleaning;
  /** True where the tower reads what fills a row up. */
  readonly padToMaxLength?: boolean;
}

/** How a text is brought to the tokenizer that lies in the folder, by the kind of that tokenizer or for every kind. */
export interface FolderTokenizerRules {
  readonly cleaning?: HubCleaning | Readonly<Record<string, HubCleaning>>;
  readonly padToMaxLength?: boolean;
}

/** Settings as a configuration says them, with OpenAI's tokenizer or rules for the one in the folder, which is not looked for yet. */
export interface FolderSettings extends Omit<ModelSettings, "tokenizer"> {
  readonly folderTokenizer?: FolderTokenizerRules;
  /** True where the folder's own processor cuts pictures as the original does, though its other files are transformers'. */
  readonly cutsAsOriginal?: boolean;
}

/** How the original reads pictures and texts; right for its files and, where told so, for any other. */
export const OPENAI_SETTINGS: ModelSettings = {
  derive: {},
  normalisation: OPENAI_NORMALISATION,
  preprocessing: { resizeTo: "size", filter: "bicubic", style: "openai" },
  tokenizer: { kind: "clip-bpe" },
};
