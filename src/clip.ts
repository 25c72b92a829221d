import { join } from "node:path";
import { type CacheOptions, cacheBytes } from "./cache/options.js";
import { type Caches, closeCaches, openCaches } from "./encode/caches.js";
import { encodeImages, type ImageSide } from "./encode/images.js";
import { rememberedLabels } from "./encode/label-cache.js";
import { encodeTexts, type TextSide } from "./encode/texts.js";
import { openTokenizer } from "./encode/tokenizer.js";
import type {
  EncodedImage,
  EncodeImagesOptions,
  Encoder,
  EncodeTextsOptions,
  ModelInfo,
  Warning,
} from "./encoder.js";
import { ClipError, throwIfAborted } from "./errors.js";
import { type FindOptions, findModel } from "./find-model.js";
import type { FetchOptions } from "./image/guarded-fetch.js";
import { type ImageOptions, imageOptions } from "./image/options.js";
import { openPreparer, type Preparer } from "./image/preparer.js";
import type { ImageInput } from "./image/sources.js";
import type { Embedding } from "./math/unit.js";
import type { ModelManifest, OpenedModel } from "./models/manifest.js";
import { type ModelHandle, openModel } from "./models/open.js";
import { openSession, type Session, type SessionOptions } from "./runtime/session.js";
import { openThreadedSession } from "./runtime/threaded.js";
import { type Prediction, predict } from "./zeroshot/predict.js";
import { checkLabels, checkTemplates } from "./zeroshot/prompts.js";
import { type ZeroShotWeights, zeroShotWeights } from "./zeroshot/weights.js";

export interface LoadOptions extends FindOptions {
  /** Where to compute. `auto` (default) is the CPU unless a faster device was measured for this model. */
  readonly device?: "auto" | "cpu" | "webgpu" | "cuda";
  /** Threads of ONNX Runtime; default: the physical cores that ONNX Runtime finds. */
  readonly threads?: number;
  /**
   * `fp32` (default): the model as its weights are; `int8`: what `quantize` made of it; `auto`: the faster one of those
   * that are on this machine, measured once. The same as `@int8` after the name.
   */
  readonly precision?: "fp32" | "int8" | "auto";
  /** True (default): each tower on a thread of its own, so that computing never holds the event loop; false: on this one. */
  readonly thread?: boolean;
  /** Threads that decode and resize large pictures, 0 (none) to 64; default: one a core, at most 4. Started when needed. */
  readonly workers?: number;
  /** How pictures are read: EXIF, alpha, resizing, limits. */
  readonly image?: Partial<ImageOptions>;
  /** Given (`{}` is enough): http(s) addresses are fetched, private ones refused; absent: addresses are refused. */
  readonly fetchUrls?: FetchOptions;
  /** What is remembered under `home` from one process to the next; default: nothing. */
  readonly cache?: CacheOptions;
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

/** Label sets whose weights are remembered: a program alternates between a few. */
const REMEMBERED_SETS = 8;

/**
 * Opens a model by name (`starter`, `ViT-B/32`, …), Hugging Face id or path (.pt, safetensors, folder). A named model is
 * downloaded first where it is not on this machine; a checkpoint is compiled the first time (seconds) and kept under
 * `home`. Raises `model.*`, `download.*`, `checkpoint.*`, `runtime.*`, `usage.*`, `aborted`.
 */
export async function loadClip(model = "starter", options: LoadOptions = {}): Promise<Clip> {
  const image = imageOptions(options.image);
  const preparer = openPreparer(options.workers);
  const bytes = cacheBytes(options.cache);
  const { signal, onProgress } = options;
  const { open, home } = await finder(model, options);
  throwIfAborted(signal);
  onProgress?.({ stage: "open", done: 0, total: 1 });
  const opened = await openTowers(open, options);
  onProgress?.({ stage: "open", done: 1, total: 1 });
  const caches = openCaches(home, opened.manifest, opened.image.device, bytes);
  return new LoadedClip(opened, image, options, caches, preparer);
}

/** The files that `loadClip` would open, found (downloaded, compiled) as it does. For what measures or inspects them. */
export async function locateTowers(model: string, options: LoadOptions = {}): Promise<OpenedModel> {
  return (await finder(model, options)).open();
}

/** Name → a runnable model on this machine: downloaded, compiled or simply found. */
async function finder(
  model: string,
  options: LoadOptions,
): Promise<{ home: string; open: () => Promise<ModelHandle> }> {
  const { path, home, options: found } = await findModel(model, options, options.precision);
  return { home, open: () => openModel(path, { ...found, session: sessionOptions(options) }) };
}

interface Towers {
  readonly folder: string;
  readonly manifest: ModelManifest;
  readonly image: Session;
  readonly text: Session;
}

/** Both sessions; a compiled form that ONNX Runtime refuses is made anew once. */
async function openTowers(open: () => Promise<ModelHandle>, options: LoadOptions): Promise<Towers> {
  const handle = await open();
  try {
    return await openSessions(handle, options);
  } catch (error) {
    if (!(error instanceof ClipError && error.code === "runtime.open" && handle.discard)) throw error;
    await handle.discard();
    options.onWarning?.({
      code: "model.rebuilt",
      message: `The compiled form of ${handle.manifest.name} was damaged and is made anew.`,
    });
    return openSessions(await open(), options);
  }
}

function sessionOptions({ device, threads }: LoadOptions): SessionOptions {
  return { ...(device === undefined ? {} : { device }), ...(threads === undefined ? {} : { threads }) };
}

/** Both at once where they have their own threads. */
async function openSessions({ folder, manifest }: ModelHandle, options: LoadOptions): Promise<Towers> {
  const open = (file: string): Promise<Session> =>
    (options.thread === false ? openSession : openThreadedSession)(
      join(folder, file),
      sessionOptions(options),
    );
  const [image, text] = await Promise.allSettled([open(manifest.image.file), open(manifest.text.file)]);
  if (image.status === "fulfilled" && text.status === "fulfilled")
    return { folder, manifest, image: image.value, text: text.value };
  for (const one of [image, text]) if (one.status === "fulfilled") await one.value[Symbol.asyncDispose]();
  throw image.status === "rejected" ? image.reason : (text as PromiseRejectedResult).reason;
}

class LoadedClip implements Clip {
  readonly model: ModelInfo;
  readonly #image: ImageSide;
  readonly #text: Omit<TextSide, "tokenizer">;
  readonly #folder: string;
  readonly #onWarning: LoadOptions["onWarning"];
  readonly #caches: Caches;
  readonly #sets = new Map<string, ZeroShotWeights>();
  #tokenizer: Promise<TextSide["tokenizer"]> | undefined;

