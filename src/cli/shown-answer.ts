import type { Answer } from "../zeroshot/confidence/answer.js";
import type { CommandLabels } from "./labels.js";

/**
 * An answer with its labels as they are shown: in the language asked for, with their ids and the labels above where the set
 * has them. Where the set's own "none of these" is first, none of the labels fits.
 */
export function shownAnswer(answer: Answer, { none, show }: CommandLabels): Answer {
  const { predictions, set, abstained } = answer;
  const isNone = none !== undefined && predictions[0]?.label === none;
  return {
    ...answer,
    predictions: predictions.map((prediction) => ({ ...prediction, ...show(prediction.label) })),
    ...(set ? { set: set.map((label) => show(label).label) } : {}),
    ...(none === undefined ? {} : { abstained: abstained === true || isNone }),
  };
}
