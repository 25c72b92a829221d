import { ClipError } from "../../errors.js";
import type { Adapter } from "../../fewshot/adapter.js";
import { Known } from "../../fewshot/once.js";
import { countsOf, type Shots, seenLabels } from "../../fewshot/shots.js";
import { chooseLabels } from "../../zeroshot/chosen-labels.js";
import type { SetLabel } from "../../zeroshot/label.js";
import type { ZeroShotWeights } from "../../zeroshot/weights.js";
import { AllFailed } from "../all-failed.js";
import { weightsFor } from "../answer.js";
import type { ServerContext } from "../context.js";
import type { NamedPicture } from "../pictures/pictures.js";
import type { Asker } from "../queue/batcher.js";
import type { Serving } from "../serving.js";
import type { Examples, ExamplesAdded } from "../wire/examples.js";
import { LEAST_LABELS } from "./store.js";

/** Labels of a set that may have examples, and examples of a set: both are learnt anew in about a second. */
const MOST_LABELS = 1_000;
const MOST_PICTURES = 2_000;

/** What learning needs of a server. */
type LearnContext = Pick<ServerContext, "options" | "pool" | "labelSets" | "examples">;

/** A set as classify compares with it. */
interface Compared {
  readonly serving: Serving;
  readonly labels: readonly SetLabel[];
  readonly weights: ZeroShotWeights;
}

/** Lends the model and a set's labels. Raises `labels.*`, `model.*`, `server.busy`. */
async function withSet<T>(
  context: LearnContext,
  set: string,
  model: string | undefined,
  asker: Asker,
  work: (compared: Compared) => Promise<T>,
): Promise<T> {
  const stored = context.labelSets.get(set);
  return context.pool.use(model, async (serving) => {
    const found = { set: stored.set, key: stored.hash };
    const { weights, chosen } = await weightsFor(serving, {}, found, context, asker);
    return work({ serving, labels: chosen.labels, weights });
  });
}

/** What a set has learnt, as it is told. */
function told(
  set: string,
  { serving, labels }: Pick<Compared, "serving" | "labels">,
  adapter: Adapter | undefined,
): Examples {
  const counts = adapter ? countsOf(adapter) : [];
  const at = new Map(labels.map(({ id, name }) => [name, id]));
  const named = counts.flatMap((pictures, i) => {
    const label = adapter!.labels[i]!;
    return pictures > 0 ? [{ id: at.get(label) ?? label, label, pictures }] : [];
  });
  const of = (method: string): number | undefined =>
    adapter?.heldOut.find((one) => one.method === method)?.accuracy;
  const [words, examples] = [of("zero-shot"), of(adapter?.method ?? "")];
  const judged = counts.some((count) => count > 1);
  return {
    labelSet: set,
    model: serving.clip.model.name,
    labels: named,
    pictures: adapter?.features.length ?? 0,
    active: named.length >= LEAST_LABELS,
    ...(judged && words !== undefined && examples !== undefined ? { heldOut: { words, examples } } : {}),
  };
}

/** Raises `labels.*`, `model.*`, `fewshot.adapter`. */
export async function examplesOf(
  context: LearnContext,
  set: string,
  model: string | undefined,
): Promise<Examples> {
  const { labels } = chooseLabels(context.labelSets.get(set).set, {});
  return context.pool.use(model, async (serving) => {
    const adapter = await context.examples.get(set, serving.clip.model.revision);
    return told(set, { serving, labels }, adapter);
  });
}

/**
 * Pictures of one label → the set's answers by them. What can't be read is told; pictures of labels that the set no longer has
 * are forgotten. Raises `labels.*`, `model.*`, `server.busy`, `server.off`, `fewshot.*`, and where no picture can be read the
 * first one's error.
 */
