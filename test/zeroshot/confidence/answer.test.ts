import { expect, it } from "vitest";
import { seeded } from "../../../src/math/random.js";
import { type Embedding, unit } from "../../../src/math/unit.js";
import { ABSTAIN_SCORES, fitness, negativeLabels } from "../../../src/zeroshot/confidence/abstain.js";
import { type AppliedCalibration, answerer } from "../../../src/zeroshot/confidence/answer.js";
import {
  fitIndependent,
  judgeIndependently,
  type MultiLabelScores,
} from "../../../src/zeroshot/confidence/independent.js";
import type { ZeroShotWeights } from "../../../src/zeroshot/weights.js";

function vector(...values: number[]): Embedding {
  return unit(Float32Array.from(values));
}

function weightsOf(labels: Readonly<Record<string, Embedding>>): ZeroShotWeights {
  return { labels: Object.keys(labels), templates: ["{}"], vectors: Object.values(labels) };
}

const weights = weightsOf({ cat: vector(1, 0, 0), dog: vector(0, 1, 0), cup: vector(0.2, 0.2, 1) });
const applied: AppliedCalibration = {
  source: "fitted",
  calibration: { method: "temperature", logitScale: 10 },
  conformal: { score: "lac", scores: [0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7] },
  keep95: { probability: 0.7 },
};

it("says predictions, where the probabilities come from, and nothing that was not asked", () => {
  const answer = answerer(weights, applied)(vector(1, 0.1, 0));
  expect(answer.predictions.map(({ label }) => label)).toEqual(["cat", "cup", "dog"]);
  expect(Object.keys(answer)).toEqual(["predictions", "calibrated"]);
  expect(answer.calibrated).toBe("fitted");
});

it("gives entropy and margin of all labels, also of those that are not shown", () => {
  const even = answerer(
    weights,
    { ...applied, calibration: { method: "temperature", logitScale: 1e-9 } },
    {
      top: 1,
      uncertainty: true,
    },
  )(vector(1, 0, 0));
  expect(even.entropy).toBeCloseTo(Math.log(3), 6);
  expect(even.margin).toBeCloseTo(0, 6);
  expect(even.predictions).toHaveLength(1);
  const sure = answerer(
    weights,
    { ...applied, calibration: { method: "temperature", logitScale: 1000 } },
    {
      uncertainty: true,
    },
  )(vector(1, 0, 0));
  expect(sure.entropy).toBeCloseTo(0, 6);
  expect(sure.margin).toBeCloseTo(1, 6);
});

