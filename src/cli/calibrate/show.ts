import pc from "picocolors";
import type { HeldOut, Separation } from "../../evaluate/calibrate.js";
import type { IndependentCalibration } from "../../evaluate/calibrate-independent.js";
import type { ModelCalibration } from "../../evaluate/calibrate-model.js";
import type { IndependentFigures } from "../../evaluate/judge-independent.js";
import type { ReliabilityBin } from "../../evaluate/metrics.js";
import type { CalibrationFigures } from "../../zeroshot/confidence/record.js";
import { counted } from "../numbers.js";
import { bar, table } from "../table.js";

const right = { align: "right" } as const;

const ROWS: readonly (readonly [keyof CalibrationFigures, string])[] = [
  ["ece", "ECE, bins of equal width"],
  ["eceEqualMass", "ECE, bins of equal mass"],
  ["brier", "Brier score"],
  ["nll", "−ln p of the true label"],
];

/** How a calibration was fitted and how it held, for a person. */
export function showCalibration(
  { calibration, heldOut, conformal, separation, record }: ModelCalibration,
  logitScale: number,
): string {
  const scale = `logit scale ${logitScale.toFixed(1)} → ${calibration.logitScale.toFixed(1)}`;
  return [
    `${calibration.method} on ${counted(record.images, "picture")} of ${counted(record.labels.length, "label")}: ${scale}`,
    `conformal sets: ${conformal.score}, ${counted(conformal.scores.length, "score")}`,
    ...(heldOut ? ["", showHeldOut(heldOut)] : []),
    ...(separation ? ["", showSeparation(separation.scores, separation.images)] : []),
  ].join("\n");
}

/** How labels were fitted each by itself, for a person. */
export function showIndependent({ heldOut, before, labels, images }: IndependentCalibration): string {
  const columns = [
    { title: `${counted(images, "picture")}, each half held out` },
    { title: "before", ...right },
    { title: "after", ...right },
  ];
  const rows = INDEPENDENT_ROWS.map(([key, name]) => [name, before[key].toFixed(4), heldOut[key].toFixed(4)]);
  const each = table(
    [
      { title: "label" },
      { title: "pictures", ...right },
      { title: "average precision", ...right },
      { title: "F1", ...right },
      { title: "holds from", ...right },
    ],
    labels.map(({ label, images: count, averagePrecision, f1, threshold }) => [
      label,
      String(count),
      averagePrecision?.toFixed(3) ?? "–",
      f1.toFixed(3),
      threshold.toFixed(3),
    ]),
  );
  return [
    `${counted(labels.length, "label")}, each by itself`,
    "",
    table(columns, rows),
    "",
    "on all pictures:",
    each,
  ].join("\n");
}

const INDEPENDENT_ROWS: readonly (readonly [keyof IndependentFigures, string])[] = [
  ["meanAveragePrecision", "mean average precision"],
  ["microF1", "F1, all pairs together"],
  ["macroF1", "F1, mean of the labels"],
  ["exact", "pictures with exactly the right labels"],
];

function showHeldOut({ images, repeats, before, after, reliability }: HeldOut): string {
  const columns = [
    {
      title: `${counted(images, "picture")} held out${repeats > 1 ? `, mean of ${repeats} ways to halve` : ""}`,
    },
    { title: "before", ...right },
    { title: "after", ...right },
  ];
  const rows = ROWS.map(([key, name]) => [name, before[key].toFixed(4), after[key].toFixed(4)]);
  return [
    table(columns, rows),
    "",
    diagram("before", reliability.before),
    "",
    diagram("after", reliability.after),
  ].join("\n");
}

/** Cells of a full bar: a hundredth is half a cell. */
const CELLS = 40;

/** Share right as bars over confidence; where the mark stands it should end. */
function diagram(title: string, bins: readonly ReliabilityBin[]): string {
  const lines = bins.map(({ confidence, accuracy, count }) => {
    const gauge = bar(accuracy, CELLS).padEnd(CELLS + 1);
    const place = Math.min(CELLS, Math.round(confidence * CELLS));
    const marked = `${gauge.slice(0, place)}│${gauge.slice(place + 1)}`;
    return `  ${confidence.toFixed(2)}  ${pc.green(marked)}  ${accuracy.toFixed(2)}  ${pc.dim(counted(count, "answer"))}`;
  });
  return [`${title}: confidence (│), share right (bar)`, ...lines].join("\n");
}

/** How well each way to abstain tells strangers, best first. */
function showSeparation(separations: readonly Separation[], images: number): string {
  const columns = [
    { title: `${counted(images, "picture")} of something else` },
    { title: "AUROC", ...right },
    { title: "FPR@95", ...right },
  ];
  const rows = separations.map(({ by, auroc, fpr95 }) => [by, auroc.toFixed(3), fpr95.toFixed(3)]);
  return table(columns, rows);
}
