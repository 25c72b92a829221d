import { expect, it } from "vitest";
import * as door from "../src/index.js";

it("the public door holds these values and no others", () => {
  expect(Object.keys(door).sort()).toEqual([
    "ClipError",
    "dot",
    "expandInputs",
    "listDevices",
    "loadClip",
    "orThrow",
    "predict",
    "quantize",
    "zeroShotWeights",
  ]);
});
