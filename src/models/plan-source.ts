import { basename, join, resolve } from "node:path";
import { openSource } from "../checkpoint/open.js";
import type { WeightsSource } from "../checkpoint/source.js";
import { type CompilePlan, compilePlanned, planCompiled } from "./compile.js";
import { removeCompiled } from "./compiled-cache.js";
import { halved } from "./halved.js";
import { huggingFaceDerive, huggingFacePreprocessing } from "./huggingface-config.js";
import { findTokenizer, optionalJson } from "./huggingface-tokenizer.js";
import { JsonObject } from "./json.js";
import { openOnnxFolder } from "./onnx-folder.js";
import { openClipSettings } from "./open-clip-config.js";
import { openManifest } from "./open-manifest.js";
import type { ModelHandle, ModelPlan, OpenModelOptions } from "./plan.js";
import { planFolder } from "./plan-folder.js";
import { type ModelSettings, OPENAI_SETTINGS } from "./settings.js";

/** Whatever lies at a path → what it is, by its content. Raises as `planModel` does. */
export async function planSource(path: string, options: OpenModelOptions): Promise<ModelPlan> {
  const source = await openSource(path);
  const name = options.name ?? basename(resolve(path));
  if (source.kind === "zeroclip") return planFolder(await openManifest(source, options));
  if (source.kind === "onnx") return planFolder(await openOnnxFolder(source, { ...options, name }));
  try {
    return await planWeights(source, { ...options, name });
  } catch (error) {
    await source[Symbol.asyncDispose]();
    throw error;
  }
}

/** A checkpoint, whose towers are compiled when it is opened. */
async function planWeights(
  source: WeightsSource,
  options: OpenModelOptions & { readonly name: string },
): Promise<ModelPlan> {
  const settings = await settingsOf(source, options);
  const { tensors, files } = source;
  const plan = await planCompiled({ ...options, tensors, files, settings });
  const open = async (plan: CompilePlan): Promise<ModelHandle> => ({
    ...(await compilePlanned(plan, options)),
    discard: async () => {
      await removeCompiled(options.cacheFolder, plan.key);
    },
  });
  return {
    manifest: plan.manifest,
    graphs: async () => plan.graphs(),
    open: () => open(plan),
    openHalf: () => open(halved(plan)),
    ...(plan.tokenizerFile === undefined ? {} : { tokenizerFile: plan.tokenizerFile }),
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  };
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
