import { ClipError } from "../../errors.js";
import type { FailedImage } from "../../evaluate/collect.js";
import type { LabelledSet } from "../../evaluate/data/labelled-set.js";
import { withSide } from "../../graph/gradient/resized.js";
import type { ImageOptions } from "../../image/options.js";
import { sample } from "../../math/random.js";
import { type Embedding, unit } from "../../math/unit.js";
import { checkNew } from "../../models/derived-folder.js";
import type { ModelManifest } from "../../models/manifest.js";
import { withScratch } from "../../models/scratch.js";
import type { SessionOptions } from "../../runtime/session.js";
import { openGraph } from "../open-gradients.js";
import { drawn, pixelsOf, readSquares } from "../squares.js";
import type { Subject } from "../subject.js";
import { FEATURES, type FloatTower, PIXELS } from "../tower.js";
import { BATCH } from "../victim.js";
import { learntWeights, valuesOf, withValues } from "./learnt.js";
import { type Aim, openMachine } from "./machine.js";
import { checkTraining, type TrainSettings } from "./options.js";
import { checkKept, freshState, type Look, lockTraining, trainingKey } from "./state.js";
import { forget, type TrainListener, type TrainProgress, train } from "./train.js";
import { resized, writeVariant } from "./variant.js";

export interface TrainModelOptions extends TrainListener {
  readonly settings: TrainSettings;
  /** Folder of the trained model; while it is trained, what goes on after a stop lies beside it. */
  readonly out: string;
  /** Most pictures, drawn by the seed; default all. */
  readonly pictures?: number;
  /** Unit vectors of the labels' texts, for `tecoa`. */
  readonly texts?: readonly Embedding[];
  readonly image?: Partial<ImageOptions>;
  readonly session?: SessionOptions;
  readonly onRead?: (done: number, total: number) => void;
}

export interface TrainedModel {
  readonly manifest: ModelManifest;
  readonly settings: TrainSettings;
  readonly pictures: number;
  readonly learnt: number;
  readonly looks: readonly Look[];
  readonly failed: readonly FailedImage[];
}

/** Share of the pictures that are held out for looks, and at most how many: a look costs as much as a few updates. */
const HELD_OUT = 0.1;
const MOST_HELD_OUT = 64;

/** Fewest pictures that can be learnt from while some are held out. */
const LEAST = 4;

/**
 * Trains a model's image tower against attacks and writes it as a model of its own. Stopped (`aborted`), it goes on where it was when
 * it is called again. Equal pictures, settings and machines give equal files. Raises `robust.*`, `usage.robust`, `graph.gradient`,
 * `evaluate.data`.
 */
export async function trainModel(
  subject: Subject,
  set: LabelledSet,
  options: TrainModelOptions,
): Promise<TrainedModel> {
  const { out, signal, texts } = options;
  const settings = checkTraining(options.settings);
  const path = `${out}.training`;
  await using _lock = await lockTraining(path);
  await checkNew(out, "robust.out");
  const { plan } = subject;
  const { preprocessing } = plan.manifest.image;
  const chosen = drawn(set, { pictures: options.pictures, seed: settings.seed });
  const of = { of: plan.manifest.revision, set: set.fingerprint, pictures: chosen.map(({ name }) => name) };
  const kept = { path, key: trainingKey(settings, of) };
  checkKept(kept.path, kept.key);
  const read = (size: number) =>
    readSquares(set, chosen, resized(preprocessing, size), {
      signal,
      ...(options.image ? { image: options.image } : {}),
      ...(options.onRead ? { onProgress: options.onRead } : {}),
    });
  const { squares, truth, failed } = await read(settings.size);
  if (squares.length < LEAST)
    throw new ClipError(
      "robust.pictures",
      `Expected at least ${LEAST} pictures to learn from but received ${squares.length}.`,
    );
  const small = smaller(subject.tower, settings.size);
  const learnt = learntWeights(small);
  const places = squares.map((_, i) => i);
  const heldOut = sample(
    places,
    Math.min(MOST_HELD_OUT, Math.ceil(HELD_OUT * squares.length)),
    settings.seed,
  );
  const held = new Set(heldOut);
  const data = { squares, heldOut, learnt: places.filter((place) => !held.has(place)) };
  return await withScratch("robust", async (folder) => {
    const anchors = async () => {
      const own = settings.size === preprocessing.size ? squares : (await read(preprocessing.size)).squares;
      return anchorsOf(subject.tower, own, folder, signal);
    };
    const aim: Aim =
      settings.method === "fare"
        ? { method: "fare", anchors: await anchors() }
        : { method: "tecoa", truth, texts: textsOf(texts), logitScale: plan.manifest.logitScale };
    const session = options.session ? { session: options.session } : {};
    await using machine = await openMachine(learnt, aim, { folder, signal, ...session }).catch(
      (error: unknown) => {
        throw settings.size === preprocessing.size
          ? error
          : otherSide(error, preprocessing.size, settings.size);
      },
    );
    const state = freshState(valuesOf(learnt.tower.graph, learnt.names));
    const listener = options.onProgress ? { onProgress: (at: TrainProgress) => options.onProgress!(at) } : {};
    await train(machine, data, settings, state, kept, { signal, ...listener });
    const trained = { ...learnt.tower, graph: withValues(learnt.tower.graph, state.best) };
    const record = {
      ...settings,
      of: plan.manifest.name,
      revision: plan.manifest.revision,
      pictures: squares.length,
      looks: state.looks,
    };
    const manifest = await writeVariant(out, { plan, tower: trained, record }, signal);
    await forget(kept);
    const count = [...state.weights.values()].reduce((sum, { length }) => sum + length, 0);
    return { manifest, settings, pictures: squares.length, learnt: count, looks: state.looks, failed };
  });
}

/** A tower that computes at its own side and not at another: it has positions. */
function otherSide(error: unknown, own: number, asked: number): unknown {
  if (!(error instanceof ClipError && /^(?:runtime|graph)\./.test(error.code))) return error;
  const message = `Expected a tower that reads squares of any side but it can't be computed with ${asked} pixels: train at its own ${own}.`;
  return new ClipError("robust.size", message, { cause: error });
}

function textsOf(texts: readonly Embedding[] | undefined): readonly Embedding[] {
  if (texts && texts.length > 1) return texts;
  throw new ClipError(
    "robust.pictures",
    `Expected pictures of at least two labels for tecoa but received ${texts?.length ?? 0}.`,
  );
}

function smaller(tower: FloatTower, size: number): FloatTower {
  return { ...tower, size, graph: withSide(tower.graph, tower.size, size) };
}

/** What the tower says of each square before training. */
async function anchorsOf(
  tower: FloatTower,
  squares: readonly Uint8Array[],
  folder: string,
  signal: AbortSignal | undefined,
): Promise<Embedding[]> {
  await using session = await openGraph(tower.graph, { folder, name: "before", signal });
  const anchors: Embedding[] = [];
  const { size, dim } = tower;
  for (let from = 0; from < squares.length; from += BATCH) {
    const part = squares.slice(from, from + BATCH);
    const feed = { type: "float32" as const, data: pixelsOf(part), dims: [part.length, size, size, 3] };
    const { data } = await session.run({ [PIXELS]: feed }, FEATURES);
    for (let i = 0; i < part.length; i++) anchors.push(unit(data.subarray(i * dim, (i + 1) * dim)));
  }
  return anchors;
}
