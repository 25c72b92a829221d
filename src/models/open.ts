import { basename, join, resolve } from "node:path";
import { openSource } from "../checkpoint/open.js";
import type { OnnxVariantName, WeightsSource } from "../checkpoint/source.js";
import { compileModel } from "./compile.js";
import { removeCompiled } from "./compiled-cache.js";
import { huggingFaceDerive, huggingFacePreprocessing } from "./huggingface-config.js";
import { findTokenizer, optionalJson } from "./huggingface-tokenizer.js";
import { JsonObject } from "./json.js";
import type { OpenedModel } from "./manifest.js";
import { openManifest } from "./manifest-file.js";
import { openOnnxFolder } from "./onnx-folder.js";
import { openClipSettings } from "./open-clip-config.js";
import { type ModelSettings, OPENAI_SETTINGS } from "./settings.js";
import type { Activation } from "./spec.js";

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
 * Any checkpoint or model folder → a runnable model: weights are compiled (or found compiled already), ONNX folders and
 * zeroclip's own are taken as they are. Raises `checkpoint.*` for files that can't be read, `model.unsupported` for models
 * of another shape, `aborted` by the signal.
 */
export async function openModel(path: string, options: OpenModelOptions): Promise<ModelHandle> {
  const source = await openSource(path);
  const name = options.name ?? basename(resolve(path));
  if (source.kind === "zeroclip") return openManifest(source, options);
  if (source.kind === "onnx") return openOnnxFolder(source, { ...options, name });
  await using weights = source;
  const settings = await settingsOf(weights, options);
  const { tensors, files } = weights;
  const { key, ...model } = await compileModel({ ...options, tensors, files, settings, name });
  const discard = async (): Promise<void> => {
    await removeCompiled(options.cacheFolder, key);
  };
  return { ...model, discard };
}

async function settingsOf(source: WeightsSource, options: OpenModelOptions): Promise<ModelSettings> {
  const { rules = "auto" } = options;
  const own = await ownSettings(source, options);
  const asHuggingFace =
    rules === "huggingface" || (rules === "auto" && source.config?.kind === "huggingface");
  if (!asHuggingFace) return own;
  const preprocessing = { ...own.preprocessing, style: "huggingface" } as const;
  // A file alone, or a folder of open_clip's, has no tokenizer.json: its vocabulary is OpenAI's, cleaned as transformers does.
  if (source.folder === undefined || source.config?.kind !== "huggingface") {
    return { ...own, preprocessing, tokenizer: { kind: "clip-bpe", cleaning: "transformers" } };
  }
  return {
    ...own,
    preprocessing,
    tokenizer: { kind: "huggingface", ...(await findTokenizer(source.folder)) },
  };
}

/** What the folder's configuration says, with the original's preprocessing and tokenizer. */
async function ownSettings(
  { config, folder }: WeightsSource,
  { activation }: OpenModelOptions,
): Promise<ModelSettings> {
  if (!config || folder === undefined)
    return { ...OPENAI_SETTINGS, derive: activation ? { activation } : {} };
  const json = JsonObject.of(config.json, `the configuration in ${folder}`, "model.unsupported");
  if (config.kind === "open_clip") return openClipSettings(json);
  const { preprocessing, normalisation } = huggingFacePreprocessing(
    await optionalJson(join(folder, "preprocessor_config.json")),
  );
  return { ...OPENAI_SETTINGS, derive: huggingFaceDerive(json), preprocessing, normalisation };
}
