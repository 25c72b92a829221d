import type { EncodeImagesOptions, Encoder, EncodeTextsOptions, Warning } from "./encoder.js";
import type { ClipError } from "./errors.js";
import type { ImageOptions } from "./image/options.js";
import type { ImageInput } from "./image/sources.js";
import type { Prediction } from "./zeroshot/predict.js";
import type { ZeroShotWeights } from "./zeroshot/weights.js";

/** What loading is doing. Bytes where work is measured in bytes. */
export interface LoadProgress {
  readonly stage: "download" | "hash" | "compile" | "open";
  readonly file?: string;
  readonly done: number;
  readonly total?: number;
  readonly bytesPerSecond?: number;
  readonly secondsLeft?: number;
}

export interface LoadOptions {
  /** Folder for models and caches. Default: `ZEROCLIP_HOME`, else `~/.cache/zeroclip`. */
  readonly home?: string;
  /** Where to compute. `auto` (default) is the CPU unless a faster device was measured for this model. */
  readonly device?: "auto" | "cpu" | "webgpu" | "cuda";
  /** Threads of ONNX Runtime; default: the physical cores that ONNX Runtime finds. */
  readonly threads?: number;
  /** Never touch the network. Default: `ZEROCLIP_OFFLINE`. */
  readonly offline?: boolean;
  /**
   * Whose preprocessing and tokenizer rules to follow: `auto` (default) takes the file's own: the original's for
   * OpenAI's and open_clip's files, transformers' for Hugging Face folders.
   */
  readonly rules?: "auto" | "openai" | "huggingface";
  /** How pictures are read: EXIF, alpha, limits. */
  readonly image?: Partial<ImageOptions>;
  /** Called when a file of weights has to be downloaded, hashed, compiled. */
  readonly onProgress?: (progress: LoadProgress) => void;
  readonly onWarning?: (warning: Warning) => void;
  readonly signal?: AbortSignal;
}

export interface ClassifyOptions extends EncodeImagesOptions {
  /** Prompt templates with `{}` for the label; default: the model's. */
  readonly templates?: readonly string[];
  /** Predictions to return, most probable first; default all. */
  readonly top?: number;
}

/** A loaded model. Close it with `await using` or `await clip[Symbol.asyncDispose]()`. */
export interface Clip extends Encoder, AsyncDisposable {
  /** One picture and the labels to choose from → predictions, most probable first. Raises what is wrong with the picture. */
  classify(image: ImageInput, labels: readonly string[], options?: ClassifyOptions): Promise<Prediction[]>;
  /** Many pictures: predictions or an error each, in order. */
  classifyAll(
    images: readonly ImageInput[],
    labels: readonly string[],
    options?: ClassifyOptions,
  ): Promise<(Prediction[] | ClipError)[]>;
  /** Labels → weights, for callers that use them more than once (`predict`). The last few sets are remembered. */
  zeroShotWeights(
    labels: readonly string[],
    templates?: readonly string[],
    options?: EncodeTextsOptions,
  ): Promise<ZeroShotWeights>;
}

/**
 * Opens a model by name (`starter`, `ViT-B/32`, …), Hugging Face id or path (.pt, safetensors, folder).
 * The first time a checkpoint is compiled (seconds) and kept under `home`.
 */
export declare function loadClip(model?: string, options?: LoadOptions): Promise<Clip>;
