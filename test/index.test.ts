import { expect, it } from "vitest";
import * as door from "../src/index.js";

it("the public door holds these values and no others", () => {
  expect(Object.keys(door).sort()).toEqual([
    "ClipError",
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
    "loadClip",
    "loadOptimal",
    "openClassifier",
    "openSet",
    "orThrow",
    "parseLabelSet",
    "predict",
    "quantize",
    "saveCalibration",
    "weighTemplates",
    "zeroShotWeights",
  ]);
});
