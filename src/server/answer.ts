import type { EncodedImage } from "../encoder.js";
import { ClipError } from "../errors.js";
import type { Adapter } from "../fewshot/adapter.js";
import { type ChosenLabels, chooseLabels, shownAnswer } from "../zeroshot/chosen-labels.js";
import type { Answer, AnswerOptions } from "../zeroshot/confidence/answer.js";
import { composeTemplates } from "../zeroshot/domains.js";
import type { LabelSet } from "../zeroshot/label.js";
import { parseLabelSet } from "../zeroshot/label-file/parse.js";
import { bestView } from "../zeroshot/views.js";
import type { ZeroShotWeights } from "../zeroshot/weights.js";
import { AllFailed } from "./all-failed.js";
import type { ServerContext } from "./context.js";
import type { StoredSet } from "./label-sets/store.js";
import type { NamedPicture } from "./pictures/pictures.js";
import type { Asker } from "./queue/batcher.js";
import type { Serving } from "./serving.js";
import type { Classified, ClassifyAsked, ClassifyResponse } from "./wire/classify.js";
import { LIMITS } from "./wire/limits.js";

/** What answering needs of a server. */
export type AnswerContext = Pick<ServerContext, "options" | "pool" | "labelSets" | "examples">;

/** A set that is asked for. */
export interface FoundSet {
  readonly set: LabelSet;
  /** Equal for equal labels. */
  readonly key: string;
  /** The version of it where it is kept here. */
  readonly stored?: StoredSet;
}

/** The set that is asked for, and the version of it where it is kept here; where none is, the labels of the model's adapter. */
export async function setOf(
  { labels, labelSet }: ClassifyAsked,
  { labelSets }: AnswerContext,
  adapter: Adapter | undefined,
): Promise<FoundSet> {
  if (adapter && labels === undefined && labelSet === undefined) {
    const set = { description: "", labels: adapter.labels.map((name) => ({ id: name, name })) };
    return { set, key: JSON.stringify({ labels: adapter.labels }) };
  }
  if ((labels === undefined) === (labelSet === undefined))
    throw new ClipError("usage.labels", "Expected either labels or labelSet in the request.");
  if (labelSet !== undefined) {
    const stored = labelSets.get(labelSet);
    return { set: stored.set, key: stored.hash, stored };
  }
  const text = JSON.stringify({ labels });
  return { set: await parseLabelSet(text, "the request.json"), key: text };
}

/** A set's labels as asked, their weights (by the set's examples where it has some), and how they were chosen. */
export async function weightsFor(
  serving: Serving,
  asked: ClassifyAsked,
  { set, key, stored }: FoundSet,
  { options, examples }: Pick<AnswerContext, "options" | "examples">,
  asker: Asker,
): Promise<{ weights: ZeroShotWeights; chosen: ChosenLabels }> {
  const { level, sum, lang, promptLang, domain = [], templates } = asked;
  const chosen = chooseLabels(set, { level, sum, lang, promptLang });
  const domains = [domain].flat();
  const used = domains.length > 0 ? composeTemplates(domains, templates) : templates;
  const prompts = chosen.labels.length * (used?.length ?? serving.clip.model.templates.length);
  if (prompts > options.maxPrompts) {
    throw new ClipError(
      "labels.too-many",
      `Expected at most ${options.maxPrompts} prompts (labels times templates) but received ${prompts}.`,
    );
  }
  const full = JSON.stringify([key, level, sum, used, promptLang]);
  // What was learnt is kept by the labels' own names.
  const learnt =
    stored && promptLang === undefined && (await examples.find(stored.name, serving.clip.model.revision));
  return { weights: await serving.weights(full, chosen.labels, used, asker, learnt || undefined), chosen };
}

