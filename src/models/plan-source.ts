import { basename, dirname, join, resolve } from "node:path";
import { openSource } from "../checkpoint/open.js";
import type { WeightsSource } from "../checkpoint/source.js";
import { ClipError } from "../errors.js";
import { CHINESE_SETTINGS } from "./chinese-clip.js";
import { type CompilePlan, type CompileRequest, compilePlanned, planCompiled } from "./compile.js";
import { removeCompiled } from "./compiled-cache.js";
import { findTokenizer } from "./folder-tokenizer.js";
import { halved } from "./halved.js";
import { huggingFaceSettings } from "./huggingface-config.js";
import { JsonObject } from "./json.js";
import { mClipText } from "./m-clip.js";
import { openOnnxFolder } from "./onnx-folder.js";
import { openClipSettings } from "./open-clip-config.js";
import { openManifest } from "./open-manifest.js";
import { joinedSettings, joinedTensors, openTextTower } from "./pair.js";
import type { ModelHandle, ModelPlan, OpenModelOptions } from "./plan.js";
import { planFolder } from "./plan-folder.js";
import {
  type FolderSettings,
  type FolderTokenizerRules,
  type HubTokenizer,
  type ModelSettings,
  OPENAI_SETTINGS,
} from "./settings.js";
import { optionalJson } from "./tokenizer-json.js";

/** Whatever lies at a path → what it is, by its content. Raises as `planModel` does. */
export async function planSource(path: string, options: OpenModelOptions): Promise<ModelPlan> {
  const source = await openSource(path);
  const name = options.name ?? basename(resolve(path));
  if (options.text !== undefined && source.kind !== "weights") {
    const message = `Expected weights in ${path}, whose image tower goes with another model's text tower, but it runs as it is.`;
    throw new ClipError("model.unsupported", message);
  }
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
  const own = await settingsOf(source, options);
  const { tensors, files } = source;
  if (options.text === undefined) return planFrom({ tensors, files, settings: own }, [source], options);
  const text = await openTextTower(options.text);
  try {
    const settings = joinedSettings(own, await textSettings(text, options));
    const { adapter } = settings.derive.textTower ?? {};
    const all = {
      tensors: joinedTensors(tensors, text.tensors, adapter),
      files: [...files, ...text.files],
      settings,
    };
    return await planFrom(all, [source, text], options);
  } catch (error) {
    await text[Symbol.asyncDispose]();
    throw error;
  }
}

async function planFrom(
  found: Pick<CompileRequest, "tensors" | "files" | "settings">,
  sources: readonly AsyncDisposable[],
  options: OpenModelOptions & { readonly name: string },
): Promise<ModelPlan> {
  const plan = await planCompiled({ ...options, ...found });
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
    [Symbol.asyncDispose]: async () => {
      for (const source of sources) await source[Symbol.asyncDispose]();
    },
  };
}

/** Of a model that only its text tower is taken of: M-CLIP's has no other. */
async function textSettings(source: WeightsSource, options: OpenModelOptions): Promise<ModelSettings> {
  const { config } = source;
  if (config?.json.model_type !== "M-CLIP") return settingsOf(source, options);
  const json = JsonObject.of(config.json, `the configuration in ${folderOf(source)}`, "model.unsupported");
  const { tokenizer: _, ...rest } = OPENAI_SETTINGS;
  return { ...rest, ...mClipText(json), tokenizer: await tokenizerIn(folderOf(source), {}) };
}

async function settingsOf(source: WeightsSource, options: OpenModelOptions): Promise<ModelSettings> {
  const { rules = "auto" } = options;
  const own = await ownSettings(source, options);
  const asHuggingFace =
    rules === "huggingface" ||
    (rules === "auto" && source.config?.kind === "huggingface" && !own.cutsAsOriginal);
  const preprocessing = asHuggingFace
    ? ({ ...own.preprocessing, style: "huggingface" } as const)
    : own.preprocessing;
  const { folderTokenizer, cutsAsOriginal: _, ...rest } = own;
  const settings = { ...rest, preprocessing };
  if (folderTokenizer)
    return { ...settings, tokenizer: await tokenizerIn(folderOf(source), folderTokenizer) };
  if (!asHuggingFace) return { ...settings, tokenizer: { kind: "clip-bpe" } };
  // A file alone, or a folder of open_clip's, has no tokenizer.json: its vocabulary is OpenAI's, cleaned as transformers does.
  if (source.folder === undefined || source.config?.kind !== "huggingface")
    return { ...settings, tokenizer: { kind: "clip-bpe", cleaning: "transformers" } };
  return { ...settings, tokenizer: await tokenizerIn(source.folder, {}) };
}

/** Where a tokenizer lies that no configuration leads to: beside the weights. */
function folderOf({ folder, files }: WeightsSource): string {
  return folder ?? dirname(files[0]!);
}

async function tokenizerIn(folder: string, rules: FolderTokenizerRules): Promise<HubTokenizer> {
  const { file, kind, padTokenId } = await findTokenizer(folder);
  const { cleaning, padToMaxLength } = rules;
  const own = typeof cleaning === "object" ? cleaning[kind] : cleaning;
  return {
    kind: "huggingface",
    file,
    padTokenId,
    ...(own === undefined ? {} : { cleaning: own }),
    ...(padToMaxLength === undefined ? {} : { padToMaxLength }),
  };
}

/** What the folder's configuration says, with the original's preprocessing. */
async function ownSettings(source: WeightsSource, { activation }: OpenModelOptions): Promise<FolderSettings> {
  const { config, folder, tensors } = source;
  if (!config || folder === undefined) {
    if (tensors.has("bert.embeddings.word_embeddings.weight")) return CHINESE_SETTINGS;
    const { tokenizer: _, ...original } = OPENAI_SETTINGS;
    return { ...original, derive: activation ? { activation } : {} };
  }
  const json = JsonObject.of(config.json, `the configuration in ${folder}`, "model.unsupported");
  if (config.kind === "open_clip") return openClipSettings(json);
  return huggingFaceSettings(json, await optionalJson(join(folder, "preprocessor_config.json")));
}
