import pc from "picocolors";
import stringWidth from "string-width";
import type { Answer, CalibrationSource } from "../zeroshot/confidence/answer.js";
import type { Prediction } from "../zeroshot/predict.js";
import { harmless } from "./output.js";
import { NONE } from "./tab-lines.js";
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
export function predictionTable(
  image: string,
  predictions: readonly Prediction[],
  named: boolean,
  best = true,
): string {
  const columns = process.stdout.columns || 80;
  const room = Math.max(8, Math.min(LABEL, columns - REST - 8));
  const labels = predictions.map(({ label }) => clip(harmless(label), room));
  const width = labels.reduce((most, label) => Math.max(most, stringWidth(label)), 0);
  const cells = Math.max(6, Math.min(BAR, columns - REST - width));
  const lines = predictions.map(({ probability, similarity, holds }, i) => {
    const name = labels[i]! + " ".repeat(width - stringWidth(labels[i]!));
    const gauge = bar(probability, cells);
    // Of labels that exclude each other the first one counts, of others each that holds.
    const counts = holds ?? (i === 0 && best);
    const shown = counts ? pc.green(gauge) : pc.dim(gauge);
    const space = " ".repeat(cells - stringWidth(gauge));
    const mark = holds === undefined ? " " : holds ? pc.green("✓") : pc.dim("·");
    return `${mark} ${counts ? pc.bold(name) : name}  ${percent(probability)}  ${shown}${space}  ${pc.dim(similarity.toFixed(3).padStart(6))}`;
  });
  return [...(named ? [pc.bold(clip(harmless(image), columns))] : []), ...lines].join("\n");
}

/** What the probabilities are, in words. */
const SOURCES: Readonly<Record<CalibrationSource, string>> = {
  none: "probabilities: the model's own, not calibrated (zeroclip calibrate)",
  default: "probabilities: by a scale measured on other data sets; zeroclip calibrate fits your own",
  scale: "probabilities: by the scale of a calibration for other labels, prompts or views",
  fitted: "probabilities: calibrated on labelled pictures for these labels",
};

/** Under all answers: how far their probabilities can be trusted. */
export function sourceNote({ calibrated, scoring }: Pick<Answer, "calibrated" | "scoring">): string {
  const own = scoring === "sigmoid" ? "; each is its label's own, so that they need not sum to 100 %" : "";
  return pc.dim(`  ${SOURCES[calibrated]}${own}`);
}

/** The same for an answer, with what else it says. */
export function answerTable(image: string, answer: Answer, named: boolean): string {
  const { predictions, abstained, set, entropy, margin } = answer;
  const table = predictionTable(image, predictions, named, !abstained);
  const lines = named ? table.split("\n").slice(1) : table.split("\n");
  const notes = [
    ...(set ? [`set: ${clip(harmless(set.join(", ")), (process.stdout.columns || 80) - 8)}`] : []),
    ...(entropy === undefined ? [] : [`entropy ${entropy.toFixed(3)}, margin ${margin!.toFixed(3)}`]),
  ];
  return [
    ...(named ? table.split("\n").slice(0, 1) : []),
    ...(abstained ? [`  ${pc.bold(pc.yellow(NONE))}`] : []),
    ...lines,
    ...notes.map((note) => `  ${pc.dim(note)}`),
  ].join("\n");
}