export function answerOptions(asked: ClassifyAsked, chosen: ChosenLabels): AnswerOptions {
  const { top, abstain, abstainBy, coverage, perLabel, uncertainty, independent, views, viewMode } = asked;
  if (chosen.sum && (abstain ?? coverage ?? uncertainty ?? independent) !== undefined)
    throw new ClipError(
      "usage.labels",
      "Expected sum without abstain, coverage, uncertainty and independent, which are of the labels by themselves.",
    );
  return {
    ...(top === undefined || chosen.sum ? {} : { top }),
    ...(abstain === undefined ? {} : { abstain }),
    ...(abstainBy === undefined ? {} : { abstainBy }),
    ...(coverage === undefined ? {} : { coverage }),
    ...(perLabel === undefined ? {} : { perLabel }),
    ...(uncertainty === undefined ? {} : { uncertainty }),
    ...(independent === undefined ? {} : { independent }),
    ...(views === undefined ? {} : { views }),
    ...(viewMode === undefined ? {} : { viewMode }),
  };
}

/** Pictures of a request that can be encoded → what became of all of them, in order. */
async function encode(
  serving: Serving,
  pictures: readonly NamedPicture[],
  asked: ClassifyAsked,
  weights: ZeroShotWeights,
  asker: Asker,
): Promise<(EncodedImage | ClipError)[]> {
  const sound = pictures.flatMap(({ input }) => (input instanceof ClipError ? [] : [input]));
  const kind = {
    views: asked.views ?? "center",
    eachView: asked.viewMode === "best",
    ...(serving.clip.needsLabels ? { weights } : {}),
  } as const;
  const found = (await serving.encodeImages(sound, kind, asker)).values();
  return pictures.map(({ input }) => (input instanceof ClipError ? input : found.next().value!));
}

/**
 * Pictures and what is asked of them → the answer of /v1/classify. Raises `input.none`, `usage.*`, `labels.*`, `calibrate.*`,
 * `model.*`, `server.busy`, and where no picture can be read the first one's error.
 */
export async function answerRequest(
  context: AnswerContext,
  pictures: readonly NamedPicture[],
  asked: ClassifyAsked,
  asker: Asker,
): Promise<ClassifyResponse> {
  if (pictures.length === 0)
    throw new ClipError("input.none", "Expected at least one picture but received none.");
  if (pictures.length > LIMITS.pictures)
    throw new ClipError("usage.request", `Expected at most ${LIMITS.pictures} pictures a request.`);
  const found = await setOf(asked, context, context.pool.adapterOf(asked.model));
  const { stored } = found;
  return context.pool.use(asked.model, async (serving) => {
    const { weights, chosen } = await weightsFor(serving, asked, found, context, asker);
    const answer = await serving.answerer(weights, answerOptions(asked, chosen));
    const encoded = await encode(serving, pictures, asked, weights, asker);
    const results = encoded.map((one, i): Classified => {
      const image = pictures[i]!.name;
      if (one instanceof ClipError)
        return { image, predictions: [], error: { code: one.code, message: one.message } };
      const vector = one.views ? bestView(one.views, weights) : one.result;
      if (vector instanceof ClipError) throw vector;
      return { image, ...labelled(answer(vector), chosen, asked.top) } as Classified;
    });
    const failed = encoded.filter((one) => one instanceof ClipError);
    if (failed.length === results.length) throw new AllFailed(failed[0]!, results);
    return responseOf(serving, weights, stored, results);
  });
}

/** An answer under the labels that were chosen, summed over their level where that is asked; `top`: as many of those sums. */
export function labelled(given: Answer, chosen: ChosenLabels, top = chosen.labels.length): Answer {
  const { sum } = chosen;
  return shownAnswer(sum ? { ...given, predictions: sum(given).slice(0, top) } : given, chosen);
}

/** Results with what is said of all of them: the model, the set that is kept here, warnings. */
export function responseOf<T>(
  serving: Serving,
  weights: ZeroShotWeights,
  stored: StoredSet | undefined,
  results: T[],
): Omit<ClassifyResponse, "results"> & { results: T[] } {
  const warnings = serving.warningsOf(weights).map(({ code, message }) => ({ code, message }));
  return {
    model: serving.clip.model.name,
    ...(stored ? { labelSet: { name: stored.name, version: stored.version } } : {}),
    results,
    ...(warnings.length > 0 ? { warnings } : {}),
  };
}
