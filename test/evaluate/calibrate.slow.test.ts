import { expect, it } from "vitest";
import { calibrate, halves, measureCalibration, separate } from "../../src/evaluate/calibrate.js";
import { answerer } from "../../src/zeroshot/confidence/answer.js";
import { drawnScores } from "../zeroshot/confidence/synthetic.js";

it("halves hold every picture once, and are the same for the same seed", () => {
  const [a, b] = halves(101, 4);
  expect([a.length, b.length]).toEqual([50, 51]);
  expect([...a, ...b].sort((x, y) => x - y)).toEqual(Array.from({ length: 101 }, (_, i) => i));
  expect(halves(101, 4)).toEqual([a, b]);
  expect(halves(101, 5)).not.toEqual([a, b]);
});

it("at least halves the error of a scale that is too sure, by temperature where that is the truth", () => {
  const { calibration, heldOut } = calibrate(drawnScores(2000, 6, 25));
  expect(heldOut).toMatchObject({ images: 2000, repeats: 10 });
  expect(heldOut!.after.ece).toBeLessThan(heldOut!.before.ece / 2);
  expect(heldOut!.after.eceEqualMass).toBeLessThan(heldOut!.before.eceEqualMass / 2);
  expect(heldOut!.after.nll).toBeLessThan(heldOut!.before.nll);
  expect(heldOut!.after.brier).toBeLessThan(heldOut!.before.brier);
  expect(heldOut!.reliability.after.reduce((sum, { count }) => sum + count, 0)).toBe(20_000);
  expect(calibration.logitScale).toBeGreaterThan(20);
  expect(calibration.logitScale).toBeLessThan(30);
});

it("takes a curve where no temperature fits: a label that is chosen too often", () => {
  const scores = drawnScores(2000, 4, 60);
  const tilted = { ...scores, similarities: scores.similarities.map((x, i) => (i % 4 === 2 ? x + 0.12 : x)) };
  const { calibration, heldOut } = calibrate(tilted);
  expect(calibration.method).toBe("isotonic");
  const temperature = calibrate(tilted, { method: "temperature" }).heldOut!;
  expect(heldOut!.after.ece).toBeLessThan(temperature.after.ece / 2);
});

it("measures nothing where half of the pictures are too few, and says so by leaving it out", () => {
  const made = calibrate(drawnScores(99, 4, 25));
  expect(made.heldOut).toBeUndefined();
  expect(made.calibration.method).toBe("temperature");
  expect(calibrate(drawnScores(100, 4, 25)).heldOut).toBeDefined();
});

it("bounds keep 95 % of the pictures they were taken from", () => {
  const { keep95 } = calibrate(drawnScores(1000, 5, 25));
  expect(Object.keys(keep95).sort()).toEqual(["energy", "probability", "similarity"]);
  expect(keep95.similarity).toBeGreaterThan(0.15);
  expect(keep95.similarity).toBeLessThan(0.3);
});

it("figures of one calibration are those of its own probabilities", () => {
  const scores = drawnScores(500, 5, 25);
  const same = measureCalibration(scores, { method: "temperature", logitScale: scores.logitScale });
  expect(same.after).toEqual(same.before);
});

it("tells strangers whose cosines are lower, by every score", () => {
  const [own, others] = [drawnScores(300, 5, 25, 1), drawnScores(200, 5, 25, 2)].map((scores, k) =>
    Array.from(scores.truth, (_, i) => ({
      labels: scores.similarities.slice(5 * i, 5 * i + 5).map((x) => (k === 1 ? x - 0.1 : x)),
      negatives: Float32Array.of(0.1, 0.1),
    })),
  );
  const found = separate(own!, others!, { method: "temperature", logitScale: 25 }, ["a", "b", "c", "d", "e"]);
  expect(found.map(({ by }) => by).sort()).toEqual(["energy", "negative", "probability", "similarity"]);
  for (const { by, auroc, fpr95 } of found.filter(({ by }) => by !== "probability")) {
    expect([by, auroc > 0.9, fpr95 < 0.5]).toEqual([by, true, true]);
  }
});

it("a calibration feeds an answerer", () => {
  const scores = drawnScores(200, 3, 25);
  const { calibration, conformal, keep95 } = calibrate(scores);
  const weights = { labels: scores.labels, templates: ["{}"], vectors: [] };
  expect(() =>
    answerer(
      weights,
      { source: "fitted", calibration, conformal, keep95 },
      { coverage: 0.9, abstain: "auto" },
    ),
  ).not.toThrow();
});
