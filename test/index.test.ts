import { expect, it } from "vitest";
import * as door from "../src/index.js";

it("the public door holds these values and no others", () => {
  expect(Object.keys(door).sort()).toEqual([
    "ClipError",
    "cascade",
    "composeTemplates",
    "dot",
    "ensemble",
    "expandInputs",
    "extendWeights",
    "labelSet",
    "labelsAt",
    "listDevices",
    "loadClip",
    "loadOptimal",
    "openClassifier",
    "orThrow",
    "parseLabelSet",
    "predict",
    "quantize",
    "weighTemplates",
    "zeroShotWeights",
  ]);
});