export async function addExamples(
  context: LearnContext,
  set: string,
  asked: { readonly label: string; readonly model?: string | undefined },
  pictures: readonly NamedPicture[],
  asker: Asker,
): Promise<ExamplesAdded> {
  const count = context.labelSets.get(set).set.labels.length;
  if (count > MOST_LABELS)
    throw new ClipError(
      "fewshot.shots",
      `Expected a set of at most ${MOST_LABELS} labels to learn but ${set} has ${count}.`,
    );
  return withSet(context, set, asked.model, asker, async (compared) => {
    const { serving, labels } = compared;
    if (serving.clip.needsLabels)
      throw new ClipError(
        "fewshot.model",
        `Expected one model to learn but ${serving.clip.model.name} is made of several.`,
      );
    const label = labelOf(labels, set, asked.label);
    const sound = pictures.flatMap(({ input }) => (input instanceof ClipError ? [] : [input]));
    const encoded = (await serving.encodeImages(sound, { views: "center", eachView: false }, asker)).values();
    const results = pictures.map(({ name, input }) => {
      const one = input instanceof ClipError ? input : encoded.next().value!;
      return { name, vector: one instanceof ClipError ? one : one.result };
    });
    const failed = results.flatMap(({ name, vector }) =>
      vector instanceof ClipError
        ? [{ image: name, error: { code: vector.code, message: vector.message } }]
        : [],
    );
    const more = results.flatMap(({ vector }) => (vector instanceof ClipError ? [] : [vector]));
    const first = results.find(({ vector }) => vector instanceof ClipError)?.vector;
    if (more.length === 0)
      throw new AllFailed(
        first as ClipError,
        failed.map((one) => ({ ...one, predictions: [] })),
      );
    return context.examples.change(async () => {
      const kept = keptShots(compared, await context.examples.get(set, serving.clip.model.revision));
      // What is sent again, or said to be another label now, counts once, as it was said last.
      const sent = new Known({ features: more, truth: Int32Array.from(more, () => label) });
      const rest = [...kept.truth.keys()].filter((i) => sent.labelsOf(kept.features[i]!).length === 0);
      const adapter = await learnt(compared, {
        ...kept,
        features: [...rest.map((i) => kept.features[i]!), ...more],
        truth: Int32Array.from([...rest.map((i) => kept.truth[i]!), ...more.map(() => label)]),
      });
      await context.examples.put(set, adapter);
      return { ...told(set, compared, adapter), added: more.length, failed };
    });
  });
}

/** Forgets the pictures of one label, or of all. Raises `labels.*`, `model.*`, `server.off`, `fewshot.*`. */
export async function removeExamples(
  context: LearnContext,
  set: string,
  asked: { readonly label?: string | undefined; readonly model?: string | undefined },
  asker: Asker,
): Promise<Examples> {
  return withSet(context, set, asked.model, asker, async (compared) => {
    const { revision } = compared.serving.clip.model;
    const gone = asked.label === undefined ? undefined : labelOf(compared.labels, set, asked.label);
    return context.examples.change(async () => {
      const kept = keptShots(compared, await context.examples.get(set, revision));
      const rest = [...kept.truth.keys()].filter((i) => gone !== undefined && kept.truth[i] !== gone);
      if (rest.length === 0) {
        await context.examples.remove(set, revision);
        return told(set, compared, undefined);
      }
      const adapter = await learnt(compared, {
        ...kept,
        features: rest.map((i) => kept.features[i]!),
        truth: Int32Array.from(rest, (i) => kept.truth[i]!),
      });
      await context.examples.put(set, adapter);
      return told(set, compared, adapter);
    });
  });
}

/** Raises `labels.set`. */
function labelOf(labels: readonly SetLabel[], set: string, asked: string): number {
  const byId = labels.findIndex(({ id }) => id === asked);
  const label = byId >= 0 ? byId : labels.findIndex(({ name }) => name === asked);
  if (label >= 0) return label;
  throw new ClipError("labels.set", `Expected a label of ${set} but it has no "${asked.slice(0, 60)}".`);
}

/** What was kept of labels that the set still has, beside the words of all its labels. */
function keptShots({ serving, weights }: Compared, adapter: Adapter | undefined): Shots {
  const at = new Map(weights.labels.map((label, i) => [label, i]));
  const truth = Array.from(adapter?.truth ?? [], (label) => at.get(adapter!.labels[label]!));
  const kept = [...truth.keys()].filter((i) => truth[i] !== undefined);
  return {
    labels: weights.labels,
    texts: weights.vectors,
    features: kept.map((i) => adapter!.features[i]!),
    truth: Int32Array.from(kept, (i) => truth[i]!),
    logitScale: serving.clip.model.logitScale,
  };
}

/** Raises `fewshot.shots`. */
async function learnt({ serving, weights }: Compared, shots: Shots): Promise<Adapter> {
  if (shots.features.length > MOST_PICTURES)
    throw new ClipError(
      "fewshot.shots",
      `Expected at most ${MOST_PICTURES} examples of a set but received ${shots.features.length}.`,
    );
  // Loaded when somebody teaches: most servers never do.
  const { fitAdapter } = await import("../../fewshot/fewshot.js");
  const enough = seenLabels(shots).length >= LEAST_LABELS;
  const words = await fitAdapter(serving.clip, shots, weights.templates, { method: "zero-shot" });
  if (!enough) return words;
  const adapter = await fitAdapter(serving.clip, shots, weights.templates, { method: "prototypes" });
  return { ...adapter, heldOut: [...adapter.heldOut, ...words.heldOut] };
}
