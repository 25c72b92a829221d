import { appliedCalibration, listCalibrations } from "../../calibration-store.js";
import type { GridOptions } from "../../evaluate/grid/grid.js";
import { labelsKey } from "../../zeroshot/confidence/record.js";
import { settings } from "../models/settings.js";
import { type ToldWarning, warn } from "../output.js";
import type { EvalOptions } from "./shared.js";

/** What `classify` would apply to these labels, and the record that it comes from; with --no-calibration nothing. */
export function calibrationsOf(
  options: EvalOptions,
  warnings: ToldWarning[],
): NonNullable<GridOptions["calibration"]> {
  const { home } = settings(options);
  const told = new Set<string>();
  return async (model, labels) => {
    if (options.calibration === false)
      return { applied: appliedCalibration([], labels, { logitScale: model.logitScale }) };
    const stored = await listCalibrations(home, model.revision, ({ message }) => {
      if (told.has(message)) return;
      told.add(message);
      warnings.push({ code: "calibrate.damaged", message });
      if (!options.quiet) warn(message);
    });
    const key = labelsKey(labels);
    const own = stored.find(({ record }) => labelsKey(record.labels) === key) ?? stored[0];
    const applied = appliedCalibration(stored, labels, model);
    return { applied, ...(own ? { record: own.record } : {}) };
  };
}
