import { describe, expect, it } from "vitest";
import { expectedCalibrationError, rankOf, topKAccuracy } from "../../src/evaluate/metrics.js";

describe("topKAccuracy", () => {
  it.each([
    [[0, 0, 3, 5], 1, 0.5],
    [[0, 0, 3, 5], 4, 0.75],
    [[0, 0, 3, 5], 5, 0.75],
    [[0, 0, 3, 5], 6, 1],
    [[], 1, 0],
  ])("of ranks %j at %i is %d", (ranks, k, share) => {
    expect(topKAccuracy(ranks, k)).toBe(share);
  });
});

describe("rankOf", () => {
  it.each([
    ["the best", [0.1, 0.9, 0.5], 1, 0],
    ["the worst", [0.1, 0.9, 0.5], 0, 2],
    ["of two equal ones the earlier", [0.5, 0.9, 0.5], 0, 1],
    ["of two equal ones the later", [0.5, 0.9, 0.5], 2, 2],
    ["all equal: no label wins by being the true one", [1, 1, 1], 2, 2],
    ["negative scores", [-3, -1, -2], 2, 1],
  ])("%s", (_case, scores, index, rank) => {
    expect(rankOf(scores, index)).toBe(rank);
    expect(rankOf(Float32Array.from(scores), index)).toBe(rank);
  });
});

describe("expectedCalibrationError", () => {
  const row = (confidence: number, right: boolean) => ({ confidence, right });

  it("equals an example counted by hand", () => {
    // Bins of width 1/15. 0.95 and 0.96 share (14/15, 1]: mean confidence 0.955, accuracy 1/2, gap 0.455, 2 rows of 4.
    // 0.62 is alone in (9/15, 10/15]: gap |0.62 − 1| = 0.38. 0.35 is alone in (5/15, 6/15]: gap 0.35.
    const rows = [row(0.95, true), row(0.96, false), row(0.62, true), row(0.35, false)];
    expect(expectedCalibrationError(rows)).toBeCloseTo((2 / 4) * 0.455 + (1 / 4) * 0.38 + (1 / 4) * 0.35, 12);
  });

  it.each([
    ["certain and right", [row(1, true), row(1, true)], 0],
    ["certain and wrong", [row(1, false)], 1],
    [
      "three quarters of 0.75 right",
      [row(0.75, true), row(0.75, true), row(0.75, true), row(0.75, false)],
      0,
    ],
    ["no rows", [], 0],
  ])("%s", (_case, rows, error) => {
    expect(expectedCalibrationError(rows)).toBeCloseTo(error, 12);
  });

  it("puts a confidence on the border into the lower bin, as torch's and Guo's code do", () => {
    // 6/15 belongs to (5/15, 6/15]. In one bin with 0.39 the two gaps cancel in part; in two bins they would add up.
    const together = expectedCalibrationError([row(6 / 15, true), row(0.39, false)]);
    expect(together).toBeCloseTo(Math.abs(6 / 15 + 0.39 - 1) / 2, 12);
  });

  it("equal mass: the order of answers of equal confidence means nothing", () => {
    // 0.8 throughout and 8 of 10 right, first all that are right: bins by place would be 1 and 0.
    const rows = Array.from({ length: 150 }, (_, i) => row(0.8, i < 120));
    expect(expectedCalibrationError(rows, "mass")).toBeCloseTo(0, 12);
    expect(expectedCalibrationError(rows.toReversed(), "mass")).toBeCloseTo(0, 12);
  });
});
