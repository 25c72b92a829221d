import { type CacheOptions, cacheBytes } from "./cache/options.js";
import {
  appliedCalibration,
  type CalibrationTarget,
  carriedOverWarning,
  chooseCalibration,
  independentFor,
  listCalibrations,
  ownScale,
} from "./calibration-store.js";
import { autoBatch, BATCH_BYTES } from "./encode/auto-batch.js";
import { squaresAtOnce } from "./encode/batch-size.js";
import { type Caches, closeCaches, openCaches } from "./encode/caches.js";
import { encodeImages, type ImageSide } from "./encode/images.js";
import { rememberedLabels } from "./encode/label-cache.js";
import { labelKeys } from "./encode/text-cache.js";
import { encodeTexts, type TextSide } from "./encode/texts.js";
import type { EncodedImage, EncodeImagesOptions, Encoder, EncodeTextsOptions, ModelInfo } from "./encoder.js";
import { ClipError, throwIfAborted } from "./errors.js";
import { type FindOptions, findModel } from "./find-model.js";
import type { FetchOptions } from "./image/guarded-fetch.js";
import { type ImageOptions, imageOptions } from "./image/options.js";
import { openPreparer, type Preparer } from "./image/preparer.js";
import type { ImageInput } from "./image/sources.js";
import type { Embedding } from "./math/unit.js";
import type { OpenedModel } from "./models/manifest.js";
import { splitPrecision } from "./models/names.js";
import { openModel } from "./models/open.js";
import type { ModelHandle } from "./models/plan.js";
import { type Towers, towersOf } from "./models/towers.js";
import type { DeviceName } from "./runtime/devices.js";
import { deviceOf, openSession, type SessionOptions } from "./runtime/session.js";
import { openThreadedSession } from "./runtime/threaded.js";
import { negativeWeights } from "./zeroshot/confidence/abstain.js";
import {
  type Answer,
  type Answerer,
  type AnswerOptions,
  type AppliedCalibration,
  answerer,
} from "./zeroshot/confidence/answer.js";
import { composeTemplates } from "./zeroshot/domains.js";
import type { Prediction } from "./zeroshot/predict.js";
import { type LabelInput, promptsOf, recipeOf } from "./zeroshot/prompts.js";
import { bestView, type ViewMode, viewsName } from "./zeroshot/views.js";
import {
  completeWeights,
  type EncodedForms,
  encodeForms,
  knownVectors,
  PROMPTS_AT_ONCE,
  planWeights,
  type WeightsOptions,
  type WeightsPlan,
  type ZeroShotWeights,
} from "./zeroshot/weights.js";

export interface LoadOptions extends FindOptions {
  /** Where to compute. `auto` (default) is the CPU unless a faster device was measured for this model. */
  readonly device?: "auto" | "cpu" | "webgpu" | "cuda";
  /** Threads of ONNX Runtime; default: the physical cores that ONNX Runtime finds. */
  readonly threads?: number;
  /**
   * `fp32` (default): the model as its weights are; `int8`: what `quantize` made of it; `auto`: the faster one of those
   * that are on this machine, measured once. The same as `@int8` after the name.
   */
  readonly precision?: "fp32" | "fp16" | "int8" | "auto";
  /** True (default): each tower on a thread of its own, so that computing never holds the event loop; false: on this one. */
  readonly thread?: boolean;
  /**
   * True: both towers are open when `loadClip` returns, so that what is wrong with them is raised there. False (default):
   * each is opened when it is first used, which raises it then; a GPU is tried at once.
   */
  readonly preload?: boolean;
  /**
   * False: weights are used as they lie in the file. Opening takes a third of the time, and each picture or text a tenth to
   * a third more: for a process that computes a few (docs/runtime.md). Default true.
   */
  readonly prepack?: boolean;
  /** Threads that decode and resize large pictures, 0 (none) to 64; default: one a core, at most 4. Started when needed. */
  readonly workers?: number;
  /** Most bytes of pixels and activations that `batchSize: "auto"` may choose; default 1 GiB. */
  readonly batchBytes?: number;
  /** How pictures are read: EXIF, alpha, resizing, limits. */
  readonly image?: Partial<ImageOptions>;
  /** Given (`{}` is enough): http(s) addresses are fetched, private ones refused; absent: addresses are refused. */
  readonly fetchUrls?: FetchOptions;
  /** What is remembered under `home` from one process to the next; default: nothing. */
  readonly cache?: CacheOptions;
  /** False: calibrations under `home` are left alone, and probabilities are the model's own. Default true. */
  readonly calibration?: boolean;
}

