import {
  appliedCalibration,
  chooseCalibration,
  listCalibrations,
  otherPromptsWarning,
} from "../../calibration-store.js";
import type { GridOptions } from "../../evaluate/grid/grid.js";
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
  const tell = (warning: ToldWarning): void => {
    if (told.has(warning.message)) return;
    told.add(warning.message);
    warnings.push(warning);
    if (!options.quiet) warn(warning.message);
  };
  return async (model, weights) => {
    if (options.calibration === false)
      return { applied: appliedCalibration(undefined, weights.labels, { logitScale: model.logitScale }) };
    const stored = await listCalibrations(home, model.revision, ({ message }) =>
      tell({ code: "calibrate.damaged", message }),
    );
    const chosen = chooseCalibration(stored, weights);
    const warning = otherPromptsWarning(chosen);
    if (warning) tell(warning);
    const applied = appliedCalibration(chosen, weights.labels, model);
    return { applied, ...(chosen ? { record: chosen.record } : {}) };
  };
}
