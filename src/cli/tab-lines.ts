import type { Answer } from "../zeroshot/confidence/answer.js";
import type { Prediction } from "../zeroshot/predict.js";
import { harmless } from "./output.js";

/** For a pipe: picture, label, probability and similarity (and `more`), one prediction a line, separated by tabs. */
export function tabLines(
  image: string,
  predictions: readonly Prediction[],
  more: readonly string[] = [],
): string {
  return predictions
    .map(({ label, probability, similarity, holds }) => {
      const words = [harmless(image), harmless(label), probability.toFixed(6), similarity.toFixed(6)];
      return [...words, ...(holds === undefined ? [] : [holds ? "holds" : "-"]), ...more].join("\t");
    })
    .join("\n");
}

/**
 * The same for an answer: where none of the labels fits, one line that says so with the best probability and similarity. What
 * is of the picture as a whole, its set, entropy and margin, stands in each line.
 */
export function answerLines(image: string, { predictions, abstained, set, entropy, margin }: Answer): string {
  const more = [
    ...(set ? [set.map(harmless).join("|")] : []),
    ...(entropy === undefined ? [] : [entropy.toFixed(6)]),
    ...(margin === undefined ? [] : [margin.toFixed(6)]),
  ];
  if (!abstained) return tabLines(image, predictions, more);
  return tabLines(image, [{ ...predictions[0]!, label: NONE }], more);
}

/** What stands for a label where none fits. */
export const NONE = "(none of these)";