export interface ClassifyOptions extends EncodeImagesOptions {
  /** Prompt templates with `{}` for the label; default: the model's. */
  readonly templates?: readonly string[];
  /** Names of kinds of pictures (`retail`, `food`, …), whose templates are used, beside `templates` where both are given. */
  readonly domain?: string | readonly string[];
  /** Of several squares the mean of their vectors (`average`, default) or the one that fits a label best. */
  readonly viewMode?: ViewMode;
  /** Predictions to return, most probable first; default all. */
  readonly top?: number;
}

export interface AnswerAllOptions extends ClassifyOptions, AnswerOptions {}

/** A loaded model. Close it with `await using` or `await clip[Symbol.asyncDispose]()`. */
export interface Clip extends Encoder, AsyncDisposable {
  /** One picture and the labels to choose from → predictions, most probable first. Raises what is wrong with the picture. */
  classify(
    image: ImageInput,
    labels: readonly LabelInput[],
    options?: ClassifyOptions,
  ): Promise<Prediction[]>;
  /** Many pictures: predictions or an error each, in order. */
  classifyAll(
    images: readonly ImageInput[],
    labels: readonly LabelInput[],
    options?: ClassifyOptions,
  ): Promise<(Prediction[] | ClipError)[]>;
  /** The same with what `options` ask for: abstaining, the set of a coverage, entropy and margin. Raises `calibrate.*` too. */
  answerAll(
    images: readonly ImageInput[],
    labels: readonly LabelInput[],
    options?: AnswerAllOptions,
  ): Promise<(Answer | ClipError)[]>;
  /** How what compares pictures with these labels, made of these prompts, becomes probabilities. */
  calibrationFor(weights: CalibrationTarget): Promise<AppliedCalibration>;
  /** Weights → what answers for pictures, for callers that encode them themselves. Raises `calibrate.*`. */
  answerer(weights: ZeroShotWeights, options?: AnswerOptions): Promise<Answerer>;
  /**
   * Labels → weights, for callers that use them more than once (`predict`). The last few sets are remembered: of a set that
   * shares labels with one of them only the others are computed.
   */
  zeroShotWeights(
    labels: readonly LabelInput[],
    templates?: readonly string[],
    options?: WeightsOptions,
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
  const device = deviceOf(sessionOptions(options));
  const { home, open, handle } = await opened(model, options);
  throwIfAborted(signal);
  const towers = towersFrom(handle, open, options);
  if (options.preload || device !== "cpu") {
    onProgress?.({ stage: "open", done: 0, total: 1 });
    await openAll(towers);
    onProgress?.({ stage: "open", done: 1, total: 1 });
  }
  const caches = openCaches(home, handle.manifest, device, bytes);
  return new LoadedClip(handle, towers, { ...options, device, home }, image, caches, preparer);
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
  const { prepacking: _, ...session } = sessionOptions(options);
  return { home, open: () => openModel(path, { ...found, session }) };
}

/** A model on this machine, and how it was opened: to do that again. */
interface Opened {
  readonly home: string;
  readonly open: () => Promise<ModelHandle>;
  readonly handle: ModelHandle;
}

/**
 * The form of a model that suits the device: on a GPU that can't compute in fp16, fp32 where nobody asked for a precision.
 * Raises `runtime.device` for a GPU that is absent or computes something else than the CPU.
 */
async function opened(model: string, options: LoadOptions): Promise<Opened> {
  const { home, open } = await finder(model, options);
  const handle = await open();
  const session = sessionOptions(options);
  const device = deviceOf(session);
  if (device === "cpu") return { home, open, handle };
  const half = handle.manifest.precision === "fp16";
  const { checkDevice } = await import("./models/check-device.js");
  try {
    await checkDevice({ ...session, device, half });
    return { home, open, handle };
  } catch (error) {
    const free = options.precision === undefined && splitPrecision(model).precision === undefined;
    if (!(half && free && error instanceof ClipError && error.code === "runtime.run")) throw error;
    const message = `The GPU (${device}) can't compute in fp16: ${handle.manifest.name} is opened in fp32.`;
    options.onWarning?.({ code: "runtime.fp32", message });
    return opened(model, { ...options, precision: "fp32" });
  }
}

function sessionOptions({ device, threads, prepack }: LoadOptions): SessionOptions {
  return {
    ...(device === undefined ? {} : { device }),
    ...(threads === undefined ? {} : { threads }),
    ...(prepack === undefined ? {} : { prepacking: prepack }),
  };
}

function towersFrom(handle: ModelHandle, again: () => Promise<ModelHandle>, options: LoadOptions): Towers {
  return towersOf(handle, {
    open: (file) =>
      (options.thread === false ? openSession : openThreadedSession)(file, sessionOptions(options)),
    again,
    onRebuilt: (name) =>
      options.onWarning?.({
        code: "model.rebuilt",
        message: `The compiled form of ${name} was damaged and is made anew.`,
      }),
  });
}

/** Both at once where they have their own threads; what reads pictures and texts is loaded beside them. */
async function openAll({ image, text }: Towers): Promise<void> {
  const opening = [image.open(), text.open()];
  const opened = await Promise.allSettled([
    ...opening,
    import("./image/prepare.js"),
    import("./encode/tokenizer.js"),
  ]);
  const failed = opened.find((one) => one.status === "rejected");
  if (!failed) return;
  for (const tower of [image, text]) await tower[Symbol.asyncDispose]();
  throw failed.reason;
}

/** Vectors of a plan's labels from the set that has most of them. */
function mostKnown(sets: readonly ZeroShotWeights[], plan: WeightsPlan): (Embedding | undefined)[] {
  let best: (Embedding | undefined)[] = plan.forms.map(() => undefined);
  let most = 0;
  for (const set of sets) {
    const known = knownVectors(set, plan);
    const count = known.filter((vector) => vector !== undefined).length;
    if (count > most) [best, most] = [known, count];
  }
  return best;
}

/** What answers for pictures, whatever encodes them and compares them with labels. */
export abstract class Answering implements Pick<Clip, "answerAll" | "classifyAll" | "classify"> {
  abstract zeroShotWeights(...asked: Parameters<Clip["zeroShotWeights"]>): Promise<ZeroShotWeights>;
  abstract answerer(...asked: Parameters<Clip["answerer"]>): Promise<Answerer>;
  abstract encodeImageStream(...asked: Parameters<Clip["encodeImageStream"]>): AsyncGenerator<EncodedImage>;

