import type { LoadOptions } from "../clip.js";
import { openClassifier } from "../ensemble/open.js";
import { readEnvironment } from "../environment.js";
import type { LabelledSet } from "../evaluate/data/labelled-set.js";
import type { Cell } from "../evaluate/grid/cell.js";
import { type Comparison, compareCells } from "../evaluate/grid/compare.js";
import type { GridOptions } from "../evaluate/grid/grid.js";
import { NO_STORE, openRunStore } from "../evaluate/grid/run-store.js";
import { calibrationsIn, NO_CALIBRATIONS } from "./calibrations.js";

/** What is compared, and how models are opened. */
export interface EvaluateModelsOptions
  extends Pick<
    GridOptions,
    | "views"
    | "viewModes"
    | "prompts"
    | "variants"
    | "batchSize"
    | "signal"
    | "onProgress"
    | "onCell"
    | "onFailure"
  > {
  /** How models are opened; with `calibration: false` there are no figures of calibrated probabilities. */
  readonly load?: LoadOptions;
  /** Folder that keeps finished measurements and vectors, so that a run that was ended goes on. Default: nothing is kept. */
  readonly run?: string;
}

/** What `evaluateModels` found. */
export interface Evaluation {
  readonly sets: readonly LabelledSet[];
  /** Each model × set × variant × views × prompts. */
  readonly cells: readonly Cell[];
  /** Each pair of them that differs in one thing alone. */
  readonly comparisons: readonly Comparison[];
}

/** Documented in `door.ts`. */
export async function evaluateModels(
  models: readonly string[],
  sets: readonly LabelledSet[],
  { load = {}, run, ...axes }: EvaluateModelsOptions = {},
): Promise<Evaluation> {
  const { home = readEnvironment().home, onWarning = () => {}, image } = load;
  // Loaded when called: what reads pictures takes longer to load than the rest of the door.
  const { runGrid } = await import("../evaluate/grid/grid.js");
  await using store = run === undefined ? NO_STORE : await openRunStore(run);
  const cells = await runGrid({
    ...axes,
    models,
    sets,
    store,
    ...(image ? { image } : {}),
    open: (model) => openClassifier(model, load),
    calibration: load.calibration === false ? NO_CALIBRATIONS : calibrationsIn(home, onWarning),
    onWarning,
  });
  return { sets, cells, comparisons: compareCells(cells, sets) };
}

/** Documented in `door.ts`. */
export async function saveReport(
  path: string,
  { sets, cells, comparisons }: Evaluation,
  { load, signal }: Pick<EvaluateModelsOptions, "load" | "signal"> = {},
): Promise<void> {
  const { writeReport } = await import("../evaluate/report/page.js");
  await writeReport(path, {
    sets: sets.map((set) => ({ set })),
    cells,
    comparisons,
    ...(load?.image ? { image: load.image } : {}),
    ...(signal ? { signal } : {}),
  });
}