  constructor(
    { folder, manifest, image, text }: Towers,
    options: ImageOptions,
    load: LoadOptions,
    caches: Caches,
    preparer: Preparer,
  ) {
    const { name, revision, precision, dim, logitScale, parameters, templates, knownScripts } = manifest;
    const { tokenizer } = manifest.text;
    this.model = {
      name,
      revision,
      precision,
      device: image.device,
      dim,
      logitScale,
      imageSize: manifest.image.preprocessing.size,
      contextLength: tokenizer.kind === "clip-bpe" ? tokenizer.contextLength : tokenizer.maxLength,
      parameters,
      templates,
      ...(knownScripts ? { knownScripts } : {}),
    };
    this.#folder = folder;
    this.#image = {
      session: image,
      tower: manifest.image,
      dim,
      options,
      fetchUrls: load.fetchUrls,
      preparer,
      cache: caches.images,
    };
    this.#text = { session: text, tower: manifest.text, dim, knownScripts, cache: caches.text };
    this.#caches = caches;
    this.#onWarning = load.onWarning;
  }

  encodeImageStream(
    inputs: AsyncIterable<ImageInput> | Iterable<ImageInput>,
    options?: EncodeImagesOptions,
  ): AsyncGenerator<EncodedImage> {
    return encodeImages(this.#image, inputs, options);
  }

  async encodeImages(
    inputs: readonly ImageInput[],
    options?: EncodeImagesOptions,
  ): Promise<(Embedding | ClipError)[]> {
    const results: (Embedding | ClipError)[] = [];
    for await (const { result } of this.encodeImageStream(inputs, options)) results.push(result);
    return results;
  }

  async encodeTexts(texts: readonly string[], options: EncodeTextsOptions = {}): Promise<Embedding[]> {
    this.#tokenizer ??= openTokenizer(this.#folder, this.#text.tower.tokenizer);
    const side: TextSide = { ...this.#text, tokenizer: await this.#tokenizer };
    return encodeTexts(side, texts, {
      ...(this.#onWarning ? { onWarning: this.#onWarning } : {}),
      ...options,
    });
  }

  async zeroShotWeights(
    labels: readonly string[],
    templates: readonly string[] = this.model.templates,
    options?: EncodeTextsOptions,
  ): Promise<ZeroShotWeights> {
    const key = JSON.stringify([labels, templates]);
    const known = this.#sets.get(key);
    if (known) return known;
    const weights = await this.#computeWeights(labels, templates, options);
    this.#sets.set(key, weights);
    const [oldest] = this.#sets.keys();
    if (this.#sets.size > REMEMBERED_SETS && oldest !== undefined) this.#sets.delete(oldest);
    return weights;
  }

  async #computeWeights(
    labels: readonly string[],
    templates: readonly string[],
    options: EncodeTextsOptions = {},
  ): Promise<ZeroShotWeights> {
    const cache = this.#caches.labels;
    if (!cache) return zeroShotWeights(this, labels, templates, options);
    const [words, forms] = [checkLabels(labels), checkTemplates(templates)];
    const vectors = await rememberedLabels(cache, words, forms, async (missing) => {
      let warned = false;
      const onWarning = (warning: Warning): void => {
        warned = true;
        (options.onWarning ?? this.#onWarning)?.(warning);
      };
      const { vectors } = await zeroShotWeights(this, missing, forms, { ...options, onWarning });
      return { vectors, warned };
    });
    return { labels: words, templates: forms, vectors };
  }

  async classifyAll(
    images: readonly ImageInput[],
    labels: readonly string[],
    options: ClassifyOptions = {},
  ): Promise<(Prediction[] | ClipError)[]> {
    const { templates, top, ...encode } = options;
    const weights = await this.zeroShotWeights(
      labels,
      templates,
      encode.signal ? { signal: encode.signal } : {},
    );
    const features = await this.encodeImages(images, encode);
    return features.map((feature) =>
      feature instanceof ClipError ? feature : predict(feature, weights, this.model.logitScale, top),
    );
  }

  async classify(
    image: ImageInput,
    labels: readonly string[],
    options?: ClassifyOptions,
  ): Promise<Prediction[]> {
    const [answer] = await this.classifyAll([image], labels, options);
    if (answer === undefined || answer instanceof ClipError) throw answer;
    return answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([
      this.#image.session[Symbol.asyncDispose](),
      this.#text.session[Symbol.asyncDispose](),
      this.#image.preparer[Symbol.asyncDispose](),
      closeCaches(this.#caches),
    ]);
  }
}
