import { describe, expect, it } from "vitest";
import {
  auroc,
  confusions,
  falsePositivesAt95,
  meanPerClass,
  reliabilityBins,
} from "../../src/evaluate/metrics.js";
import {
  bootstrapInterval,
  bootstrapIntervals,
  holm,
  paretoFront,
  weightedMean,
} from "../../src/evaluate/statistics.js";

describe("bootstrapInterval", () => {
  const half = Array.from({ length: 400 }, (_, i) => i % 2);

  it("is near the normal approximation, which for 400 throws of a fair coin is 0.5 ± 0.049", () => {
    const { low, high } = bootstrapInterval(half);
    expect(Math.abs(low - 0.451)).toBeLessThan(0.006);
    expect(Math.abs(high - 0.549)).toBeLessThan(0.006);
  });

  it("is the same for the same seed, and another for another", () => {
    expect(bootstrapInterval(half, { seed: 1 })).toEqual(bootstrapInterval(half, { seed: 1 }));
    expect(bootstrapInterval(half, { seed: 1 })).not.toEqual(bootstrapInterval(half, { seed: 2 }));
  });

  it.each([
    ["all right", [1, 1, 1], 1, 1],
    ["one picture", [0], 0, 0],
    ["none", [], 0, 0],
  ])("%s", (_case, values, low, high) => {
    expect(bootstrapInterval(values)).toEqual({ low, high });
  });

  it("resamples rows, so that the same rows are drawn for every statistic", () => {
    const values = [3, 1, 4, 1, 5];
    const [a, b] = bootstrapIntervals(5, (drawn) => [
      weightedMean(values, drawn),
      weightedMean(values, drawn) + 1,
    ]);
    expect(b!.low - a!.low).toBeCloseTo(1, 12);
  });
});

describe("holm", () => {
  it.each([
    // By hand: sorted 0.01 · 3, max(0.03, 0.03 · 2), max(0.06, 0.04 · 1).
    [
      [0.04, 0.01, 0.03],
      [0.06, 0.03, 0.06],
    ],
    [
      [0.5, 0.9],
      [1, 1],
    ],
    [[0.2], [0.2]],
    [[], []],
  ])("of %j is %j", (values, adjusted) => {
    expect(holm(values).map((p) => Math.round(p * 1e12) / 1e12)).toEqual(adjusted);
  });
});

describe("paretoFront", () => {
  it.each([
    [
      "a trade-off",
      [
        [1, 3],
        [2, 2],
        [3, 1],
      ],
      [true, true, true],
    ],
    [
      "one that is beaten",
      [
        [1, 1],
        [2, 2],
      ],
      [false, true],
    ],
    [
      "equal points stay both",
      [
        [1, 1],
        [1, 1],
      ],
      [true, true],
    ],
    [
      "equal in one thing",
      [
        [1, 1],
        [1, 2],
      ],
      [false, true],
    ],
    ["none", [], []],
  ])("%s", (_case, points, front) => {
    expect(paretoFront(points.map(([x, y]) => ({ x: x!, y: y! })))).toEqual(front);
  });
});

describe("meanPerClass", () => {
  it("gives every class that has pictures the same weight", () => {
    // Class 0: 3 of 4; class 2: 0 of 1.
    expect(meanPerClass([0, 0, 0, 0, 2], [0, 0, 0, 1, 0])).toBe(0.375);
    expect(meanPerClass([], [])).toBe(0);
  });
});

describe("confusions", () => {
  it("counts what was taken for what, most frequent first", () => {
    expect(confusions([0, 0, 1, 1, 2, 2], [1, 1, 1, 0, 2, 0])).toEqual([
      { truth: 0, predicted: 1, count: 2 },
      { truth: 1, predicted: 0, count: 1 },
      { truth: 2, predicted: 0, count: 1 },
    ]);
  });
});

describe("reliabilityBins", () => {
  const rows = [0.1, 0.2, 0.9, 1].map((confidence, i) => ({ confidence, right: i > 1 }));

  it("of equal width leaves out those without a row", () => {
    expect(reliabilityBins(rows)).toHaveLength(4);
    expect(reliabilityBins([...rows, ...rows])).toHaveLength(4);
    expect(reliabilityBins([])).toEqual([]);
  });

  it("of equal mass has bins that differ by one row at most", () => {
    const many = Array.from({ length: 32 }, (_, i) => ({ confidence: i / 32, right: true }));
    const counts = reliabilityBins(many, "mass").map(({ count }) => count);
    expect(counts).toEqual([3, 3, ...Array(13).fill(2)]);
  });
});

describe("AUROC and FPR@95", () => {
  it.each([
    ["all above", [3, 4], [1, 2], 1, 0],
    ["all below", [1, 2], [3, 4], 0, 1],
    ["all equal", [1, 1], [1, 1], 0.5, 1],
  ])("%s", (_case, belongs, strangers, area, share) => {
    expect(auroc(belongs, strangers)).toBe(area);
    expect(falsePositivesAt95(belongs, strangers)).toBe(share);
  });

  it("are no number without pictures of one kind", () => {
    expect(auroc([1], [])).toBeNaN();
    expect(falsePositivesAt95([], [1])).toBeNaN();
  });
});
