import { createHash } from "node:crypto";
import type { TensorMap } from "../checkpoint/tensor.js";
import { ClipError } from "../errors.js";
import type { Graph } from "../graph/types.js";
import { cacheKey, openCompiled, publishCompiled } from "./compiled-cache.js";
import { deriveSpec } from "./derive.js";
import { buildEvaVit } from "./eva-vit.js";
import { ENGLISH, type Family, familyFacts, SIGLIP_CLEANING, siglipFamily, UNSAID } from "./families.js";
import type { ModelManifest, OpenedModel, Preprocessing, TokenizerSpec } from "./manifest.js";
import { buildModifiedResNet } from "./modified-resnet.js";
import { withOpenAiNames } from "./naming.js";
import { countParameters } from "./parameters.js";
import { buildPooledVit } from "./pooled-vit.js";
import type { ModelSettings } from "./settings.js";
import type { ClipSpec } from "./spec.js";
import { buildTextTower, textInputs } from "./text-tower.js";
import { buildVit } from "./vit.js";
import { Weights } from "./weights.js";
import { hashFiles } from "./weights-hash.js";
import { TOKENIZER_FILE, type TowerGraphs, writeTowers } from "./write-tower.js";

/** Raised whenever the graphs that come out change: entries of another version are not used. */
const COMPILER_VERSION = 4;

export interface CompileRequest {
  readonly tensors: TensorMap;
  /** The files that the tensors are read from: their content is the model's identity. */
  readonly files: readonly string[];
  readonly settings: ModelSettings;
  /** The name shown to people. */
  readonly name: string;
  /** Where compiled models and remembered hashes are kept. */
  readonly cacheFolder: string;
  readonly signal?: AbortSignal | undefined;
  /** Bytes done and in all, of hashing the weights and then of writing them. */
  readonly onProgress?: ((stage: "hash" | "compile", done: number, total: number) => void) | undefined;
}

/** What weights compile to, known before anything is written. */
export interface CompilePlan {
  /** With its revision. */
  readonly manifest: ModelManifest;
  /** Of the cache entry. */
  readonly key: string;
  /** Graphs whose weights are read from the tensors when they are written. */
  graphs(): TowerGraphs;
  /** The tokenizer.json to take along. */
  readonly tokenizerFile?: string;
}

/**
 * Weights → what they compile to; nothing is written. Raises `checkpoint.missing-tensor` and `checkpoint.shape` for
 * weights that are no CLIP's, `aborted` by the signal.
 */
export async function planCompiled(request: CompileRequest): Promise<CompilePlan> {
  const { settings, cacheFolder, onProgress, signal } = request;
  const tensors = withOpenAiNames(request.tensors, settings.derive.textTower?.adapter);
  const spec = deriveSpec(tensors, settings.derive);
  checkDim(spec);
  const tokenizerFiles = settings.tokenizer.kind === "huggingface" ? [settings.tokenizer.file] : [];
  const hashes = await hashFiles([...request.files, ...tokenizerFiles], cacheFolder, {
    signal,
    onProgress: (done, total) => onProgress?.("hash", done, total),
  });
  const draft = manifestOf(settings, spec, tensors, request.name);
  const identity = { compiler: COMPILER_VERSION, hashes, spec, normalisation: settings.normalisation };
  const { name: _, ...facts } = draft;
  const revision = createHash("sha256")
    .update(JSON.stringify({ ...identity, facts }))
    .digest("hex");
  const weights = new Weights(tensors);
  return {
    manifest: { ...draft, revision },
    key: cacheKey(revision),
    graphs: () => ({
      image: imageGraph(spec, weights, settings),
      text: buildTextTower(spec.text, spec.dim, weights),
    }),
    ...(settings.tokenizer.kind === "huggingface" ? { tokenizerFile: settings.tokenizer.file } : {}),
  };
}

/** The plan → two ONNX graphs in the cache; nothing is written when they are there already. Raises `model.cache`, `aborted`. */
export async function compilePlanned(
  plan: CompilePlan,
  { cacheFolder, signal, onProgress }: Pick<CompileRequest, "cacheFolder" | "signal" | "onProgress">,
): Promise<OpenedModel> {
  const { manifest, key } = plan;
  const opened =
    (await openCompiled(cacheFolder, key)) ??
    (await publishCompiled(cacheFolder, key, async (folder) => {
      const onProgressOfBytes = (done: number, total: number): void => onProgress?.("compile", done, total);
      const options = { signal, onProgress: onProgressOfBytes };
      return { manifest, files: await writeTowers(folder, plan.graphs(), plan.tokenizerFile, options) };
    }));
  return { folder: opened.folder, manifest };
}

