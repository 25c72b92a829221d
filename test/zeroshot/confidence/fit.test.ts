import { describe, expect, it } from "vitest";
import { expectedCalibrationError } from "../../../src/evaluate/metrics.js";
import { fitsLabels, probabilitiesOf } from "../../../src/zeroshot/confidence/calibration.js";
import { fitCalibration, METHODS } from "../../../src/zeroshot/confidence/fit.js";
import { poolAdjacentViolators, smoothShares } from "../../../src/zeroshot/confidence/isotonic.js";
import { rank } from "../../../src/zeroshot/predict.js";
import { type LabelledScores, pickScores, rowOf } from "../../../src/zeroshot/scores.js";
import { drawnScores } from "./synthetic.js";

function rowsOf(scores: LabelledScores, calibration: Parameters<typeof probabilitiesOf>[1]) {
  return Array.from(scores.truth, (truth, i) => {
    const p = probabilitiesOf(rowOf(scores, i), calibration, scores.labels);
    const confidence = Math.max(...p);
    return { confidence, right: p.indexOf(confidence) === truth, loss: -Math.log(p[truth]!) };
  });
}

const eceOf = (scores: LabelledScores, calibration: Parameters<typeof probabilitiesOf>[1]): number =>
  expectedCalibrationError(rowsOf(scores, calibration));

describe("temperature", () => {
  it.each([12, 40, 300])("finds the scale %d that labels were drawn with", (scale) => {
    const found = fitCalibration(drawnScores(4000, 8, scale));
    expect(found.method).toBe("temperature");
    expect(Math.abs(found.logitScale / scale - 1)).toBeLessThan(0.1);
  });

  it("is the least loss of all scales", () => {
    const scores = drawnScores(300, 5, 30);
    const { logitScale } = fitCalibration(scores);
    const loss = (scale: number): number =>
      rowsOf(scores, { method: "temperature", logitScale: scale }).reduce((sum, row) => sum + row.loss, 0);
    for (const factor of [0.9, 0.99, 1.01, 1.1])
      expect(loss(logitScale)).toBeLessThan(loss(factor * logitScale));
  });

  it("stays finite where every picture is right, or wrong", () => {
    const scores = drawnScores(60, 3, 50);
    const best = Int32Array.from(scores.truth, (_, i) => {
      const row = Array.from(rowOf(scores, i));
      return row.indexOf(Math.max(...row));
    });
    const worst = Int32Array.from(scores.truth, (_, i) => {
      const row = Array.from(rowOf(scores, i));
      return row.indexOf(Math.min(...row));
    });
    const easy = { ...scores, truth: best };
    const certain =
      rowsOf(easy, fitCalibration(easy)).reduce((sum, row) => sum + Math.exp(-row.loss), 0) / 60;
    // As sure as so many pictures without a mistake warrant, and no surer.
    expect(certain).toBeGreaterThan(0.8);
    expect(certain).toBeLessThan(61 / 62 + 0.01);
    expect(fitCalibration({ ...scores, truth: worst }).logitScale).toBeCloseTo(0.01, 2);
  });
});

