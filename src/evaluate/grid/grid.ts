import type { BatchSize, EncodeProgress, Encoder, LabelVectors, ModelInfo, Warning } from "../../encoder.js";
import { asClipError, type ClipError, throwIfAborted } from "../../errors.js";
import { type ImageOptions, imageOptions } from "../../image/options.js";
import type { Views } from "../../image/views.js";
import { promptsId } from "../../zeroshot/confidence/record.js";
import { type ViewMode, viewsName } from "../../zeroshot/views.js";
import { describeWeights, zeroShotWeights } from "../../zeroshot/weights.js";
import { scoresOf, speedOf } from "../collect.js";
import { type LabelledSet, labelInputs } from "../data/labelled-set.js";
import { calibratedFigures, type UsedCalibration } from "./calibrated.js";
import { type Cell, type CellPlace, cellOf } from "./cell.js";
import { encodePass, type Pass } from "./pass.js";
import { keyOf, NO_STORE, type RunStore } from "./run-store.js";
import { type Variant, worsened } from "./variant.js";

/** Prompts under a name. Without templates they are the model's own. */
export interface PromptChoice {
  readonly name: string;
  readonly templates?: readonly string[];
}

/** A model that is opened for its cells and closed after them. */
export type OpenModel = (name: string) => Promise<Encoder & AsyncDisposable>;

export interface GridOptions {
  readonly models: readonly string[];
  readonly sets: readonly LabelledSet[];
  /** Default: `center`. */
  readonly views?: readonly Views[];
  /** Of views with several squares. Default: `average`. */
  readonly viewModes?: readonly ViewMode[];
  /** Default: the model's own. */
  readonly prompts?: readonly PromptChoice[];
  /** Beside the pictures as they are. */
  readonly variants?: readonly Variant[];
  readonly open: OpenModel;
  /** What a model is calibrated with for some labels. Default: nothing. */
  readonly calibration?: (
    model: ModelInfo,
    weights: Omit<LabelVectors, "vectors"> & { readonly views: string },
  ) => Promise<UsedCalibration>;
  /** How pictures are read. */
  readonly image?: Partial<ImageOptions>;
  /** Default: nothing is kept. */
  readonly store?: RunStore;
  readonly batchSize?: BatchSize;
  readonly signal?: AbortSignal;
  /** Told of pictures of one pass. */
  readonly onProgress?: (place: CellPlace, progress: EncodeProgress) => void;
  /** Told of each cell; `kept` where it was in the store. */
  readonly onCell?: (cell: Cell, kept: boolean) => void;
  /** Told of labels that can't be told apart. */
  readonly onWarning?: (warning: Warning) => void;
  /** Told of a model that can't be opened or measured where others follow; without it, it is raised. */
  readonly onFailure?: (model: string, error: ClipError) => void;
}

/** Changes where what is written does, or how it is computed. */
const FORMAT = 2;

/**
 * Every model × set × variant × views × prompts → cells, one model in memory at a time. With a store, cells that are in it
 * are not measured again, and a pass that was ended goes on behind its last batch. Raises what `open` raises (unless
 * `onFailure` takes it), `evaluate.*`, `labels.*`, `aborted`.
 */
export async function runGrid(options: GridOptions): Promise<Cell[]> {
  const cells: Cell[] = [];
  for (const name of options.models) {
    throwIfAborted(options.signal);
    try {
      await using encoder = await options.open(name);
      await runModel(encoder, options, cells);
    } catch (error) {
      const failure = asClipError(error, "usage.unexpected");
      if (!isOpening(failure) || !options.onFailure || options.models.length === 1) throw error;
      options.onFailure(name, failure);
    }
  }
  return cells;
}

/** A model that is not here, or can't run here, costs the others nothing; what is wrong with sets, prompts or the folder does. */
function isOpening({ code }: ClipError): boolean {
  return /^(?:model|download|checkpoint|graph|runtime)\./.test(code);
}

