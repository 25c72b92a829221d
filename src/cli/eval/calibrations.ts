import type { GridOptions } from "../../evaluate/grid/grid.js";
import { calibrationsIn, NO_CALIBRATIONS } from "../../measure/calibrations.js";
import { settings } from "../models/settings.js";
import { type ToldWarning, warn } from "../output.js";
import type { EvalOptions } from "./shared.js";

/** What `classify` would apply to these labels, and the record that it comes from; with --no-calibration nothing. */
export function calibrationsOf(
  options: EvalOptions,
  warnings: ToldWarning[],
): NonNullable<GridOptions["calibration"]> {
  if (options.calibration === false) return NO_CALIBRATIONS;
  return calibrationsIn(settings(options).home, ({ code, message }) => {
    warnings.push({ code, message });
    if (!options.quiet) warn(message);
  });
}