  async answerAll(
    images: readonly ImageInput[],
    labels: readonly LabelInput[],
    options: AnswerAllOptions = {},
  ): Promise<(Answer | ClipError)[]> {
    const { templates, domain = [], batchSize, views, viewMode, signal, onProgress, ...asked } = options;
    const weights = await this.zeroShotWeights(
      labels,
      domain.length > 0 ? composeTemplates([domain].flat(), templates) : templates,
      signal ? { signal } : {},
    );
    const answer = await this.answerer(weights, {
      ...asked,
      ...(views === undefined ? {} : { views }),
      ...(viewMode === undefined ? {} : { viewMode }),
    });
    const answers: (Answer | ClipError)[] = [];
    const stream = this.encodeImageStream(images, {
      labels: weights,
      ...(viewMode === "best" ? { eachView: true } : {}),
      ...(batchSize === undefined ? {} : { batchSize }),
      ...(views === undefined ? {} : { views }),
      ...(signal === undefined ? {} : { signal }),
      ...(onProgress === undefined ? {} : { onProgress }),
    });
    for await (const { result, views: seen } of stream) {
      if (result instanceof ClipError) answers.push(result);
      else answers.push(answer(seen ? bestView(seen, weights) : result));
    }
    return answers;
  }

  async classifyAll(
    images: readonly ImageInput[],
    labels: readonly LabelInput[],
    options: ClassifyOptions = {},
  ): Promise<(Prediction[] | ClipError)[]> {
    const answers = await this.answerAll(images, labels, options);
    return answers.map((answer) => (answer instanceof ClipError ? answer : [...answer.predictions]));
  }

