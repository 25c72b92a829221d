import { calibrationKeys } from "../calibration-store.js";
import { type Clip, type LoadOptions, loadClip } from "../clip.js";
import type { EncodeImagesOptions, EncodeProgress } from "../encoder.js";
import { writePlan } from "../ensemble/file.js";
import type { Plan } from "../ensemble/plan.js";
import { ClipError } from "../errors.js";
import type { FailedImage, Seconds } from "../evaluate/collect.js";
import { type LabelledSet, labelInputs } from "../evaluate/data/labelled-set.js";
import {
  collectMember,
  collectMembers,
  common,
  type MeasuredCascade,
  type MeasuredEnsemble,
  measureCascade,
  measureEnsemble,
} from "../evaluate/members.js";
import { type Combine, memberWeights } from "../zeroshot/ensemble.js";
import { describeWeights } from "../zeroshot/weights.js";

export interface FitEnsembleOptions extends Pick<EncodeImagesOptions, "batchSize" | "views" | "signal"> {
  /** How answers become one; default `probability`. */
  readonly combine?: Combine;
  /** How much each model counts: `fit` (default), `equal`, or a number for each. */
  readonly weights?: "fit" | "equal" | readonly number[];
  /**
   * A cascade instead: models in order of cost, of which each answers where it is sure enough. `drop`: share of right answers that
   * may be lost against the best model (default 0.005); `confidence`: how sure no more is lost, 0.5..0.999 (default 0.9).
   */
  readonly cascade?: { readonly drop?: number; readonly confidence?: number };
  /** Default: those of all models together. */
  readonly templates?: readonly string[];
  /** Of the halves that are measured with. Default 1. */
  readonly seed?: number;
  /** How models are opened. */
  readonly load?: LoadOptions;
  /** What opens a model; default `loadClip`. */
  readonly open?: (model: string) => Promise<Clip>;
  /** Told of each model's pictures. */
  readonly onProgress?: (model: string, progress: EncodeProgress) => void;
}

/** What was fitted on labelled pictures, and how it held on those that were held out. */
export interface FittedModels {
  /** What `saveEnsemble` writes. */
  readonly plan: Plan;
  /** What the models call themselves. */
  readonly names: readonly string[];
  readonly measured: MeasuredEnsemble | MeasuredCascade;
  /** [models] a picture, read and encoded; null where vectors came from a cache. */
  readonly secondsEach: readonly Seconds[];
  /** Name of the set. */
  readonly set: string;
  /** Pictures that a model could not read; they count nowhere. */
  readonly failed: readonly FailedImage[];
}

/** Documented in `door.ts`. */
export async function fitEnsemble(
  models: readonly string[],
  set: LabelledSet,
  options: FitEnsembleOptions = {},
): Promise<FittedModels> {
  checkKinds(options);
  const given = weightsOf(options.weights, models.length);
  memberWeights(models.length, given);
  const { signal, onProgress, load } = options;
  const open = options.open ?? ((model) => loadClip(model, load));
  const templates = options.templates ?? (await templatesOfAll(models, open));
  const names: string[] = [];
  const found = await collectMembers(
    models.map((model) => () => open(model)),
    async (clip) => {
      names.push(clip.model.name);
      return collectMember(clip, set, {
        templates,
        ...(signal ? { signal } : {}),
        ...(onProgress ? { onProgress: (progress) => onProgress(clip.model.name, progress) } : {}),
        ...(options.batchSize === undefined ? {} : { batchSize: options.batchSize }),
        ...(options.views === undefined ? {} : { views: options.views }),
      });
    },
  );
  const { labels, prompts = "" } = calibrationKeys(describeWeights(labelInputs(set.classes), templates));
  const { seed, cascade, combine = "probability" } = options;
  const scores = common(found);
  const secondsEach = found.map(({ seconds }) => seconds);
  const failed = new Map(found.flatMap((one) => one.failed.map((each) => [each.image, each] as const)));
  const facts = { names, secondsEach, set: set.name, failed: [...failed.values()] };
  const fittedFor = { labels, prompts, ...(options.views === undefined ? {} : { views: options.views }) };
  if (cascade) {
    const measured = measureCascade(scores, secondsEach, {
      ...cascade,
      ...(seed === undefined ? {} : { seed }),
    });
    const { calibrations, thresholds } = measured.fitted;
    const plan: Plan = { kind: "cascade", models, thresholds, scales: scalesOf(calibrations), fittedFor };
    return { plan, measured, ...facts };
  }
  const measured = measureEnsemble(scores, combine, given, seed);
  const { calibrations, weights, scale } = measured.fitted;
  const plan: Plan = {
    kind: "ensemble",
    models,
    weights,
    combine,
    scales: scalesOf(calibrations),
    scale,
    fittedFor,
  };
  return { plan, measured, ...facts };
}

/** Documented in `door.ts`. */
export async function saveEnsemble(
  path: string,
  { plan, names, set, secondsEach, measured: { fitted: _, ...measured } }: FittedModels,
): Promise<void> {
  await writePlan(path, plan, { models: names, set, ...measured, secondsEach });
}

function checkKinds({ cascade, combine, weights }: FitEnsembleOptions): void {
  if (!cascade || (combine ?? weights) === undefined) return;
  throw new ClipError(
    "usage.ensemble",
    "Expected a drop or a confidence of a cascade, or weights and a way to combine of an ensemble, but received both kinds.",
  );
}

function weightsOf(given: FitEnsembleOptions["weights"], models: number): readonly number[] | undefined {
  if (given === undefined || given === "fit") return undefined;
  return given === "equal" ? new Array<number>(models).fill(1) : given;
}

/** The models' own templates together: what the ensemble compares with where none are given. Nothing is computed for it. */
async function templatesOfAll(
  models: readonly string[],
  open: (model: string) => Promise<Clip>,
): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const model of models) {
    await using clip = await open(model);
    for (const template of clip.model.templates) found.add(template);
  }
  return [...found];
}

function scalesOf(calibrations: readonly { readonly logitScale: number }[]): number[] {
  return calibrations.map(({ logitScale }) => logitScale);
}
