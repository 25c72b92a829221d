import type { Json } from "./json-file.js";
import type { Scalar } from "./state-dict.js";
import type { TensorMap } from "./tensor.js";

/** A configuration beside the weights: Hugging Face's config.json or open_clip's open_clip_config.json. */
export interface SourceConfig {
  readonly kind: "huggingface" | "open_clip";
  readonly json: Readonly<Json>;
}

/** Weights by name. Disposing closes the files: no tensor can be read after that. */
export interface WeightsSource extends AsyncDisposable {
  readonly kind: "weights";
  readonly format: "torchscript" | "torch-zip" | "torch-legacy" | "safetensors";
  /** Under the names that the file has, less `module.` and `_orig_mod.` where all have them. */
  readonly tensors: TensorMap;
  /**
   * OpenAI's `input_resolution`, `context_length` and `vocab_size` where they are stored (they are no parameters and so
   * not among the tensors), and plain values at the top of a torch file (`epoch`, `name`, …).
   */
  readonly scalars: ReadonlyMap<string, Scalar>;
  /** Where the configuration lies, and with it a tokenizer.json or preprocessor_config.json if any; absent for a lone file. */
  readonly folder?: string;
  /** The configuration that goes with the tensors' naming; absent for a lone file and for TorchScript. */
  readonly config?: SourceConfig;
  /** Paths of the files that hold weights, for hashing. */
  readonly files: readonly string[];
}

/** Endings of transformers.js's file names (`vision_model_<name>.onnx`); fp32 has none. */
export const ONNX_VARIANTS = ["fp32", "fp16", "int8", "uint8", "quantized", "q4", "q4f16", "bnb4"] as const;

export type OnnxVariantName = (typeof ONNX_VARIANTS)[number];

/** Two towers of one precision; paths are relative to the source's folder, with forward slashes. */
export interface OnnxVariant {
  readonly name: OnnxVariantName;
  readonly vision: string;
  readonly text: string;
  /** Paths of both files and of all external data that they name, for hashing. */
  readonly files: readonly string[];
}

/** A folder in transformers.js's layout: ONNX files of both towers in at least one precision. */
export interface OnnxSource {
  readonly kind: "onnx";
  readonly folder: string;
  readonly variants: readonly OnnxVariant[];
  readonly config?: SourceConfig;
  /** Paths of all variants' files. */
  readonly files: readonly string[];
}

/** A folder with zeroclip's own manifest; its fields are for `models` to check. */
export interface ManifestSource {
  readonly kind: "zeroclip";
  readonly folder: string;
  readonly json: Readonly<Json>;
}

export type Source = WeightsSource | OnnxSource | ManifestSource;
