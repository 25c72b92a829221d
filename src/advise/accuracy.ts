import type { LoadOptions } from "../clip.js";
import { loadClip } from "../clip.js";
import type { EncodeProgress } from "../encoder.js";
import { ClipError } from "../errors.js";
import type { LabelledSet } from "../evaluate/data/labelled-set.js";
import { openSet, setNames } from "../evaluate/data/open-set.js";
import type { Cell } from "../evaluate/grid/cell.js";
import { runGrid } from "../evaluate/grid/grid.js";
import { sample } from "../math/random.js";
import type { Accuracy } from "./candidate.js";
import type { AdvisedViews, Known, MeasuredAccuracy } from "./candidates.js";
import type { PresentModel } from "./present.js";

export interface AccuracyOptions {
  readonly views: readonly AdvisedViews[];
  /** About how long measuring may take, all models together. */
  readonly seconds: number;
  readonly load: LoadOptions;
  /** Default: each model's own prompts. */
  readonly templates?: readonly string[];
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (model: string, progress: EncodeProgress) => void;
  /** Told of a model that can't be measured. */
  readonly onFailure?: (model: string, error: ClipError) => void;
}

/** Fewer pictures tell nothing (an interval of ±10 points); more than these sharpen it by less than half a point. */
const FEWEST = 100;
const MOST = 5_000;

const SEED = 6;

/** ms of reading and decoding a photo, where several are read at once. */
const DECODE_MS = 10;
const SQUARES: Readonly<Record<AdvisedViews, number>> = { center: 1, flip: 2, five: 5 };

/** As many pictures as fit the time, at the pace that was measured. */
function countFor(
  models: readonly PresentModel[],
  known: Known,
  { views, seconds }: AccuracyOptions,
): number {
  const squares = views.reduce((sum, one) => sum + SQUARES[one], 0);
  const each = models.reduce((sum, { key }) => {
    const paces = (known.models[key]?.batches ?? []).map(({ ms }) => ms);
    return sum + views.length * DECODE_MS + squares * (paces.length > 0 ? Math.min(...paces) : 0);
  }, 0);
  return Math.min(MOST, Math.max(FEWEST, Math.floor((1000 * seconds) / each)));
}

/** Some pictures of a set, the same for the same set: what is right of them estimates what is right of all. */
export function sampleOf(set: LabelledSet, count: number): LabelledSet {
  if (set.pictures.length <= count) return set;
  return {
    ...set,
    pictures: sample(set.pictures, count, SEED),
    fingerprint: `${set.fingerprint} ${count}`,
  };
}

/** Labelled pictures of any form. Raises `evaluate.*`, `aborted`. */
export async function openLabelled(path: string, signal: AbortSignal | undefined): Promise<LabelledSet> {
  const [name = path] = setNames([path]);
  return openSet(path, name, signal ? { signal } : {});
}

/**
 * Top-1 of the forms that are here on labelled pictures (of a large set on a sample, the same for all), with intervals.
 * Forms whose time isn't known, or that would have to be compiled first, are left out. Raises `advise.probe` where none is left, `aborted`.
 */
export async function measureAccuracy(
  whole: LabelledSet,
  present: readonly PresentModel[],
  known: Known,
  options: AccuracyOptions,
): Promise<MeasuredAccuracy[]> {
  const { views, load, signal, onProgress, onFailure } = options;
  const models = present.filter(({ key }) => known.models[key] !== undefined);
  if (models.length === 0) {
    throw new ClipError(
      "advise.probe",
      "Expected a model that runs here to measure on labelled pictures but none could be measured.",
    );
  }
  const set = sampleOf(whole, countFor(models, known, options));
  const measured: MeasuredAccuracy[] = [];
  for (const { model } of models) {
    try {
      const cells = await runGrid({
        models: [model],
        sets: [set],
        views,
        ...(options.templates ? { prompts: [{ name: "given", templates: options.templates }] } : {}),
        open: () => loadClip(model, { ...load, ...(signal ? { signal } : {}) }),
        ...(signal ? { signal } : {}),
        ...(onProgress ? { onProgress: (_, progress) => onProgress(model, progress) } : {}),
      });
      const failed = cells.find(({ images }) => images === 0)?.failed;
      if (failed) {
        throw new ClipError(
          "evaluate.data",
          `Expected pictures of ${set.name} that can be read but the first of ${failed.length} says: ${failed[0]?.error.message}`,
        );
      }
      measured.push(...cells.map((cell) => ({ model, views: cell.views, accuracy: accuracyOf(cell) })));
    } catch (error) {
      // What is wrong with one model costs the others nothing; what is wrong with the pictures does.
      if (!(error instanceof ClipError) || !/^(?:model|checkpoint|graph|runtime)\./.test(error.code))
        throw error;
      onFailure?.(model, error);
    }
  }
  return measured;
}

function accuracyOf({ top1, set, images, intervals }: Cell): Accuracy {
  return { value: top1, origin: "measured", set, pictures: images, interval: intervals.top1 };
}
