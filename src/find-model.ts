import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { LoadProgress, Warning } from "./encoder.js";
import { readEnvironment } from "./environment.js";
import { ClipError } from "./errors.js";
import {
  type AskedPrecision,
  checkPrecision,
  resolveModel,
  splitPair,
  splitPrecision,
} from "./models/names.js";
import type { OpenModelOptions, Rules } from "./models/plan.js";
import { findPulled, type LocateOptions, locateModel, modelName } from "./models/store.js";
import { retrySentence } from "./models/tries.js";

export type { LoadProgress } from "./encoder.js";

/** How a model is found by its name. */
export interface FindOptions {
  /** Folder for models and caches. Default: `ZEROCLIP_HOME`, else `~/.cache/zeroclip`. */
  readonly home?: string;
  /** Never touch the network. Default: `ZEROCLIP_OFFLINE`. */
  readonly offline?: boolean;
  /**
   * Whose preprocessing and tokenizer rules to follow: `auto` (default) takes the file's own: the original's for
   * OpenAI's and open_clip's files, transformers' for Hugging Face folders.
   */
  readonly rules?: Rules;
  /** Told how far downloading, hashing, compiling and opening are. */
  readonly onProgress?: (progress: LoadProgress) => void;
  readonly onWarning?: (warning: Warning) => void;
  readonly signal?: AbortSignal;
}

/** A model that lies on this machine. */
export interface FoundModel {
  /** File or folder. */
  readonly path: string;
  /** What `planModel` and `openModel` are to be told. */
  readonly options: OpenModelOptions;
  /** Folder for models and caches. */
  readonly home: string;
}

/** The folder of the model that ships in the package; the same from `src` and from `dist`. */
export const STARTER_FOLDER = fileURLToPath(new URL("../starter", import.meta.url));

/**
 * A name, Hugging Face id or path → the model on this machine, downloaded first where it must be. Raises `model.*`,
 * `download.*`, `model.not-quantized`, `usage.precision` for a precision that there is not, and where the name says another than
 * the caller.
 */
export async function findModel(
  model: string,
  options: FindOptions,
  precision?: AskedPrecision,
): Promise<FoundModel> {
  if (typeof model !== "string") {
    throw new ClipError(
      "model.unknown",
      `Expected a model's name or path but received ${JSON.stringify(model)}.`,
    );
  }
  checkPrecision(precision);
  const environment = readEnvironment();
  const {
    home = environment.home,
    offline = environment.offline,
    signal,
    rules,
    onProgress,
    onWarning,
  } = options;
  const cacheFolder = join(home, "compiled");
  const pair = await splitPair(model);
  if (!pair && (splitPrecision(model).precision ?? precision) === "int8") {
    const named = await resolveModel(model, { starterFolder: STARTER_FOLDER });
    const isPulled = named.kind === "registry" || named.kind === "hub";
    if (isPulled && (await findPulled(named, { home, ...(signal ? { signal } : {}) })) === undefined)
      await (await import("./models/quantized.js")).checkQuantizedHere(modelName(named), cacheFolder);
  }
  const locate: LocateOptions = {
    ...environment,
    home,
    offline,
    starterFolder: STARTER_FOLDER,
    signal,
    onRetry: (retry) => onWarning?.({ code: "download.retry", message: retrySentence(retry) }),
    onProgress: ({ file, received, total, bytesPerSecond, secondsLeft }) =>
      onProgress?.({
        stage: "download",
        file,
        done: received,
        ...(total === undefined ? {} : { total }),
        ...(bytesPerSecond === undefined ? {} : { bytesPerSecond }),
        ...(secondsLeft === undefined ? {} : { secondsLeft }),
      }),
  };
  const located = await locateModel(pair?.text ?? model, locate);
  const image = pair && (await locateModel(pair.image, locate));
  if (image?.precision !== undefined) {
    throw new ClipError(
      "usage.precision",
      `Expected the precision of a pair behind both names but received "${model}".`,
    );
  }
  if (precision !== undefined && located.precision !== undefined && located.precision !== precision) {
    throw new ClipError(
      "usage.precision",
      `Expected one precision but received ${precision} for "${model}".`,
    );
  }
  return {
    path: image?.path ?? located.path,
    home,
    options: {
      cacheFolder,
      name: image ? `${image.name}+${located.name}` : located.name,
      ...(image ? { text: located.path } : {}),
      precision: located.precision ?? precision,
      rules,
      signal,
      onProgress: (stage, done, total) => onProgress?.({ stage, done, total }),
    },
  };
}
