import { loadClip } from "../clip.js";
import { type LabelledSet, labelInputs } from "../evaluate/data/labelled-set.js";
import { openSet } from "../evaluate/door.js";
import type { FindOptions } from "../find-model.js";
import type { ZeroShotWeights } from "../zeroshot/weights.js";
import type { Robustness, RobustOptions } from "./robust.js";
import type { Subject } from "./subject.js";
import type { TrainSettings } from "./train/options.js";
import type { TrainedModel, TrainModelOptions } from "./train/train-model.js";

/** How the model is found, and the prompts of its labels. */
export interface RobustModelOptions {
  readonly find?: Omit<FindOptions, "signal">;
  /** Default: the model's. */
  readonly templates?: readonly string[];
}

interface Opened {
  readonly subject: Subject;
  readonly set: LabelledSet;
  readonly weights: ZeroShotWeights;
}

/** A model's image tower as data and its labels' texts, for as long as they are used. */
async function using<T>(
  model: string,
  pictures: string | LabelledSet,
  { find = {}, templates, signal }: RobustModelOptions & { readonly signal?: AbortSignal | undefined },
  use: (opened: Opened) => Promise<T>,
): Promise<T> {
  const abort = signal ? { signal } : {};
  const set = typeof pictures === "string" ? await openSet(pictures, pictures, abort) : pictures;
  const { openSubject } = await import("./subject.js");
  await using subject = await openSubject(model, { ...find, ...abort });
  await using clip = await loadClip(model, { ...find, ...abort, calibration: false });
  const weights = await clip.zeroShotWeights(
    labelInputs(set.classes),
    templates ?? clip.model.templates,
    abort,
  );
  return await use({ subject, set, weights });
}

/**
 * How a model stands up to corrupted, written-on and attacked pictures: labelled pictures (a folder, list or archive as `openSet` takes
 * it) are changed as they enter its image tower. Every defence is measured under the attack that knows it, too. Equal pictures, seeds
 * and options give equal figures. Raises `robust.*`, `usage.robust`, `graph.gradient`, `evaluate.*`, `model.*`, `aborted`.
 */
export async function robustness(
  model: string,
  pictures: string | LabelledSet,
  { find, templates, ...options }: RobustOptions & RobustModelOptions = {},
): Promise<Robustness> {
  const { measureRobustness } = await import("./robust.js");
  const how = { ...(find ? { find } : {}), ...(templates ? { templates } : {}), signal: options.signal };
  return using(model, pictures, how, ({ subject, set, weights }) =>
    measureRobustness(subject, weights, set, options),
  );
}

export interface TrainRobustOptions
  extends Omit<TrainModelOptions, "settings" | "texts">,
    RobustModelOptions {
  /** What differs from the defaults: FARE at 2/255, 400 updates of 16 pictures, the model's own side. */
  readonly settings?: Partial<TrainSettings>;
}

/**
 * Trains a model's image tower against attacks and writes it as a folder that `loadClip` opens. Stopped, it goes on where it was when
 * called again; equal pictures and settings give equal files. Raises `robust.*`, `usage.robust`, `graph.gradient`, `evaluate.*`, `model.*`,
 * `aborted`.
 */
export async function trainRobust(
  model: string,
  pictures: string | LabelledSet,
  { find, templates, settings, ...options }: TrainRobustOptions,
): Promise<TrainedModel> {
  const [{ trainModel }, { DEFAULT_TRAINING }] = await Promise.all([
    import("./train/train-model.js"),
    import("./train/options.js"),
  ]);
  const how = { ...(find ? { find } : {}), ...(templates ? { templates } : {}), signal: options.signal };
  return using(model, pictures, how, ({ subject, set, weights }) =>
    trainModel(subject, set, {
      ...options,
      texts: weights.vectors,
      settings: { ...DEFAULT_TRAINING, size: subject.tower.size, ...settings },
    }),
  );
}
