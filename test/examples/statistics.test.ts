import { describe, expect, it } from "vitest";

// Plain JavaScript, as users run it.
const { auroc, averagePrecision, calibrationError, foundAt, logisticRegression, roc, wilson } = await import(
  String(new URL("../../examples/medical/statistics.mjs", import.meta.url))
);

describe("figures of examples/medical", () => {
  // R: prop.test(81, 263, correct = FALSE)$conf.int, and the ends.
  it.each([
    [81, 263, 0.2553, 0.3662],
    [0, 10, 0, 0.2775],
    [10, 10, 0.7225, 1],
  ])("Wilson's interval of %i in %i", (right, all, low, high) => {
    const found = wilson(right, all);
    expect(found.low).toBeCloseTo(low, 3);
    expect(found.high).toBeCloseTo(high, 3);
  });

  // scikit-learn's own examples of roc_auc_score and average_precision_score.
  it("area under the ROC and average precision", () => {
    const [scores, cases] = [
      [0.1, 0.4, 0.35, 0.8],
      [false, false, true, true],
    ];
    expect(auroc(scores, cases)).toBeCloseTo(0.75, 10);
    expect(averagePrecision(scores, cases)).toBeCloseTo(0.8333, 3);
    expect(auroc([1, 1, 1, 1], cases)).toBe(0.5);
    expect(auroc([1, 2], [true, true])).toBeNaN();
  });

  it("a ROC goes from nothing to all, and says what is found at a price", () => {
    const points = roc([0.9, 0.8, 0.7, 0.6], [true, false, true, false]);
    expect(points).toEqual([
      { false: 0, found: 0 },
      { false: 0, found: 0.5 },
      { false: 0.5, found: 0.5 },
      { false: 0.5, found: 1 },
      { false: 1, found: 1 },
    ]);
    expect(foundAt(points, 0.1)).toBe(0.5);
    expect(foundAt(points, 0.5)).toBe(1);
  });

  it("calibration error: sure and wrong is all of it", () => {
    expect(calibrationError([0.75, 0.75, 0.75, 0.75], [true, true, true, false])).toBeCloseTo(0, 10);
    expect(calibrationError([1, 1], [false, false])).toBeCloseTo(1, 10);
  });

  it("logistic regression tells what is apart, and no more", () => {
    const rows = [0, 1, 2, 10, 11, 12].map((x) => [x, 5]);
    const answer = logisticRegression(rows, [0, 0, 0, 1, 1, 1], 2);
    expect(answer([1, 5])[0]).toBeGreaterThan(0.8);
    expect(answer([11, 5])[1]).toBeGreaterThan(0.8);
    expect(answer([6, 5])[0]).toBeCloseTo(0.5, 1);
  });
});
