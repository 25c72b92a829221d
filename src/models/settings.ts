import type { DeriveOptions } from "./derive.js";
import type { Preprocessing } from "./manifest.js";
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
    /** `file` is the path of the tokenizer.json to take along. */
    | { readonly kind: "huggingface"; readonly file: string; readonly padTokenId: number };
}

/** How the original reads pictures and texts; right for its files and, where told so, for any other. */
export const OPENAI_SETTINGS: ModelSettings = {
  derive: {},
  normalisation: OPENAI_NORMALISATION,
  preprocessing: { resizeTo: "size", filter: "bicubic", style: "openai" },
  tokenizer: { kind: "clip-bpe" },
};
