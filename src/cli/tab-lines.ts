import type { Answer } from "../zeroshot/confidence/answer.js";
import type { Prediction } from "../zeroshot/predict.js";
import { harmless } from "./output.js";

/** For a pipe: picture, label, probability and similarity, one prediction a line, separated by tabs. */
export function tabLines(image: string, predictions: readonly Prediction[]): string {
  return predictions
    .map(({ label, probability, similarity }) =>
      [harmless(image), harmless(label), probability.toFixed(6), similarity.toFixed(6)].join("\t"),
    )
    .join("\n");
}

/** The same for an answer: where none of the labels fits, one line that says so with the best probability and similarity. */
export function answerLines(image: string, { predictions, abstained }: Answer): string {
  if (!abstained) return tabLines(image, predictions);
  return tabLines(image, [{ ...predictions[0]!, label: NONE }]);
}

/** What stands for a label where none fits. */
export const NONE = "(none of these)";
