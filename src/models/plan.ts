import type { OnnxVariantName } from "../checkpoint/source.js";
import type { SessionOptions } from "../runtime/session.js";
import type { ModelManifest, OpenedModel } from "./manifest.js";
import type { AskedPrecision } from "./names.js";
import type { Activation } from "./spec.js";
import type { TowerGraphs } from "./write-tower.js";

/** Whose preprocessing and tokenizer to follow: a model's own (`auto`), the original's, or transformers'. */
export type Rules = "auto" | "openai" | "huggingface";

export interface OpenModelOptions {
  /** Where compiled models and remembered hashes are kept. */
  readonly cacheFolder: string;
  /** The file or folder whose text tower goes with the image tower of the path. */
  readonly text?: string | undefined;
  /** The name shown to people; default: the path's last part. */
  readonly name?: string | undefined;
  /** `auto` (default): transformers' for a Hugging Face folder, the original's for all else. */
  readonly rules?: Rules | undefined;
  /** For weights without a configuration, whose activation nothing shows; default `quick_gelu`, as in all of OpenAI's. */
  readonly activation?: Activation | undefined;
  /** Which form of an ONNX folder to open; default: the best that is there. */
  readonly variant?: OnnxVariantName | undefined;
  /**
   * Which form to open; default: `fp32` on a CPU, and `fp16` on a GPU where weights are compiled here. `auto`: the same
   * on a GPU, and on a CPU the faster one of those that are on this machine.
   */
  readonly precision?: AskedPrecision | undefined;
  /** How sessions will be opened, for `auto`. */
  readonly session?: SessionOptions | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Bytes done and in all, of hashing the weights and then of writing the compiled form. */
  readonly onProgress?: ((stage: "hash" | "compile", done: number, total: number) => void) | undefined;
}

/** A runnable model. */
export interface ModelHandle extends OpenedModel {
  /**
   * For compiled models: forgets the compiled form, so that opening the model again compiles it anew. For a form that
   * ONNX Runtime refuses although its sizes and hashes were right.
   */
  readonly discard?: () => Promise<void>;
}

/**
 * A model that is known and need not be runnable yet: its manifest with the revision, and its towers as plain data.
 * Disposing closes the files: no weight can be read after that.
 */
export interface ModelPlan extends AsyncDisposable {
  /** Of the form that computes as the weights are. */
  readonly manifest: ModelManifest;
  /** Both towers; their weights are read when they are asked for. Raises `graph.*` for graphs that can't be read. */
  graphs(): Promise<TowerGraphs>;
  /** The tokenizer.json that goes with them. */
  readonly tokenizerFile?: string;
  /** Files of the text towers that read texts of their scripts alone: they go along as they are, under their own names. */
  readonly scriptFiles?: readonly { readonly name: string; readonly path: string }[];
  /** The form that computes as the weights are, runnable: compiled, or found. */
  open(): Promise<ModelHandle>;
  /** The same in 16-bit floats; absent for ONNX files, which run as they are. */
  openHalf?(): Promise<ModelHandle>;
}
