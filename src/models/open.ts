import { manifestIn } from "../checkpoint/manifest.js";
import type { OnnxVariantName } from "../checkpoint/source.js";
import { ClipError } from "../errors.js";
import { deviceOf, type SessionOptions } from "../runtime/session.js";
import type { ModelManifest, OpenedModel } from "./manifest.js";
import { openManifest } from "./manifest-file.js";
import type { AskedPrecision } from "./names.js";
import { planFolder } from "./plan-folder.js";
import type { Activation } from "./spec.js";
import type { TowerGraphs } from "./write-tower.js";

/** Whose preprocessing and tokenizer to follow: a model's own (`auto`), the original's, or transformers'. */
export type Rules = "auto" | "openai" | "huggingface";

export interface OpenModelOptions {
  /** Where compiled models and remembered hashes are kept. */
  readonly cacheFolder: string;
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
  /** The form that computes as the weights are, runnable: compiled, or found. */
  open(): Promise<ModelHandle>;
  /** The same in 16-bit floats; absent for ONNX files, which run as they are. */
  openHalf?(): Promise<ModelHandle>;
}

/**
 * Any checkpoint or model folder → what it is; nothing is compiled. Raises `checkpoint.*` for files that can't be read,
 * `model.unsupported` for models of another shape, `aborted` by the signal.
 */
export async function planModel(path: string, options: OpenModelOptions): Promise<ModelPlan> {
  const own = manifestIn(path);
  if (own) return planFolder(await openManifest(own, options));
  // What reads and compiles weights is loaded for those alone.
  return (await import("./plan-source.js")).planSource(path, options);
}

/**
 * Any checkpoint or model folder → a runnable model: weights are compiled (or found compiled already), ONNX folders and
 * zeroclip's own are taken as they are; with `precision: "int8"` the form that `quantize` made of it, with `"fp16"` the
 * one that is compiled for GPUs. Raises as `planModel` does, `model.not-quantized`, and `model.unsupported` for ONNX files in
 * fp16.
 */
export async function openModel(path: string, options: OpenModelOptions): Promise<ModelHandle> {
  // What opens is awaited here: the files have to stay open until the graphs are written.
  await using plan = await planModel(path, options);
  const { cacheFolder, session } = options;
  const onGpu = session !== undefined && deviceOf(session) !== "cpu";
  const free = options.precision === undefined || options.precision === "auto";
  const precision = free && onGpu && plan.openHalf ? "fp16" : (options.precision ?? "fp32");
  if (precision === "fp16") return await openHalf(plan);
  if (precision === "int8") {
    const { openQuantized } = await import("./quantized.js");
    return await openQuantized(plan.manifest, cacheFolder);
  }
  const own = await plan.open();
  if (precision === "fp32") return own;
  const { hasQuantized, openQuantized } = await import("./quantized.js");
  if (!(await hasQuantized(plan.manifest, cacheFolder))) return own;
  const forms = [own, await openQuantized(plan.manifest, cacheFolder)];
  const { fasterOf } = await import("./faster.js");
  return forms[await fasterOf(forms, cacheFolder, session)]!;
}

function openHalf({ manifest, openHalf }: ModelPlan): Promise<ModelHandle> {
  if (openHalf) return openHalf();
  const message = `Expected weights to make fp16 of but ${manifest.name} is ONNX files in ${manifest.precision}, which run as they are.`;
  throw new ClipError("model.unsupported", message);
}