it("abstains below a bound, or below what 95 % of calibration pictures reach", () => {
  const unsure = vector(1, 1, 0.2);
  for (const abstain of [0.8, "auto"] as const) {
    const answer = answerer(weights, applied, { abstain });
    expect(answer(vector(1, 0, 0)).abstained).toBe(false);
    expect(answer(unsure).abstained).toBe(true);
  }
  expect(
    answerer(weights, applied, { abstain: 0.9, abstainBy: "similarity" })(vector(1, 0, 0)).abstained,
  ).toBe(false);
  const refused = (options: Parameters<typeof answerer>[2]): string => {
    try {
      answerer(weights, applied, options);
      return "";
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  expect(refused({ abstain: "auto", abstainBy: "energy" })).toBe("calibrate.abstain");
  expect(refused({ abstain: Number.NaN })).toBe("calibrate.abstain");
});

it("gives the set of a coverage, and refuses one without calibration pictures or with too few", () => {
  const { set } = answerer(weights, applied, { coverage: 0.5 })(vector(1, 0.9, 0));
  expect(set).toEqual(["cat"]);
  expect(answerer(weights, applied, { coverage: 0.9 })(vector(1, 0.97, 0)).set).toEqual(["cat", "dog"]);
  const { conformal: _, ...without } = applied;
  expect(() => answerer(weights, without, { coverage: 0.9 })).toThrow(/exactly these labels/);
  expect(() => answerer(weights, applied, { coverage: 0.95 })).toThrow(
    /at least 19 calibration pictures .* 9\./,
  );
  expect(() => answerer(weights, applied, { coverage: 0.5, perLabel: true })).toThrow(
    /threshold for each label/,
  );
});

it("gives the same set for the same picture where a draw decides", () => {
  const random = seeded(3);
  const scores = Array.from({ length: 50 }, random).sort((a, b) => a - b);
  const answer = answerer(weights, { ...applied, conformal: { score: "aps", scores } }, { coverage: 0.6 });
  const picture = vector(0.6, 0.5, 0.4);
  expect(answer(picture)).toEqual(answer(picture.slice() as Embedding));
});

it("refuses a vector calibration of other labels before any picture", () => {
  const calibration = {
    method: "vector",
    logitScale: 10,
    labels: ["a"],
    weights: [1],
    offsets: [0],
  } as const;
  expect(() => answerer(weights, { source: "fitted", calibration })).toThrow(/^Expected the 1 labels /);
});

it("every way to abstain rises with how well a label fits", () => {
  const calibration = { method: "temperature", logitScale: 20 } as const;
  const negatives = Float32Array.of(0.2, 0.15);
  for (const score of ABSTAIN_SCORES) {
    const fits = (...cosines: number[]): number =>
      fitness(score, Float32Array.from(cosines), calibration, weights.labels, negatives);
    expect(fits(0.5, 0.1, 0.1)).toBeGreaterThan(fits(0.2, 0.1, 0.1));
  }
});

it("takes the words that are farthest from all labels, never a label itself", () => {
  const candidates = weightsOf({
    kitten: vector(0.95, 0.1, 0),
    Dog: vector(0, -1, 0),
    rocket: vector(-1, -0.5, 0),
    bridge: vector(-1, -1, -1),
  });
  expect(negativeLabels(weights, candidates, 2).map((i) => candidates.labels[i])).toEqual([
    "rocket",
    "bridge",
  ]);
});

it("judges labels by themselves: thresholds where F1 is best, one for all where pictures are few", () => {
  const random = seeded(11);
  const labels = ["often", "rare"];
  const n = 400;
  const similarities = new Float32Array(n * 2);
  const truth = new Uint8Array(n * 2);
  for (let i = 0; i < n; i++) {
    // "often" holds above 0.25; "rare" holds for three pictures only.
    similarities[2 * i] = 0.1 + 0.3 * random();
    truth[2 * i] = similarities[2 * i]! > 0.25 ? 1 : 0;
    similarities[2 * i + 1] = 0.1 + 0.1 * random();
    truth[2 * i + 1] = i < 3 ? 1 : 0;
  }
  const independent = fitIndependent({ labels, similarities, truth });
  const judged = (cosine: number): boolean =>
    judgeIndependently(Float32Array.of(cosine, 0.1), independent).find(({ label }) => label === "often")!
      .holds;
  expect([0.2, 0.24, 0.26, 0.3].map(judged)).toEqual([false, false, true, true]);
  const none = { labels, similarities, truth: new Uint8Array(n * 2) };
  expect(() => fitIndependent(none)).toThrow(/with and without labels but 0 of 800/);
});

it.each<[string, Partial<MultiLabelScores>, RegExp]>([
  ["a truth missing", { truth: Uint8Array.of(1, 0, 1) }, /received 3 and 4/],
  ["half a picture", { similarities: new Float32Array(3), truth: new Uint8Array(3) }, /2 a picture/],
  ["no label", { labels: [] }, /0 a picture/],
  ["a cosine that is none", { similarities: Float32Array.of(0.1, Number.NaN, 0.2, 0.3) }, /finite/],
  ["a truth of two", { truth: Uint8Array.of(1, 0, 2, 0) }, /0 and 1/],
])("independent labels with %s are refused", (_, wrong, words) => {
  const fine = { labels: ["a", "b"], similarities: new Float32Array(4), truth: Uint8Array.of(1, 0, 1, 0) };
  expect(() => fitIndependent({ ...fine, ...wrong })).toThrow(
    expect.objectContaining({ code: "calibrate.scores", message: expect.stringMatching(words) }),
  );
});