describe.each(METHODS)("%s", (method) => {
  it("brings the calibration error of other pictures down", () => {
    const all = drawnScores(4000, 6, 25);
    const fitted = pickScores(
      all,
      Array.from({ length: 2000 }, (_, i) => i),
    );
    const other = pickScores(
      all,
      Array.from({ length: 2000 }, (_, i) => 2000 + i),
    );
    const before = eceOf(other, { method: "temperature", logitScale: 100 });
    expect(eceOf(other, fitCalibration(fitted, method))).toBeLessThan(before / 3);
  });

  it(`gives probabilities that ${method === "sigmoid" ? "are each label's own" : "sum to 1"}`, () => {
    const scores = drawnScores(100, 7, 25);
    const calibration = fitCalibration(scores, method);
    for (let i = 0; i < 100; i++) {
      const p = probabilitiesOf(rowOf(scores, i), calibration, scores.labels);
      if (method === "sigmoid")
        expect(p[0]).toBe(probabilitiesOf(rowOf(scores, i).subarray(0, 1), calibration)[0]);
      else expect(p.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9);
      expect(Math.min(...p)).toBeGreaterThanOrEqual(0);
    }
  });

  it("refuses too few pictures, one label and cosines that are no numbers", () => {
    const refused = (scores: LabelledScores): unknown => {
      try {
        return fitCalibration(scores, method);
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    expect(refused(drawnScores(49, 4, 20))).toBe("calibrate.pictures");
    expect(refused(drawnScores(60, 1, 20))).toBe("calibrate.pictures");
    const broken = drawnScores(60, 4, 20);
    broken.similarities[7] = Number.NaN;
    expect(refused(broken)).toBe("calibrate.scores");
  });
});

describe("vector scaling", () => {
  it("mends a label that is chosen too often, and holds for its own labels alone", () => {
    const scores = drawnScores(3000, 4, 40);
    const tilted = {
      ...scores,
      similarities: scores.similarities.map((x, i) => (i % 4 === 2 ? x + 0.05 : x)),
    };
    const plain = fitCalibration(tilted);
    const vector = fitCalibration(tilted, "vector");
    const accuracy = (calibration: typeof plain): number =>
      rowsOf(tilted, calibration).filter(({ right }) => right).length / 3000;
    expect(accuracy(vector)).toBeGreaterThan(accuracy(plain) + 0.05);
    expect(fitsLabels(vector, scores.labels)).toBe(true);
    expect(fitsLabels(vector, ["a", "b", "c", "d"])).toBe(false);
    expect(() => probabilitiesOf([0.1, 0.2, 0.3, 0.4], vector, ["a", "b", "c", "d"])).toThrow(
      expect.objectContaining({ code: "calibrate.labels" }),
    );
  });
});

describe("isotonic", () => {
  it("keeps the order of labels", () => {
    const scores = drawnScores(500, 6, 25);
    const calibration = fitCalibration(scores, "isotonic");
    for (let i = 0; i < 500; i++) {
      const row = rowOf(scores, i);
      const found = rank(row, probabilitiesOf(row, calibration), scores.labels, 6).map(
        ({ similarity }) => similarity,
      );
      expect(found).toEqual(found.toSorted((a, b) => b - a));
    }
  });

  it("pools neighbours as scikit-learn 1.9's IsotonicRegression does", () => {
    // sklearn.isotonic.isotonic_regression([1, 3, 2, 4, 3.5, 0.5, 6]) → 1, 2.5, 2.5, 2.667 × 3, 6; then equal values are one block
    const y = [1, 3, 2, 4, 3.5, 0.5, 6];
    const found = poolAdjacentViolators(y.map((value, x) => ({ x, y: value })));
    expect(found.map(({ y: value }) => value)).toEqual([1, 2.5, expect.closeTo(8 / 3, 12), 6]);
    expect(found.map(({ first, last }) => [first, last])).toEqual([
      [0, 0],
      [1, 2],
      [3, 5],
      [6, 6],
    ]);
    expect(
      poolAdjacentViolators([
        { x: 1, y: 0 },
        { x: 1, y: 1 },
      ]),
    ).toEqual([{ first: 1, last: 1, y: 0.5, count: 2 }]);
  });

  it("blocks of few points promise neither 0 nor 1, and rise all the same", () => {
    const points = Array.from({ length: 60 }, (_, i) => ({ x: i, y: i < 3 ? 0 : i > 57 ? 1 : i % 2 }));
    const smooth = smoothShares(poolAdjacentViolators(points));
    expect(smooth[0]!.y).toBeCloseTo(0.5 / 4, 9);
    expect(smooth.at(-1)!.y).toBeLessThan(1);
    for (const [i, block] of smooth.entries()) if (i > 0) expect(block.y).toBeGreaterThan(smooth[i - 1]!.y);
    expect(smooth.reduce((sum, { count }) => sum + count, 0)).toBe(60);
    // One right answer above ninety: half of a point each way brings it under them, so that they become one block.
    const last = smoothShares([
      { first: 0, last: 1, y: 0.95, count: 90 },
      { first: 2, last: 2, y: 1, count: 1 },
    ]);
    expect(last).toHaveLength(1);
  });
});
