import type { ChosenLabels } from "../../zeroshot/chosen-labels.js";
import type { Answerer } from "../../zeroshot/confidence/answer.js";
import type { ZeroShotWeights } from "../../zeroshot/weights.js";
import { type AnswerContext, answerOptions, setOf, weightsFor } from "../answer.js";
import type { StoredSet } from "../label-sets/store.js";
import type { Asker } from "../queue/batcher.js";
import type { Serving } from "../serving.js";
import type { LiveLabelsAsked, LiveVersion } from "../wire/live.js";

/** What was asked to compare frames with. */
export type LabelsAsked = Omit<LiveLabelsAsked, "type">;

/** What frames are compared with. Never changed: a frame keeps the one it began with. */
export interface Compared {
  readonly version: number;
  readonly asked: LabelsAsked;
  readonly weights: ZeroShotWeights;
  readonly chosen: ChosenLabels;
  readonly answer: Answerer;
  /** Where it is a set of the server. */
  readonly stored: StoredSet | undefined;
  /** Of its examples. */
  readonly mark: number;
}

/** Labels as asked → what compares. Raises `usage.labels`, `labels.*`, `calibrate.*`, `server.busy`, `aborted`. */
export async function comparedWith(
  context: AnswerContext,
  serving: Serving,
  asked: LabelsAsked,
  version: number,
  asker: Asker,
): Promise<Compared> {
  const found = await setOf(asked, context, serving.adapter);
  const { stored } = found;
  const mark = stored ? context.examples.mark(stored.name) : 0;
  const { weights, chosen } = await weightsFor(serving, asked, found, context, asker);
  const answer = await serving.answerer(weights, answerOptions(asked, chosen));
  return { version, asked, weights, chosen, answer, stored, mark };
}

/** What is told of it. */
export function versionOf({ version, weights, stored }: Compared): LiveVersion {
  return {
    version,
    labels: weights.labels.length,
    ...(stored ? { labelSet: { name: stored.name, version: stored.version } } : {}),
  };
}
