import type { LabelVectors } from "../../encoder.js";

/** What a calibration has to be for: labels in any order, all that their vectors were made of, and how pictures are seen. */
export interface CalibrationTarget extends Omit<LabelVectors, "vectors"> {
  /** `viewsName`; default `center`. */
  readonly views?: string;
}
