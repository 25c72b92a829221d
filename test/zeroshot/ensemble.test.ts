import { describe, expect, it } from "vitest";
import { normalQuantile } from "../../src/math/normal.js";
import { seeded } from "../../src/math/random.js";
import { checkThresholds, fitCascade, runCascade, savedTime } from "../../src/zeroshot/cascade.js";
import { boundOf, errorsFor, picturesFor } from "../../src/zeroshot/cascade-bound.js";
import {
  type Combine,
  combine,
  combinedScores,
  fitEnsemble,
  logarithms,
  memberWeights,
} from "../../src/zeroshot/ensemble.js";
import { type LabelledScores, pickScores } from "../../src/zeroshot/scores.js";

const close = (values: readonly number[], digits = 4): number[] =>
  values.map((value) => Number(value.toFixed(digits)));

describe("combining, worked out by hand", () => {
  const rows = [
    [0.5, 0.3, 0.2],
    [0.1, 0.3, 0.6],
  ];

  it.each([
    // ½ · 0.5 + ½ · 0.1 = 0.3; 0.3; 0.4
    ["probability", [0.5, 0.5], [0.3, 0.3, 0.4]],
    ["probability", [0.75, 0.25], [0.4, 0.3, 0.3]],
    // Roots of the products 0.05, 0.09, 0.12, brought to sum 1.
    ["logit", [0.5, 0.5], [0.257, 0.3448, 0.3982]],
    // Points 2+0, 1+1, 0+2: all alike, so the mean decides: c, then a before b.
    ["rank", [0.5, 0.5], [0.3, 0.3, 0.4]],
    // Points 1.5, 1, 0.5: a, b, c get the mean's values in order.
    ["rank", [0.75, 0.25], [0.4, 0.3, 0.3]],
  ] as const)("%s with weights %j", (how, weights, expected) => {
    expect(close(combine(rows, weights, how), 3)).toEqual(close(expected, 3));
  });

  it("rank is about places: one model that is very sure does not outvote two", () => {
    const sure = [
      [0.98, 0.01, 0.01],
      [0.3, 0.36, 0.34],
      [0.3, 0.36, 0.34],
    ];
    const even = memberWeights(3);
    const best = (how: Combine): number => {
      const p = combine(sure, even, how);
      return p.indexOf(Math.max(...p));
    };
    expect(best("probability")).toBe(0);
    expect(best("rank")).toBe(1);
  });

  it("probabilities sum to 1, also where a member gives a label none at all", () => {
    for (const how of ["probability", "logit", "rank"] as const) {
      const p = combine(
        [
          [1, 0, 0],
          [0, 1, 0],
        ],
        [0.5, 0.5],
        how,
      );
      expect(p.reduce((a, b) => a + b)).toBeCloseTo(1);
      expect(logarithms(p).every(Number.isFinite)).toBe(true);
    }
  });

  it.each([[[1]], [[1, Number.NaN]], [[1, -1]], [[0, 0]], [[1, Number.POSITIVE_INFINITY]], [[1, 1, 1]]])(
    "weights %j for two models are refused",
    (given) => {
      expect(() => memberWeights(2, given)).toThrow(expect.objectContaining({ code: "usage.ensemble" }));
    },
  );

  it("one model is no ensemble, nor are seventeen", () => {
    expect(() => memberWeights(1)).toThrow(/2 to 16/);
    expect(() => memberWeights(17)).toThrow(/2 to 16/);
  });
});

/** A model that sees the truth with a strength a picture, and noise that another seed draws otherwise. */
function model(seed: number, strengths: readonly number[], labels = 5): LabelledScores {
  let state = seed;
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  for (let i = 0; i < 10; i++) random();
  const truth = Int32Array.from(strengths, (_, i) => i % labels);
  const similarities = new Float32Array(strengths.length * labels);
  for (const [i, strength] of strengths.entries()) {
    for (let k = 0; k < labels; k++) {
      similarities[i * labels + k] = 0.1 * random() + (k === truth[i] ? 0.1 * strength : 0);
    }
  }
  return {
    images: strengths.map((_, i) => `${i}.jpg`),
    labels: Array.from({ length: labels }, (_, k) => `label ${k}`),
    truth,
    similarities,
    logitScale: 100,
  };
}

function accuracy({ truth, similarities, labels }: LabelledScores): number {
  let right = 0;
  for (const [i, label] of truth.entries()) {
    const row = similarities.subarray(i * labels.length, (i + 1) * labels.length);
    if (row.indexOf(row.reduce((a, b) => Math.max(a, b))) === label) right += 1;
  }
  return right / truth.length;
}

