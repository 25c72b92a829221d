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
  mcnemar,
  paretoFront,
  weightedMean,
} from "../../src/evaluate/statistics.js";
import { seeded } from "../../src/math/random.js";

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

describe("mcnemar of rows that hang together", () => {
  const rows = (text: string): boolean[] => [...text].map((one) => one === "1");

  it("by hand: three groups ahead by 2, 1 and 1 for the first", () => {
    const first = rows("11 1 10 1".replaceAll(" ", ""));
    const second = rows("00 0 01 0".replaceAll(" ", ""));
    // Of the eight ways that three signs fall, two give a sum of 4; the group with one each is no one's.
    const found = mcnemar(first, second, [7, 7, 3, 5, 5, 9]);
    expect(found).toEqual({ onlyFirst: 5, onlySecond: 1, p: 0.25, method: "exact" });
    expect(mcnemar(first, second).p).toBeCloseTo((2 * (1 + 6)) / 64, 12);
  });

  it("counts every way that signs may fall", () => {
    const random = seeded(3);
    for (let round = 0; round < 20; round++) {
      const groups = Array.from({ length: 30 }, () => Math.floor(random() * 8));
      const [first, second] = [0.7, 0.4].map((share) => groups.map(() => random() < share)) as [
        boolean[],
        boolean[],
      ];
      const leads = Array.from({ length: 8 }, (_, group) =>
        groups.reduce((sum, own, i) => (own === group ? sum + Number(first[i]) - Number(second[i]) : sum), 0),
      );
      const found = Math.abs(leads.reduce((a, b) => a + b, 0));
      let extreme = 0;
      for (let signs = 0; signs < 256; signs++) {
        const sum = leads.reduce((total, lead, i) => total + ((signs >> i) & 1 ? lead : -lead), 0);
        if (Math.abs(sum) >= found) extreme += 1;
      }
      expect(mcnemar(first, second, groups).p).toBeCloseTo(extreme / 256, 12);
    }
  });

  it("of many groups is less sure than were all rows by themselves", () => {
    // 40 groups of five rows that are right together: 26 are the first's, 14 the second's.
    const groups = Array.from({ length: 200 }, (_, i) => Math.floor(i / 5));
    const first = groups.map((group) => group < 26);
    const second = first.map((right) => !right);
    const found = mcnemar(first, second, groups);
    expect(found).toMatchObject({ onlyFirst: 130, onlySecond: 70, method: "chi-squared" });
    // ((130 − 70) − 1)² / (40 · 5²) = 3.481
    expect(found.p).toBeCloseTo(0.0621, 4);
    expect(mcnemar(first, second).p).toBeLessThan(0.001);
  });

  it("of groups of one row is the plain test", () => {
    const first = Array.from({ length: 100 }, (_, i) => i % 3 > 0);
    const second = Array.from({ length: 100 }, (_, i) => i % 4 === 0);
    const own = first.map((_, i) => 1000 - i);
    expect(mcnemar(first, second, own)).toEqual(mcnemar(first, second));
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
