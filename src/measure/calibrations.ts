import {
  appliedCalibration,
  carriedOverWarning,
  chooseCalibration,
  listCalibrations,
  plainScale,
} from "../calibration-store.js";
import type { Warning } from "../encoder.js";
import type { GridOptions } from "../evaluate/grid/grid.js";

type ChooseCalibration = NonNullable<GridOptions["calibration"]>;

/** What `classify` would apply to some labels, and the record that it comes from. Each warning is told once. */
export function calibrationsIn(home: string, onWarning: (warning: Warning) => void): ChooseCalibration {
  const told = new Set<string>();
  const tell = (warning: Warning): void => {
    if (told.has(warning.message)) return;
    told.add(warning.message);
    onWarning(warning);
  };
  return async (model, weights) => {
    const stored = await listCalibrations(home, model.revision, ({ message }) =>
      tell({ code: "calibrate.damaged", message }),
    );
    const chosen = chooseCalibration(stored, weights);
    const warning = carriedOverWarning(chosen, weights);
    if (warning) tell(warning);
    const applied = appliedCalibration(chosen, weights.labels, model);
    return { applied, ...(chosen ? { record: chosen.record } : {}) };
  };
}

/** The model's own scale, whatever was calibrated. */
export const NO_CALIBRATIONS: ChooseCalibration = async (model, { labels }) => ({
  applied: appliedCalibration(undefined, labels, plainScale(model)),
});