describe("fitting an ensemble", () => {
  const n = 600;
  const good = model(1, new Array<number>(n).fill(0.6));
  const alike = model(2, new Array<number>(n).fill(0.6));
  const blind = model(3, new Array<number>(n).fill(0));

  it.each(["probability", "logit"] as const)("%s: a blind model counts for next to nothing", (how) => {
    const { weights } = fitEnsemble([good, blind], how);
    expect(weights[0]! + weights[1]!).toBeCloseTo(1);
    expect(weights[1]).toBeLessThan(0.1);
  });

  it.each(["probability", "logit", "rank"] as const)("%s: two that err differently beat both", (how) => {
    const fitted = fitEnsemble([good, alike], how);
    expect(Math.abs(fitted.weights[0]! - 0.5)).toBeLessThan(0.15);
    const together = accuracy(combinedScores([good, alike], fitted, how));
    expect(together).toBeGreaterThan(Math.max(accuracy(good), accuracy(alike)) + 0.02);
  });

  it("weights that are given stay", () => {
    expect(fitEnsemble([good, alike], "logit", [3, 1]).weights).toEqual([0.75, 0.25]);
  });

  it("models that saw other pictures are refused, and so are too few", () => {
    const other = { ...alike, images: alike.images.map((name) => `other/${name}`) };
    expect(() => fitEnsemble([good, other], "probability")).toThrow(/same pictures/);
    const few = model(1, [1, 1, 1]);
    expect(() => fitEnsemble([few, few], "probability")).toThrow(
      expect.objectContaining({ code: "calibrate.pictures" }),
    );
  });
});

describe("a cascade", () => {
  const n = 1000;
  // Half of the pictures are easy for the cheap model, the others nearly hidden from it; the big one sees all.
  const easy = Array.from({ length: n }, (_, i) => (i % 2 === 0 ? 3 : 0.1));
  const cheap = model(4, easy);
  const big = model(5, new Array<number>(n).fill(3));

  it("lets the cheap model answer what it is sure of and loses no more than was allowed", () => {
    const fitted = fitCascade([cheap, big], { drop: 0.005 });
    const run = runCascade([cheap, big], fitted);
    const right = run.label.filter((label, i) => label === big.truth[i]).length / n;
    expect(right).toBeGreaterThanOrEqual(accuracy(big) - 0.005);
    expect(run.seen).toEqual([n, run.answeredBy.filter((one) => one === 1).length]);
    expect(run.seen[1]! / n).toBeLessThan(0.6);
    // 0.25 + share · 1 of the time of the big model alone.
    expect(savedTime(run.seen, [1, 4])).toBeCloseTo(1 - (0.25 + run.seen[1]! / n));
    expect(savedTime(run.seen, [null, 4])).toBeNull();
  });

  it("with a confidence fewer fits lose more on other pictures than was allowed", () => {
    const [drop, many, draws] = [0.02, 8_000, 30];
    const strengths = (seed: number, count: number): number[] => {
      const random = seeded(seed);
      return Array.from({ length: count }, () => 2 * random());
    };
    // The cheap model sees four fifths of what the big one does: the surer it is, the seldomer it errs.
    const pairOf = (seed: number, count: number): LabelledScores[] => {
      const drawn = strengths(seed, count);
      return [
        model(
          2 * seed,
          drawn.map((strength) => 0.8 * strength),
        ),
        model(2 * seed + 1, drawn),
      ];
    };
    const others = pairOf(1000, many);
    const lost = (options: { confidence: number }): number[] =>
      Array.from({ length: draws }, (_, draw) => {
        const fitted = fitCascade(pairOf(draw + 1, 500), { drop, ...options });
        const { label } = runCascade(others, fitted);
        const right = label.filter((one, i) => one === others[1]!.truth[i]).length / many;
        return accuracy(others[1]!) - right;
      });
    const over = (values: number[]): number => values.filter((value) => value > drop).length;
    const [sure, point] = [lost({ confidence: 0.9 }), lost({ confidence: 0.5 })];
    // 30 fits of which each may fail with 0.1: more than 7 do with a probability of 0.01.
    expect(over(sure)).toBeLessThanOrEqual(7);
    expect(over(point)).toBeGreaterThan(over(sure));
  });

  it("with few pictures the last model answers everything, and how many would do is told", () => {
    const few = (scores: LabelledScores): LabelledScores =>
      pickScores(
        scores,
        Array.from({ length: 120 }, (_, i) => i),
      );
    const careful = fitCascade([few(cheap), few(big)], { drop: 0.005 });
    expect(careful.thresholds).toEqual([2]);
    expect(careful.drop).toBe(0);
    expect(careful.bound).toBe(0);
    // None is lost: 1.2816 · √2 / 0.005.
    expect(careful.needed).toBe(363);
    const point = fitCascade([few(cheap), few(big)], { drop: 0.005, confidence: 0.5 });
    expect(point.thresholds[0]).toBeLessThan(1);
    expect(point.drop).toBe(point.bound);
    expect(point).not.toHaveProperty("needed");
    const enough = fitCascade([few(cheap), few(big)], { drop: 0.02 });
    expect(enough.thresholds[0]).toBeLessThan(1);
    expect(enough.bound).toBeGreaterThan(enough.drop);
    expect(enough.bound).toBeLessThanOrEqual(0.02);
    // The surer it has to be, the fewer it lets pass.
    const surer = fitCascade([cheap, big], { drop: 0.01, confidence: 0.99 });
    expect(surer.thresholds[0]).toBeGreaterThan(fitCascade([cheap, big], { drop: 0.01 }).thresholds[0]!);
  });

  it("the first model answers all where it is the best", () => {
    const { thresholds, drop, bound } = fitCascade([big, cheap], { drop: 0 });
    expect([thresholds, drop, bound]).toEqual([[0], 0, 0]);
  });

  it("never lets a model answer whose every answer costs too much", () => {
    const blind = model(6, new Array<number>(n).fill(-3));
    const fitted = fitCascade([blind, big], { drop: 0 });
    const run = runCascade([blind, big], fitted);
    expect(run.seen).toEqual([n, n]);
    expect(savedTime(run.seen, [1, 4])).toBeCloseTo(-0.25);
  });

  it("has a threshold for each of three models but the last", () => {
    const middle = model(7, new Array<number>(n).fill(1.5));
    const fitted = fitCascade([cheap, middle, big], { drop: 0.01 });
    expect(fitted.thresholds).toHaveLength(2);
    const run = runCascade([cheap, middle, big], fitted);
    const right = run.label.filter((label, i) => label === big.truth[i]).length / n;
    expect(right).toBeGreaterThanOrEqual(accuracy(big) - 0.01);
  });

  it.each([-0.1, 1, Number.NaN])("a drop of %d is refused", (drop) => {
    expect(() => fitCascade([cheap, big], { drop })).toThrow(
      expect.objectContaining({ code: "usage.ensemble" }),
    );
  });

  it.each([0.4, 1, Number.NaN])("a confidence of %d is refused", (confidence) => {
    expect(() => fitCascade([cheap, big], { confidence })).toThrow(
      expect.objectContaining({ code: "usage.ensemble" }),
    );
  });

  it.each([
    [2, []],
    [2, [0.5, 0.5]],
    [2, [Number.NaN]],
    [1, []],
  ])("%i models with thresholds %j are refused", (models, thresholds) => {
    expect(() => checkThresholds(models, thresholds)).toThrow(
      expect.objectContaining({ code: "usage.ensemble" }),
    );
  });
});

