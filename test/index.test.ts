import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import * as door from "../src/index.js";

it("the public door holds these values and no others", () => {
  expect(Object.keys(door).sort()).toEqual([
    "ClipError",
    "advise",
    "alignLanguage",
    "calibrateIndependent",
    "calibrateModel",
    "captionedSet",
    "cascade",
    "classifyShapes",
    "companyCost",
    "composeTemplates",
    "dot",
    "encodeShapes",
    "ensemble",
    "evaluateModels",
    "evaluateRetrieval",
    "expandInputs",
    "extendWeights",
    "fewshot",
    "filterOf",
    "fitEnsemble",
    "fitIndependent",
    "fitViewWeights",
    "generateShapes",
    "judgeIndependently",
    "labelScene",
    "labelSet",
    "labelsAt",
    "listDevices",
    "live",
    "loadClip",
    "loadOptimal",
    "makeShape",
    "openClassifier",
    "openSet",
    "openStore",
    "openTagged",
    "orThrow",
    "parseLabelSet",
    "parseQuery",
    "predict",
    "predictionsAt",
    "quantize",
    "quickStore",
    "readAdapter",
    "readCaptions",
    "readShape",
    "renderViews",
    "robustness",
    "saveCalibration",
    "saveEnsemble",
    "saveReport",
    "searchStore",
    "trainRobust",
    "tryPrompts",
    "weighTemplates",
    "withAdapter",
    "writeAdapter",
    "writeBrowserFiles",
    "zeroShotWeights",
  ]);
});

it("the public door brings no native code before something is asked for", () => {
  const program = `await import("./dist/index.js");
    console.log(JSON.stringify(process.report.getReport().sharedObjects.filter((path) => path.includes("node_modules"))));`;
  const printed = execFileSync(process.execPath, ["--input-type=module", "-e", program], {
    encoding: "utf8",
  });
  expect(JSON.parse(printed)).toEqual([]);
});
