import { describe, expect, test } from "vitest";
import { type Embedding, unit } from "../../src/math/unit.js";
import type { GateFigures } from "../../src/models/manifest.js";
import { compare, gateFailures, gateFigures } from "../../src/quantize/gate.js";
import { seededRandom } from "../support/random-bytes.js";

const of = (...values: number[]): Embedding => unit(Float32Array.from(values));

function vectors(count: number, seed: number): Embedding[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => unit(Float32Array.from({ length: 8 }, () => random() - 0.5)));
}

describe("compare", () => {
  test("equal features are at 1 in every figure", () => {
    const same = vectors(9, 1);
    const { count, ...figures } = compare(same, same);
    expect(count).toBe(9);
    for (const value of Object.values(figures)) expect(value).toBeCloseTo(1, 6);
  });

  test("cosines by hand: one of two is turned by 60 degrees", () => {
    const half = Math.sqrt(3) / 2;
    const found = compare([of(1, 0), of(0, 1)], [of(0.5, half), of(0, 1)]);
    expect(found).toMatchObject({ count: 2 });
    expect(found.worst).toBeCloseTo(0.5, 6);
    expect(found.mean).toBeCloseTo(0.75, 6);
    // The mean is (½, ½): (½, −½) against (0, 0.366) and (−½, ½) against itself.
    expect(found.centredWorst).toBeCloseTo(-Math.SQRT1_2, 6);
    expect(found.centredMean).toBeCloseTo((1 - Math.SQRT1_2) / 2, 6);
  });

  test("what all have in common hides nothing once the mean is removed", () => {
    const near = [of(100, 1, 0), of(100, -1, 0)];
    const far = [of(100, 0, 1), of(100, 0, -1)];
    expect(compare(near, far).worst).toBeGreaterThan(0.999);
    expect(compare(near, far).centredWorst).toBeCloseTo(0, 3);
  });

  test("one picture alone is its own mean", () => {
    expect(compare([of(1, 2)], [of(1, 2)])).toMatchObject({ centredMean: 1, centredWorst: 1 });
    expect(compare([of(1, 2)], [of(1, 3)])).toMatchObject({ centredMean: 0, centredWorst: 0 });
  });
});

describe("gateFigures", () => {
  const prompts = [of(1, 0), of(1, 0.1), of(0, 1), of(0.1, 1)];
  const pictures = [of(1, 0), of(0.8, 0.2), of(0, 1), of(0.45, 0.55)];
  const turned = [of(1, 0), of(0.8, 0.2), of(0, 1), of(0.55, 0.45)];
  const task = { labels: ["a", "b"], templates: 2, judged: [0, 2, 3] };

  test("agreement counts judged pictures that get the same label", () => {
    const { agreement, top1 } = gateFigures({ pictures, prompts }, { pictures: turned, prompts }, task);
    expect(agreement).toEqual({ pictures: 3, labels: 2, share: 2 / 3 });
    expect(top1).toBeUndefined();
  });

  test("labelled pictures tell right first choices of both", () => {
    const labelled = { ...task, truths: [0, 0, 1] };
    const { top1 } = gateFigures({ pictures, prompts }, { pictures: turned, prompts }, labelled);
    expect(top1).toEqual({ pictures: 3, fp32: 2 / 3, int8: 1 / 3 });
  });
});

describe("gateFailures", () => {
  const good: GateFigures = {
    pictures: { count: 64, mean: 0.999, worst: 0.99, centredMean: 0.99, centredWorst: 0.9 },
    prompts: { count: 10, mean: 0.999, worst: 0.995, centredMean: 0.99, centredWorst: 0.9 },
    agreement: { pictures: 50, labels: 10, share: 0.98 },
    top1: { pictures: 50, fp32: 0.9, int8: 0.8 },
  };
  const bounds = { worstCosine: 0.99, agreement: 0.98 };

  test("a model on its bounds passes; the loss in top-1 is only judged where it is bounded", () => {
    expect(gateFailures(good, bounds)).toEqual([]);
    expect(gateFailures(good, { ...bounds, top1Drop: 0.05 })).toEqual([
      { words: "at most 5 % of right first choices to be lost but received 10 %" },
    ]);
  });

  test("each figure that is too low has its own words and names the tower where it is one's", () => {
    const bad: GateFigures = {
      ...good,
      pictures: { ...good.pictures, worst: 0.9899 },
      prompts: { ...good.prompts, worst: 0.5 },
      agreement: { ...good.agreement, share: 0.96 },
    };
    expect(gateFailures(bad, bounds)).toEqual([
      {
        tower: "image",
        words: "a worst cosine of 0.99 between the features of 64 pictures but received 0.9899",
      },
      {
        tower: "text",
        words: "a worst cosine of 0.99 between the features of 10 prompts but received 0.5000",
      },
      { words: "the same label for 98 % of 50 pictures (10 labels) but received 96 %" },
    ]);
  });

  test("a figure that is no number fails", () => {
    const broken = { ...good, pictures: { ...good.pictures, worst: Number.NaN } };
    expect(gateFailures(broken, bounds)).toHaveLength(1);
  });
});
