import type { Preprocessing } from "../image/preprocessing.js";
import type { Scoring } from "../math/scoring.js";

export type { Preprocessing, Scoring };

/** What the image tower takes: raw bytes (normalisation is in the graph) or normalised planes. */
export type PixelInput =
  | { readonly layout: "u8-nhwc" }
  /** f32 [n, 3, size, size], (x / 255 − mean) / std */
  | {
      readonly layout: "f32-nchw";
      readonly mean: readonly [number, number, number];
      readonly std: readonly [number, number, number];
    };

/**
 * How a text is made ready for a tokenizer.json whose model was trained on cleaned texts. `siglip`: lower case, ASCII punctuation
 * and doubled spaces removed; `lower-case`; `whitespace` and `canonicalize`: open_clip's functions of these names.
 */
export type HubCleaning = "siglip" | "lower-case" | "whitespace" | "canonicalize";

export type TokenizerSpec =
  /** OpenAI's byte-level BPE with the original's cleaning (ftfy, html, white space, lower case). */
  | {
      readonly kind: "clip-bpe";
      readonly contextLength: number;
      /** `transformers`: its normalizer in place of the original's cleaning. Default `original`. */
      readonly cleaning?: "original" | "transformers";
    }
  /** A Hugging Face tokenizer.json beside the manifest, followed as transformers does. */
  | {
      readonly kind: "huggingface";
      readonly file: string;
      readonly maxLength: number;
      readonly padTokenId: number;
      /** True where the tower needs every row padded to maxLength (fixed-length exports). */
      readonly padToMaxLength: boolean;
      /** What is done to a text before; absent: nothing but what the file itself says. */
      readonly cleaning?: HubCleaning;
    };

/** One ONNX file: paths are relative to the manifest's folder. */
interface Tower {
  readonly file: string;
  readonly output: string;
}

export interface ImageTower extends Tower {
  readonly input: string;
  readonly pixels: PixelInput;
  readonly preprocessing: Preprocessing;
}

export interface TextTower extends Tower {
  /** Input that takes the token ids [n, length]. */
  readonly idsInput: string;
  readonly idsType: "int32" | "int64";
  /** Input that takes the tokens that all rows begin with [1, p], which are then not among the ids; p may be 0. */
  readonly prefixInput?: string;
  /** Input that takes 1 for tokens and 0 for padding [n, length], where the tower has one. */
  readonly maskInput?: string;
  readonly tokenizer: TokenizerSpec;
}

/** How near features of a quantised tower are to those of the tower it was made of; cosines −1..1. */
export interface FeatureFigures {
  /** Pictures or prompts that were compared. */
  readonly count: number;
  readonly mean: number;
  readonly worst: number;
  /** With the mean feature taken from both: what is left is what tells pictures apart. */
  readonly centredMean: number;
  readonly centredWorst: number;
}

/** What was measured of a quantised model beside the model it was made of. Shares are 0..1. */
export interface GateFigures {
  readonly pictures: FeatureFigures;
  readonly prompts: FeatureFigures;
  /** Share of pictures for which both choose the same of the labels. */
  readonly agreement: { readonly pictures: number; readonly labels: number; readonly share: number };
  /** Right first choices among labelled pictures, where some were given. */
  readonly top1?: { readonly pictures: number; readonly fp32: number; readonly int8: number };
}

/** How a quantised model was made. */
export interface QuantizationRecord {
  /** Revision of the model that it was made of. */
  readonly of: string;
  /** Weights that became int8, and the names of those that were kept. */
  readonly layers: { readonly image: number; readonly text: number };
  readonly kept: { readonly image: readonly string[]; readonly text: readonly string[] };
  /** Bytes of all weights as 32-bit floats, and of this form. */
  readonly bytes: { readonly fp32: number; readonly int8: number };
  readonly gate: GateFigures;
  /** Where something was kept: the bounds that the first try failed, each `a … but received …`. */
  readonly failed?: readonly string[];
}

/** A text tower for texts that have one of some scripts and none that the model does not know. */
export interface ScriptTower {
  /** Unicode's names: `Han`, `Cyrillic`, … */
  readonly scripts: readonly string[];
  readonly tower: TextTower;
}

/**
 * A runnable model: two ONNX files (or more, where texts are read by several) and all that is needed to feed them. The starter, compiled checkpoints and
 * foreign ONNX folders all end as this; no later room knows which it was. Features need not be of unit length.
 */
export interface ModelManifest {
  readonly formatVersion: 1;
  /** The name shown to people and written beside vectors. */
  readonly name: string;
  /** SHA-256 (hex) over what determines the features: weights, compiler version, precision. */
  readonly revision: string;
  readonly precision: "fp32" | "fp16" | "int8";
  /** Length of a feature vector. */
  readonly dim: number;
  /** Shorter lengths that vectors may be cut to, as the model was trained for it (Matryoshka, arXiv 2205.13147); absent: none. */
  readonly shorterDims?: readonly number[];
  /** Multiplier of the cosine before softmax (already exponentiated; about 100 for OpenAI's). */
  readonly logitScale: number;
  /** The multiplier whose probabilities fitted labelled sets best, where that was measured; none of them are the caller's. */
  readonly measuredLogitScale?: number;
  /** Absent: softmax. */
  readonly scoring?: Scoring;
  readonly image: ImageTower;
  readonly text: TextTower;
  /** Further text towers into the same space, each for texts of its scripts; absent: `text` reads all. */
  readonly textByScript?: readonly ScriptTower[];
  /** Parameters as counted in the weights. */
  readonly parameters: { readonly image: number; readonly text: number };
  /** Templates used when the caller gives none; `{}` stands for the label. */
  readonly templates: readonly string[];
  /** Scripts that the text tower knows, for warnings; absent: any script may be sent. */
  readonly knownScripts?: readonly string[];
  /** Languages that the text tower knows (`en`, `zh`, …; `mul`: a hundred and more), for warnings; absent: not known. */
  readonly languages?: readonly string[];
  /** SPDX identifier, where the folder's own manifest states one. */
  readonly license?: string;
  /** Of a model that `quantize` made. */
  readonly quantization?: QuantizationRecord;
}

/** A manifest with the folder that its file names are relative to. */
export interface OpenedModel {
  readonly folder: string;
  readonly manifest: ModelManifest;
}