  async classify(
    image: ImageInput,
    labels: readonly LabelInput[],
    options?: ClassifyOptions,
  ): Promise<Prediction[]> {
    const [answer] = await this.classifyAll([image], labels, options);
    if (answer === undefined || answer instanceof ClipError) throw answer;
    return answer;
  }
}

class LoadedClip extends Answering implements Clip {
  readonly model: ModelInfo;
  readonly #image: ImageSide;
  readonly #text: Omit<TextSide, "tokenizer">;
  readonly #folder: string;
  readonly #towers: Towers;
  /** Opening on this thread would hold what is to be done beside it. */
  readonly #warms: boolean;
  readonly #onWarning: LoadOptions["onWarning"];
  readonly #caches: Caches;
  /** Absent where calibrations are left alone. */
  readonly #calibrationHome: string | undefined;
  #calibrations: ReturnType<typeof listCalibrations> | undefined;
  readonly #toldPrompts = new Set<string>();
  readonly #sets = new Map<string, ZeroShotWeights>();
  #tokenizer: Promise<TextSide["tokenizer"]> | undefined;

  constructor(
    { folder, manifest }: ModelHandle,
    towers: Towers,
    load: LoadOptions & { readonly device: DeviceName; readonly home: string },
    options: ImageOptions,
    caches: Caches,
    preparer: Preparer,
  ) {
    super();
    const { name, revision, precision, dim, logitScale, measuredLogitScale } = manifest;
    const { parameters, templates, knownScripts, languages, scoring } = manifest;
    const { tokenizer } = manifest.text;
    this.model = {
      name,
      revision,
      precision,
      device: load.device,
      dim,
      logitScale,
      ...(measuredLogitScale === undefined ? {} : { measuredLogitScale }),
      ...(scoring ? { scoring } : {}),
      imageSize: manifest.image.preprocessing.size,
      contextLength: tokenizer.kind === "clip-bpe" ? tokenizer.contextLength : tokenizer.maxLength,
      parameters,
      templates,
      ...(knownScripts ? { knownScripts } : {}),
      ...(languages ? { languages } : {}),
    };
    this.#folder = folder;
    this.#towers = towers;
    this.#warms = load.thread !== false;
    this.#image = {
      session: towers.image,
      tower: manifest.image,
      dim,
      options,
      fetchUrls: load.fetchUrls,
      preparer,
      squaresAtOnce: squaresAtOnce(load),
      autoBatch: autoBatch({
        session: towers.image,
        tower: manifest.image,
        home: load.home,
        revision,
        precision,
        device: load.device,
        threads: load.threads,
        mostBytes: load.batchBytes ?? BATCH_BYTES,
      }),
      cache: caches.images,
    };
    this.#text = {
      session: towers.text,
      tower: manifest.text,
      dim,
      knownScripts,
      languages,
      cache: caches.text,
    };
    this.#caches = caches;
    this.#onWarning = load.onWarning;
    this.#calibrationHome = load.calibration === false ? undefined : load.home;
  }

  encodeImageStream(
    inputs: AsyncIterable<ImageInput> | Iterable<ImageInput>,
    options?: EncodeImagesOptions,
  ): AsyncGenerator<EncodedImage> {
    this.#warm("image");
    return encodeImages(this.#image, inputs, options);
  }

  /** Begins to open a tower that will be needed, unless what is remembered may do instead. */
  #warm(tower: keyof Towers): void {
    const { cache } = tower === "image" ? this.#image : this.#text;
    if (!this.#warms || cache) return;
    this.#towers[tower].warm();
    // What reads pictures takes as long to load as a small tower to open; a failure is told when it is used.
    if (tower === "image") import("./image/prepare.js").catch(() => undefined);
  }

  async encodeImages(
    inputs: readonly ImageInput[],
    options?: EncodeImagesOptions,
  ): Promise<(Embedding | ClipError)[]> {
    const results: (Embedding | ClipError)[] = [];
    for await (const { result } of this.encodeImageStream(inputs, options)) results.push(result);
    return results;
  }

  encodeTexts(texts: readonly string[], options?: EncodeTextsOptions): Promise<Embedding[]> {
    return this.#encodeTexts(texts, options, this.#text.cache);
  }

  async #encodeTexts(
    texts: readonly string[],
    options: EncodeTextsOptions | undefined,
    cache: TextSide["cache"],
  ): Promise<Embedding[]> {
    this.#warm("text");
    this.#tokenizer ??= this.#openTokenizer();
    const side: TextSide = { ...this.#text, cache, tokenizer: await this.#tokenizer };
    return encodeTexts(side, texts, {
      ...(this.#onWarning ? { onWarning: this.#onWarning } : {}),
      ...options,
    });
  }

  async #openTokenizer(): Promise<TextSide["tokenizer"]> {
    const { openTokenizer } = await import("./encode/tokenizer.js");
    return openTokenizer(this.#folder, this.#text.tower.tokenizer);
  }

  async zeroShotWeights(
    labels: readonly LabelInput[],
    templates: readonly string[] = this.model.templates,
    options: WeightsOptions = {},
  ): Promise<ZeroShotWeights> {
    // Weights are for pictures.
    this.#warm("image");
    const key = JSON.stringify([labels, templates, options.templateWeights]);
    const known = this.#sets.get(key);
    if (known) return known;
    const weights = await this.#computeWeights(labels, templates, options);
    this.#sets.set(key, weights);
    const [oldest] = this.#sets.keys();
    if (this.#sets.size > REMEMBERED_SETS && oldest !== undefined) this.#sets.delete(oldest);
    return weights;
  }

  async #computeWeights(
    labels: readonly LabelInput[],
    templates: readonly string[],
    options: WeightsOptions,
  ): Promise<ZeroShotWeights> {
    const told = options.onWarning ?? this.#onWarning;
    const asked: WeightsOptions = told ? { ...options, onWarning: told } : options;
    const plan = planWeights(labels, templates, asked);
    const cache = this.#caches.labels;
    return completeWeights(
      plan,
      mostKnown([...this.#sets.values()], plan),
      async (missing) => {
        if (!cache) return encodeForms(this, missing, plan.templates, asked);
        const keys = labelKeys(missing, recipeOf(plan));
        return rememberedLabels(cache, keys, async (positions, keep) => {
          if (this.#warms) this.#towers.text.warm();
          // The features of so many prompts would push everything else out of the cache of texts.
          const prompts = positions.map((i) => promptsOf(missing[i]!, plan.templates, plan.templateWeights));
          const many = prompts.reduce((sum, { length }) => sum + length, 0) > PROMPTS_AT_ONCE;
          const encodeTexts: Encoder["encodeTexts"] = (texts, how) =>
            this.#encodeTexts(texts, how, many ? undefined : this.#text.cache);
          const forms = positions.map((i) => missing[i]!);
          const onLabels = async ({ first, vectors, strange }: EncodedForms): Promise<void> => {
            for (const [at, vector] of vectors.entries())
              if (!strange.has(first + at)) await keep(first + at, vector);
          };
          return encodeForms({ encodeTexts }, forms, plan.templates, { ...asked, onLabels });
        });
      },
      told,
    );
  }

  async answerer(weights: ZeroShotWeights, options: AnswerOptions = {}): Promise<Answerer> {
    const applied = await this.calibrationFor({
      ...weights,
      views: viewsName(options.views, options.viewMode),
    });
    const negatives =
      options.abstainBy === "negative"
        ? await negativeWeights(weights, (words) => {
            const { templates, templateWeights } = weights;
            return this.zeroShotWeights(words, templates, templateWeights ? { templateWeights } : {});
          })
        : undefined;
    return answerer(weights, applied, options, negatives);
  }

  async calibrationFor(weights: CalibrationTarget): Promise<AppliedCalibration> {
    const { labels } = weights;
    if (!this.#calibrationHome) return appliedCalibration(undefined, labels, ownScale(this.model));
    this.#calibrations ??= listCalibrations(this.#calibrationHome, this.model.revision, ({ message }) =>
      this.#onWarning?.({ code: "calibrate.damaged", message }),
    );
    const stored = await this.#calibrations;
    const chosen = chooseCalibration(stored, weights);
    const warning = carriedOverWarning(chosen, weights);
    if (warning && !this.#toldPrompts.has(warning.message)) {
      this.#toldPrompts.add(warning.message);
      this.#onWarning?.(warning);
    }
    return {
      ...appliedCalibration(chosen, labels, this.model),
      independent: independentFor(stored, weights),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([
      this.#towers.image[Symbol.asyncDispose](),
      this.#towers.text[Symbol.asyncDispose](),
      this.#image.preparer[Symbol.asyncDispose](),
      closeCaches(this.#caches),
    ]);
  }
}
