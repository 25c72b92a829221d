import type { ModelInfo } from "../../encoder.js";
import type { AppliedCalibration } from "./answer.js";
import { plainCalibration } from "./calibration.js";

/** What is applied where nothing was calibrated: the scale that was measured for the model across sets, else its own scale and scoring. */
export function ownScale(
  model: Pick<ModelInfo, "logitScale" | "measuredLogitScale" | "scoring">,
): AppliedCalibration {
  const { measuredLogitScale, scoring } = model;
  if (measuredLogitScale === undefined || scoring?.kind === "sigmoid")
    return { source: "none", calibration: plainCalibration(model) };
  return { source: "default", calibration: { method: "temperature", logitScale: measuredLogitScale } };
}
