import { expect, it } from "vitest";
import * as door from "../src/index.js";

it("the public door holds these values and no others", () => {
  expect(Object.keys(door).sort()).toEqual([
    "ClipError",
    "calibrateIndependent",
    "calibrateModel",
    "cascade",
    "composeTemplates",
    "dot",
    "ensemble",
    "expandInputs",
    "extendWeights",
    "fitIndependent",
    "judgeIndependently",
    "labelSet",
    "labelsAt",
    "listDevices",
    "live",
    "loadClip",
    "loadOptimal",
    "openClassifier",
    "openSet",
    "openTagged",
    "orThrow",
    "parseLabelSet",
    "predict",
    "predictionsAt",
    "quantize",
    "saveCalibration",
    "weighTemplates",
    "zeroShotWeights",
  ]);
});
