import { expect, test } from "vitest";
import { averagePrecision, judgeIndependent } from "../../src/evaluate/judge-independent.js";

test("average precision is the mean share of holding pictures down to each of them", () => {
  // Falling cosines: holds, not, holds, holds → (1/1 + 2/3 + 3/4) / 3.
  const cosines = Float32Array.of(0.9, 0.8, 0.7, 0.6);
  expect(averagePrecision(cosines, Uint8Array.of(1, 0, 1, 1))).toBeCloseTo((1 + 2 / 3 + 3 / 4) / 3, 12);
  expect(averagePrecision(cosines, new Uint8Array(4))).toBeNull();
  // Of equal cosines the wrong ones come first: chance earns nothing.
  expect(averagePrecision(Float32Array.of(0.5, 0.5), Uint8Array.of(1, 0))).toBe(0.5);
});

test("figures count pairs, labels and whole pictures", () => {
  const labels = ["a", "b", "c"];
  const fitted = { slope: 10, offset: 0, labels, thresholds: [0.5, 0.5, 0.5] };
  // Said to hold where the cosine is not below 0.
  const scores = {
    labels,
    similarities: Float32Array.of(1, -1, -1, 1, 1, -1, -1, -1, -1),
    truth: Uint8Array.of(1, 0, 0, 0, 1, 0, 0, 0, 0),
  };
  const { figures, labels: each } = judgeIndependent(scores, fitted);
  // 2 right of 3 said and 2 holding; a: 1 of 2 and 1; b: 1 of 1 and 1; c: nothing, and none said.
  expect(figures.microF1).toBeCloseTo(4 / 5, 12);
  expect(figures.macroF1).toBeCloseTo((2 / 3 + 1 + 1) / 3, 12);
  expect(figures.exact).toBeCloseTo(2 / 3, 12);
  // Of a the wrong one of two equal cosines counts first.
  expect(figures.meanAveragePrecision).toBeCloseTo((0.5 + 1) / 2, 12);
  expect(each).toEqual([
    { label: "a", images: 1, averagePrecision: 0.5, f1: 2 / 3, threshold: 0.5 },
    { label: "b", images: 1, averagePrecision: 1, f1: 1, threshold: 0.5 },
    { label: "c", images: 0, averagePrecision: null, f1: 1, threshold: 0.5 },
  ]);
});
