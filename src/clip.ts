import { availableParallelism } from "node:os";
import type { Clip } from "./answering.js";
import type { EmbeddingCache } from "./cache/embedding-cache.js";
import { type CacheOptions, cacheBytes } from "./cache/options.js";
import {
  appliedCalibration,
  type CalibrationTarget,
  carriedOverWarning,
  chooseCalibration,
  independentFor,
  listCalibrations,
  plainScale,
} from "./calibration-store.js";
import { autoBatch, BATCH_BYTES } from "./encode/auto-batch.js";
import { squaresAtOnce } from "./encode/batch-size.js";
import { type Caches, closeCaches, openCaches } from "./encode/caches.js";
import { pictureKey } from "./encode/image-cache.js";
import { labelKeys, tokensKey } from "./encode/text-cache.js";
import type { TextPart } from "./encode/text-routes.js";
import type { TextCache } from "./encode/texts.js";
import { ClipError, throwIfAborted } from "./errors.js";
import { type FindOptions, findModel } from "./find-model.js";
import type { FetchOptions } from "./image/guarded-fetch.js";
import { type ImageOptions, imageOptions } from "./image/options.js";
import { openPreparer, type Preparer } from "./image/preparer.js";
import { readInput } from "./image/sources.js";
import { type ClipParts, LoadedClip } from "./loaded-clip.js";
import type { ModelManifest, OpenedModel, TextTower } from "./models/manifest.js";
import { splitPrecision } from "./models/names.js";
import { openModel } from "./models/open.js";
import type { ModelHandle } from "./models/plan.js";
import { allTowers, type Tower } from "./models/tower.js";
import { type Towers, towersOf } from "./models/towers.js";
import type { DeviceName } from "./runtime/devices.js";
import { deviceOf, openSession, type SessionOptions } from "./runtime/session.js";
import { openThreadedSession } from "./runtime/threaded.js";
import type { AppliedCalibration } from "./zeroshot/confidence/answer.js";

export { type AnswerAllOptions, Answering, type ClassifyOptions, type Clip } from "./answering.js";

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
  return new LoadedClip(nodeParts(handle, towers, { ...options, device, home }, image, caches, preparer));
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

/** All at once where they have their own threads; what reads pictures and texts is loaded beside them. */
async function openAll(towers: Towers): Promise<void> {
  const all = allTowers(towers);
  const opened = await Promise.allSettled([
    ...all.map((tower) => tower.open()),
    import("./image/prepare.js"),
    import("./encode/tokenizer.js"),
  ]);
  const failed = opened.find((one) => one.status === "rejected");
  if (!failed) return;
  for (const tower of all) await tower[Symbol.asyncDispose]();
  throw failed.reason;
}

/** What a loaded model needs, from what Node has: threads, sharp, files. */
function nodeParts(
  { folder, manifest }: ModelHandle,
  towers: Towers,
  load: LoadOptions & { readonly device: DeviceName; readonly home: string },
  options: ImageOptions,
  caches: Caches,
  preparer: Preparer,
): ClipParts {
  const { revision, precision, dim, knownScripts, languages, textByScript = [] } = manifest;
  const { fetchUrls, onWarning } = load;
  const { images, labels } = caches;
  const sources = { ...options, ...(fetchUrls ? { fetchUrls } : {}) };
  /** `mark`: what tells its features from those that another text tower gives of the same numbers. */
  const textPart = (tower: TextTower, session: Tower, mark?: string): TextPart => ({
    ...{ session, tower, dim, knownScripts, languages },
    cache: caches.text && textCache(caches.text, mark),
    async openTokenizer() {
      const { openTokenizer } = await import("./encode/tokenizer.js");
      return openTokenizer(folder, tower.tokenizer);
    },
  });
  return {
    manifest,
    device: load.device,
    towers,
    image: {
      session: towers.image,
      tower: manifest.image,
      dim,
      options,
      read: (input) => readInput(input, sources),
      preparer,
      squaresAtOnce: squaresAtOnce(load.device, load.threads ?? availableParallelism()),
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
      cache: images && {
        keyOf: (bytes, views) => pictureKey(bytes, options, views),
        get: (keys) => images.get(keys),
        put: (key, vector) => images.put(key, vector),
      },
    },
    text: textPart(manifest.text, towers.text),
    textByScript: textByScript.map(({ scripts, tower }, i) => ({
      scripts,
      ...textPart(tower, towers.textByScript[i]!, tower.file),
    })),
    labels: labels && {
      keysOf: labelKeys,
      get: (keys) => labels.get(keys),
      put: (key, vector) => labels.put(key, vector),
    },
    warm:
      load.thread === false
        ? undefined
        : (tower) => {
            // What reads pictures takes as long to load as a small tower to open; a failure is told when it is used.
            if (tower === "image") import("./image/prepare.js").catch(() => undefined);
          },
    calibrationFor: calibrations(load.calibration === false ? undefined : load.home, manifest, onWarning),
    onWarning,
    async close() {
      await Promise.all([preparer[Symbol.asyncDispose](), closeCaches(caches)]);
    },
  };
}

function textCache(cache: EmbeddingCache, mark: string | undefined): TextCache {
  return {
    keyOf: (row) => tokensKey(row, mark),
    get: (keys) => cache.get(keys),
    put: (key, vector) => cache.put(key, vector),
  };
}

/** Which of the calibrations under `home` counts; absent: they are left alone. */
function calibrations(
  home: string | undefined,
  model: ModelManifest,
  onWarning: LoadOptions["onWarning"],
): ClipParts["calibrationFor"] {
  let listed: ReturnType<typeof listCalibrations> | undefined;
  const toldPrompts = new Set<string>();
  return async (target: CalibrationTarget): Promise<AppliedCalibration> => {
    const { labels } = target;
    if (!home) return appliedCalibration(undefined, labels, plainScale(model));
    listed ??= listCalibrations(home, model.revision, ({ message }) =>
      onWarning?.({ code: "calibrate.damaged", message }),
    );
    const stored = await listed;
    const chosen = chooseCalibration(stored, target);
    const warning = carriedOverWarning(chosen, target);
    if (warning && !toldPrompts.has(warning.message)) {
      toldPrompts.add(warning.message);
      onWarning?.(warning);
    }
    return { ...appliedCalibration(chosen, labels, model), independent: independentFor(stored, target) };
  };
}
