import pc from "picocolors";
import stringWidth from "string-width";
import type { Prediction } from "../zeroshot/predict.js";
import { harmless } from "./output.js";
import { bar, clip } from "./table.js";

/** Cells of the widest bar; a narrower terminal gets what is left beside the words. */
const BAR = 28;
/** Cells beside label and bar: indent, gaps, percentage, similarity. */
const REST = 24;
/** Longest label before it is cut. */
const LABEL = 40;

function percent(probability: number): string {
  return `${(100 * probability).toFixed(1)} %`.padStart(7);
}

/** For a terminal: a bar a label, the first one highlighted. */
export function predictionTable(image: string, predictions: readonly Prediction[], named: boolean): string {
  const columns = process.stdout.columns ?? 80;
  const room = Math.max(8, Math.min(LABEL, columns - REST - 8));
  const labels = predictions.map(({ label }) => clip(harmless(label), room));
  const width = Math.max(...labels.map((label) => stringWidth(label)));
  const cells = Math.max(6, Math.min(BAR, columns - REST - width));
  const lines = predictions.map(({ probability, similarity }, i) => {
    const name = labels[i]! + " ".repeat(width - stringWidth(labels[i]!));
    const gauge = bar(probability, cells);
    const shown = i === 0 ? pc.green(gauge) : pc.dim(gauge);
    const space = " ".repeat(cells - stringWidth(gauge));
    return `  ${i === 0 ? pc.bold(name) : name}  ${percent(probability)}  ${shown}${space}  ${pc.dim(similarity.toFixed(3).padStart(6))}`;
  });
  return [...(named ? [pc.bold(clip(harmless(image), columns))] : []), ...lines].join("\n");
}

/** For a pipe: picture, label, probability and similarity, one prediction a line, separated by tabs. */
export function tabLines(image: string, predictions: readonly Prediction[]): string {
  return predictions
    .map(({ label, probability, similarity }) =>
      [harmless(image), harmless(label), probability.toFixed(6), similarity.toFixed(6)].join("\t"),
    )
    .join("\n");
}
