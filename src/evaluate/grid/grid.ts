import type { BatchSize, EncodeProgress, Encoder } from "../../encoder.js";
import { asClipError, ClipError, throwIfAborted } from "../../errors.js";
import { type ImageOptions, imageOptions } from "../../image/options.js";
import type { Views } from "../../image/views.js";
import { type ZeroShotWeights, zeroShotWeights } from "../../zeroshot/weights.js";
import { encodePictures, scoresOf } from "../collect.js";
import type { LabelledPicture, LabelledSet } from "../data/labelled-set.js";
import { type Cell, type CellPlace, cellOf, type FailedPicture } from "./cell.js";
import type { LoggedFeature } from "./feature-log.js";
import { watchMemory } from "./memory.js";
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
  /** Default: the model's own. */
  readonly prompts?: readonly PromptChoice[];
  /** Beside the pictures as they are. */
  readonly variants?: readonly Variant[];
  readonly open: OpenModel;
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
  /** Told of a model that can't be opened or measured where others follow; without it, it is raised. */
  readonly onFailure?: (model: string, error: ClipError) => void;
}

/** Changes where what is written does, or how it is computed. */
const FORMAT = 1;

/** Vectors of one set's pictures by one model, and what it took. */
interface Pass {
  readonly features: readonly LoggedFeature[];
  readonly failed: readonly FailedPicture[];
  readonly seconds: number;
  readonly memoryBytes: number | undefined;
}

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
      for (const squares of views) await runPass(encoder, set, squares, variant, options, cells);
    }
  }
}

/** One set's pictures through one model, then every prompt choice on the same vectors. */
async function runPass(
  encoder: Encoder,
  set: LabelledSet,
  views: Views,
  variant: Variant | undefined,
  options: GridOptions,
  cells: Cell[],
): Promise<void> {
  const { prompts = [{ name: "model" }], store = NO_STORE, signal, onCell } = options;
  const { name, revision, precision, device, logitScale } = encoder.model;
  const image = imageOptions(options.image);
  const passKey = keyOf([FORMAT, revision, precision, device, set.fingerprint, views, variant, image]);
  const labels = set.classes.map(({ label }) => label);
  let pass: Pass | undefined;
  for (const choice of prompts) {
    const place: CellPlace = {
      model: name,
      precision,
      device,
      set: set.name,
      views,
      prompts: choice.name,
      ...(variant ? { variant } : {}),
    };
    const templates = choice.templates ?? encoder.model.templates;
    const key = keyOf([passKey, name, set.name, set.classes, templates, choice.name]);
    const kept = keptCell(await store.read("cells", key), set);
    if (kept) {
      cells.push(kept);
      onCell?.(kept, true);
      continue;
    }
    const weights = await zeroShotWeights(encoder, labels, templates, signal ? { signal } : {});
    const pictures = worsened(set.pictures, variant, image);
    // Where vectors hang on the labels, those of other prompts are of no use.
    if (encoder.needsLabels) pass = undefined;
    const vectorsKey = encoder.needsLabels ? key : passKey;
    pass ??= await encodePass(encoder, pictures, vectorsKey, place, weights, options);
    const { features, seconds, memoryBytes, failed } = pass;
    const scores = scoresOf(pictures, features, weights, logitScale);
    const positions = features.map(({ position }) => position);
    const cell = cellOf(place, set.classes, scores, positions, pictures.length, {
      imagesPerSecond: features.length / seconds,
      ...(memoryBytes === undefined ? {} : { memoryBytes }),
      failed,
    });
    await store.write("cells", key, { format: FORMAT, cell });
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

const PICTURES_A_BATCH = 8;

async function encodePass(
  encoder: Encoder,
  pictures: readonly LabelledPicture[],
  key: string,
  place: CellPlace,
  weights: ZeroShotWeights,
  options: GridOptions,
): Promise<Pass> {
  const { store = NO_STORE, batchSize = PICTURES_A_BATCH, signal, onProgress } = options;
  await using log = await store.features(key, encoder.model.dim);
  const features = [...log.known.values()].filter(({ position }) => position < pictures.length);
  const missing = pictures.flatMap((_, position) => (log.known.has(position) ? [] : [position]));
  const failed: FailedPicture[] = [];
  let waiting: LoggedFeature[] = [];
  let inBatch = 0;
  const writtenAt = batchSize === "auto" ? 1 : batchSize;
  const flush = async (): Promise<void> => {
    inBatch = 0;
    await log.append(waiting);
    waiting = [];
  };
  const memory = watchMemory();
  const stream = encodePictures(
    encoder,
    pictures,
    {
      batchSize,
      views: place.views,
      weights,
      ...(signal ? { signal } : {}),
      ...(onProgress ? { onProgress: (progress) => onProgress(place, progress) } : {}),
    },
    missing,
  );
  for await (const { position, result, seconds } of stream) {
    if (result instanceof ClipError) {
      const { code, message } = result;
      failed.push({ image: pictures[position]!.name, error: { code, message } });
    } else {
      const feature = { position, seconds, vector: result };
      features.push(feature);
      waiting.push(feature);
    }
    // Each batch is written when it is whole, so that a kill costs no more than the one at work.
    if (++inBatch >= writtenAt) await flush();
  }
  await flush();
  features.sort((a, b) => a.position - b.position);
  const seconds = features.reduce((sum, feature) => sum + feature.seconds, 0);
  const most = memory();
  const before = (await store.read("passes", key)) as { readonly memoryBytes?: unknown } | undefined;
  const known = typeof before?.memoryBytes === "number" ? before.memoryBytes : 0;
  const memoryBytes = missing.length > failed.length || known === 0 ? Math.max(most, known) : known;
  await store.write("passes", key, { memoryBytes });
  return { features, failed, seconds, memoryBytes };
}