function imageGraph({ image, dim }: ClipSpec, weights: Weights, { normalisation }: ModelSettings): Graph {
  if (image.kind === "vit") return buildVit(image, dim, weights, normalisation);
  if (image.kind === "pooled-vit") return buildPooledVit(image, weights, normalisation);
  if (image.kind === "eva-vit") return buildEvaVit(image, weights, normalisation);
  return buildModifiedResNet(image, dim, weights, normalisation);
}

/** Pieces of OpenAI's vocabulary, and a few that others have added to it. */
const ENGLISH_VOCABULARY = 50_000;

function familyOf({ image, text }: ClipSpec, { tokenizer }: ModelSettings): Family {
  if (image.kind === "pooled-vit" && text.kind === "bidirectional") {
    const gemma = tokenizer.kind === "huggingface" && tokenizer.cleaning === SIGLIP_CLEANING.BPE;
    return siglipFamily(text.vocabulary, gemma);
  }
  return text.kind === "causal" && text.vocabulary <= ENGLISH_VOCABULARY ? ENGLISH : UNSAID;
}

/** Raises `checkpoint.shape` where the towers' features are not of one length. */
function checkDim({ image, dim }: ClipSpec): void {
  const own = image.kind === "eva-vit" ? image.dim : image.kind === "pooled-vit" ? image.width : dim;
  if (own === dim) return;
  const message = `Expected features of one length but the image tower gives ${own} and the text tower ${dim}.`;
  throw new ClipError("checkpoint.shape", message);
}

function manifestOf(
  settings: ModelSettings,
  spec: ClipSpec,
  tensors: TensorMap,
  name: string,
): ModelManifest {
  return {
    formatVersion: 1,
    name,
    revision: "",
    precision: "fp32",
    dim: spec.dim,
    ...shorterDims(settings, spec),
    logitScale: logitScale(tensors),
    ...scoringOf(tensors),
    image: {
      file: "image.onnx",
      input: "pixels",
      output: "features",
      pixels: { layout: "u8-nhwc" },
      preprocessing: preprocessingOf(settings, spec.image.size),
    },
    text: {
      file: "text.onnx",
      ...textInputs(spec.text),
      idsType: "int32",
      output: "features",
      tokenizer: tokenizerOf(settings, spec.text.contextLength),
    },
    parameters: countParameters(tensors),
    ...familyFacts(settings.family ?? familyOf(spec, settings)),
  };
}

/** Longest first. */
function shorterDims(settings: ModelSettings, { dim }: ClipSpec): Pick<ModelManifest, "shorterDims"> {
  const shorter = new Set(settings.shorterDims?.filter((length) => length < dim));
  return shorter.size === 0 ? {} : { shorterDims: [...shorter].sort((a, b) => b - a) };
}

/**
 * One number, stored as its logarithm; OpenAI's files hold it without dimensions, some others as a list of one. Raises
 * `checkpoint.damaged` where it is no multiplier: every probability would be NaN, or the same.
 */
function logitScale(tensors: TensorMap): number {
  const shape = tensors.get("logit_scale")?.shape ?? [];
  const stored = new Weights(tensors).floats("logit_scale", shape.length === 1 ? [1] : [])[0]!;
  const scale = Math.exp(stored);
  if (scale > 0 && Number.isFinite(scale)) return scale;
  throw new ClipError(
    "checkpoint.damaged",
    `Expected a logit_scale whose exponential is a finite number above 0 but the weights have ${stored}.`,
  );
}

/** What is trained with a bias is trained with sigmoids: each pair of picture and text by itself. */
function scoringOf(tensors: TensorMap): Pick<ModelManifest, "scoring"> {
  const shape = tensors.get("logit_bias")?.shape;
  if (!shape) return {};
  const bias = new Weights(tensors).floats("logit_bias", shape.length === 1 ? [1] : [])[0]!;
  if (Number.isFinite(bias)) return { scoring: { kind: "sigmoid", bias } };
  throw new ClipError(
    "checkpoint.damaged",
    `Expected a logit_bias that is a number but the weights have ${bias}.`,
  );
}

function preprocessingOf({ preprocessing }: ModelSettings, size: number): Preprocessing {
  if (preprocessing.size !== undefined && preprocessing.size !== size) {
    const message = `Expected pictures of ${size} pixels, as the weights have, but the folder's configuration says ${preprocessing.size}.`;
    throw new ClipError("model.unsupported", message);
  }
  const { resizeTo, filter, style } = preprocessing;
  return { size, resizeTo: resizeTo === "size" ? size : resizeTo, filter, style };
}

function tokenizerOf({ tokenizer }: ModelSettings, contextLength: number): TokenizerSpec {
  if (tokenizer.kind === "clip-bpe") return { ...tokenizer, contextLength };
  const { padTokenId, padToMaxLength = false, cleaning } = tokenizer;
  return {
    kind: "huggingface",
    file: TOKENIZER_FILE,
    maxLength: contextLength,
    padTokenId,
    padToMaxLength,
    ...(cleaning === undefined ? {} : { cleaning }),
  };
}
