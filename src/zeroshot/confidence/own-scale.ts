import type { AppliedCalibration } from "./answer.js";

/** What is applied where nothing was calibrated: the scale that was measured for the model across sets, else its own. */
export function ownScale(model: {
  readonly logitScale: number;
  readonly measuredLogitScale?: number | undefined;
}): AppliedCalibration {
  const { logitScale, measuredLogitScale } = model;
  return {
    source: measuredLogitScale === undefined ? "none" : "default",
    calibration: { method: "temperature", logitScale: measuredLogitScale ?? logitScale },
  };
}