describe("the bound of a drop, worked out by hand", () => {
  it("is the drop and as many standard errors of Bonett and Price's adjusted shares", () => {
    const counts = { pictures: 98, lost: 5, won: 2 };
    // Shares 6 / 100 and 3 / 100: √((0.09 − 0.0009) / 100).
    expect(boundOf(counts, 2)).toBeCloseTo(3 / 98 + 2 * Math.sqrt(0.0891 / 100), 12);
    expect(boundOf(counts, 0)).toBe(3 / 98);
  });

  it.each([
    { lost: 5, won: 2 },
    { lost: 0, won: 0 },
    { lost: 2, won: 5 },
  ])("$lost lost and $won won: with the pictures that are asked for the bound is met", ({ lost, won }) => {
    const [pictures, errors, drop] = [1000, errorsFor(0.9), 0.004];
    const counts = { pictures, lost, won };
    const needed = picturesFor(counts, errors, drop);
    const times = needed / pictures;
    const scaled = boundOf({ pictures: needed, lost: lost * times, won: won * times }, errors);
    expect(scaled).toBeLessThanOrEqual(drop);
    expect(scaled).toBeGreaterThan(0.95 * drop);
  });

  it("no number of pictures is enough where too many are lost", () => {
    expect(picturesFor({ pictures: 100, lost: 2, won: 0 }, 1, 0.02)).toBe(Number.POSITIVE_INFINITY);
  });

  // Abramowitz & Stegun, table 26.5.
  it.each([
    [0.5, 0],
    [0.9, 1.2815515655],
    [0.95, 1.6448536269],
    [0.025, -1.9599639845],
    [0.999, 3.0902323062],
  ])("below %d of a normal distribution lies %d", (share, value) => {
    expect(normalQuantile(share)).toBeCloseTo(value, 9);
  });
});
