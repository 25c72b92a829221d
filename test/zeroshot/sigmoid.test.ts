import { expect, test } from "vitest";
import { appliedCalibration, chooseCalibration } from "../../src/calibration-store.js";
import { calibrate } from "../../src/evaluate/calibrate.js";
import { judge } from "../../src/evaluate/judge.js";
import { seeded } from "../../src/math/random.js";
import type { Embedding } from "../../src/math/unit.js";
import { answerer } from "../../src/zeroshot/confidence/answer.js";
import { plainCalibration, probabilitiesOf, sharesOf } from "../../src/zeroshot/confidence/calibration.js";
import { type CalibrationRecord, parseRecord } from "../../src/zeroshot/confidence/record.js";
import { predictionsAt } from "../../src/zeroshot/hierarchy.js";
import type { LabelledScores } from "../../src/zeroshot/scores.js";

const MODEL = { logitScale: 100, scoring: { kind: "sigmoid", bias: -12 } } as const;
const LABELS = ["cat", "dog", "car"];
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

test("each label has a probability of its own, shares of it sum to 1", () => {
  const cosines = [0.15, 0.12, -0.1];
  const calibration = plainCalibration(MODEL);
  const probabilities = probabilitiesOf(cosines, calibration);
  expect(probabilities).toEqual(cosines.map((cosine) => sigmoid(100 * cosine - 12)));
  expect(probabilities[0]! + probabilities[1]!).toBeGreaterThan(1.4);
  const shares = sharesOf(cosines, calibration);
  expect(shares.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
  expect(shares[0]! / shares[1]!).toBeCloseTo(probabilities[0]! / probabilities[1]!, 9);
  // Far below what a number can be there is still a nearest one.
  const far = sharesOf([-9, -8], { method: "sigmoid", logitScale: 1000, bias: 0 });
  expect(far).toEqual([0, 1]);
});

test("an answer says so, alone or among others the same", () => {
  const vector = (x: number): Embedding => Float32Array.of(x, Math.sqrt(1 - x * x)) as unknown as Embedding;
  const image = Float32Array.of(1, 0) as unknown as Embedding;
  const applied = appliedCalibration(undefined, LABELS, MODEL);
  expect(applied.source).toBe("none");
  const answerOf = (cosines: readonly number[]) => {
    const labels = LABELS.slice(0, cosines.length);
    return answerer({ labels, templates: ["{}"], vectors: cosines.map(vector) }, applied, {
      uncertainty: true,
    })(image);
  };
  const three = answerOf([0.15, 0.12, -0.1]);
  expect(three.scoring).toBe("sigmoid");
  expect(three.predictions[0]).toMatchObject({ label: "cat" });
  expect(three.predictions[0]!.probability).toBeCloseTo(sigmoid(3), 5);
  expect(answerOf([0.15]).predictions[0]!.probability).toBe(three.predictions[0]!.probability);
  expect(three.entropy).toBeLessThan(Math.log(3));
  const softmax = answerer(
    { labels: LABELS, templates: ["{}"], vectors: [0.15, 0.12, -0.1].map(vector) },
    appliedCalibration(undefined, LABELS, { logitScale: 100 }),
  )(image);
  expect(softmax).not.toHaveProperty("scoring");
});

test("sums over a level are of at least one of the labels under it", () => {
  const set = {
    name: "animals",
    labels: [
      { id: "animal", name: "animal" },
      { id: "cat", name: "cat", parent: "animal" },
      { id: "dog", name: "dog", parent: "animal" },
    ],
  };
  const predictions = [
    { label: "cat", probability: 0.9, similarity: 0.2 },
    { label: "dog", probability: 0.8, similarity: 0.1 },
  ];
  const [animal] = predictionsAt(predictions, set as never, 1, "sigmoid");
  expect(animal!.probability).toBeCloseTo(0.98, 12);
  expect(predictionsAt(predictions, set as never, 1)[0]!.probability).toBeCloseTo(1.7, 12);
});

/** Pictures whose labels hold as often as σ(60 · cosine − 6) says. */
function scores(count: number): LabelledScores {
  const random = seeded(7);
  const truth = Int32Array.from({ length: count }, () => Math.floor(random() * 3));
  const similarities = new Float32Array(count * 3);
  for (let i = 0; i < count; i++)
    for (let k = 0; k < 3; k++)
      similarities[i * 3 + k] = (k === truth[i] ? 0.12 : 0.06) + 0.05 * (random() + random() - 1);
  return {
    images: Array.from({ length: count }, (_, i) => String(i)),
    labels: LABELS,
    truth,
    similarities,
    ...MODEL,
  };
}

test("calibrating fits scale and bias, which are nearer to the truth than the model's own", () => {
  const { calibration, heldOut, conformal } = calibrate(scores(600));
  if (calibration.method !== "sigmoid") throw new Error(`${calibration.method} in place of sigmoid`);
  expect(heldOut!.after.ece).toBeLessThan(heldOut!.before.ece);
  expect(heldOut!.after.brier).toBeLessThan(heldOut!.before.brier);
  expect(conformal.scores.every((score) => score >= 0 && score <= 1)).toBe(true);
  expect(() => calibrate(scores(600), { method: "temperature" })).toThrow(
    expect.objectContaining({ code: "calibrate.method", message: expect.stringMatching(/auto or sigmoid/) }),
  );
  const { scoring: _, ...plain } = scores(600);
  expect(() => calibrate(plain, { method: "sigmoid" })).toThrow(
    expect.objectContaining({ code: "calibrate.method" }),
  );
  expect(calibrate(plain).calibration.method).not.toBe("sigmoid");

  const record: CalibrationRecord = {
    formatVersion: 2,
    model: "tiny",
    revision: "r",
    labels: LABELS,
    templates: ["{}"],
    prompts: "p",
    views: "center",
    images: 600,
    made: "2026-01-01T00:00:00.000Z",
    calibration,
  };
  expect(parseRecord(JSON.stringify(record), "file")).toEqual(record);
  const { bias: __, ...broken } = calibration;
  expect(() => parseRecord(JSON.stringify({ ...record, calibration: broken }), "file")).toThrow(
    expect.objectContaining({ code: "calibrate.record", message: expect.stringMatching(/bias/) }),
  );
  // For other labels scale and bias go along; what was made for a softmax does not.
  const others = ["house", "tree"];
  const target = { labels: others, templates: ["{}"] };
  const chosen = chooseCalibration([{ path: "file", record }], target);
  expect(appliedCalibration(chosen, others, MODEL)).toEqual({ source: "scale", calibration });
  const soft = { ...record, calibration: { method: "temperature", logitScale: 30 } as const };
  expect(
    appliedCalibration(chooseCalibration([{ path: "file", record: soft }], target), others, MODEL).source,
  ).toBe("none");
});

test("figures are of the labels' own probabilities", () => {
  const measured = scores(60);
  const { confidence, predicted } = judge(measured);
  const cosine = measured.similarities[predicted[0]!]!;
  expect(confidence[0]).toBeCloseTo(sigmoid(100 * cosine - 12), 6);
});