async function runModel(encoder: Encoder, options: GridOptions, cells: Cell[]): Promise<void> {
  const { sets, views = ["center"], variants = [] } = options;
  for (const set of sets) {
    for (const variant of [undefined, ...variants]) {
      for (const squares of views) {
        for (const mode of modesOf(squares, options.viewModes)) {
          await runPass(
            encoder,
            set,
            { views: squares, ...mode, ...(variant ? { variant } : {}) },
            options,
            cells,
          );
        }
      }
    }
  }
}

/** Of one square there is nothing to choose; the average is the usual and goes without saying. */
function modesOf(views: Views, modes: readonly ViewMode[] = ["average"]): { viewMode?: "best" }[] {
  if (views === "center") return [{}];
  return modes.map((mode) => (mode === "best" ? { viewMode: mode } : {}));
}

/** One set's pictures through one model, then every prompt choice on the same vectors. */
async function runPass(
  encoder: Encoder,
  set: LabelledSet,
  seen: Pick<CellPlace, "views" | "viewMode" | "variant">,
  options: GridOptions,
  cells: Cell[],
): Promise<void> {
  const { prompts = [{ name: "model" }], store = NO_STORE, signal, onCell, onProgress, onWarning } = options;
  const { views, viewMode, variant } = seen;
  const { name, revision, precision, device } = encoder.model;
  const image = imageOptions(options.image);
  const facts = [FORMAT, revision, precision, device, set.fingerprint, views, viewMode, variant, image];
  const passKey = keyOf(facts);
  const labels = labelInputs(set.classes);
  // Where vectors hang on the labels, those of other prompts are of no use.
  const ownVectors = encoder.needsLabels === true || viewMode === "best";
  let pass: Pass | undefined;
  for (const choice of prompts) {
    const place: CellPlace = {
      model: name,
      precision,
      device,
      set: set.name,
      ...seen,
      prompts: choice.name,
    };
    const templates = choice.templates ?? encoder.model.templates;
    const described = describeWeights(labels, templates);
    const used = await options.calibration?.(encoder.model, {
      ...described,
      views: viewsName(views, viewMode),
    });
    const key = keyOf([passKey, name, set.name, set.classes, templates, choice.name, used]);
    const kept = keptCell(await store.read("cells", key), set);
    if (kept) {
      cells.push(kept);
      onCell?.(kept, true);
      continue;
    }
    const weights = await zeroShotWeights(encoder, labels, templates, {
      ...(signal ? { signal } : {}),
      ...(onWarning ? { onWarning } : {}),
    });
    const pictures = worsened(set.pictures, variant, image);
    if (ownVectors) pass = undefined;
    pass ??= await encodePass(encoder, pictures, ownVectors ? key : passKey, {
      ...{ views, viewMode, weights, store: options.store, batchSize: options.batchSize, signal },
      ...(onProgress ? { onProgress: (progress) => onProgress(place, progress) } : {}),
    });
    const { features, seconds, memoryBytes, failed } = pass;
    const scores = scoresOf(pictures, features, weights, encoder.model);
    const positions = features.map(({ position }) => position);
    const measured = {
      prompts: promptsId(described),
      views: viewsName(views, viewMode),
      fingerprint: set.fingerprint,
    };
    const calibrated = used && calibratedFigures(scores, used, measured);
    const figures = {
      imagesPerSecond: speedOf(features.length, seconds),
      memoryBytes,
      failed,
      ...(calibrated ? { calibrated } : {}),
    };
    const calibration = calibrated ? used?.applied.calibration : undefined;
    const cell = cellOf(place, set.classes, scores, positions, pictures.length, figures, calibration);
    // With pictures that failed it is not finished: they may be there the next time.
    if (failed.length === 0) await store.write("cells", key, { format: FORMAT, cell });
    cells.push(cell);
    onCell?.(cell, false);
  }
}

/** What the store had, where it is a cell of this set: a folder may have been tampered with, or come from another version. */
function keptCell(found: unknown, { pictures, classes }: LabelledSet): Cell | undefined {
  if (typeof found !== "object" || found === null) return undefined;
  const { format, cell } = found as { readonly format?: unknown; readonly cell?: Cell };
  if (format !== FORMAT || cell?.predicted?.length !== pictures.length) return undefined;
  return cell.classes === classes.length ? cell : undefined;
}
