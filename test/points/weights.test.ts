import { describe, expect, it } from "vitest";
import { type Embedding, unit } from "../../src/math/unit.js";
import { fitViewWeights, pooled } from "../../src/points/weights.js";
import { similaritiesOf } from "../../src/zeroshot/predict.js";

const one = (...values: number[]): Embedding => unit(Float32Array.from(values));
const labels = { labels: ["a", "b"], templates: ["{}"], vectors: [one(1, 0, 0), one(0, 1, 0)] };
const names = ["front", "top"];

describe("views together", () => {
  const views = [one(3, 1, 1), one(1, 2, 0)];

  it("cosines of the whole are the views' own, weighted and summed, but for one factor", () => {
    const whole = similaritiesOf(pooled(views, names, { front: 1, top: 0.5 }), labels);
    const sums = [0, 1].map(
      (k) => similaritiesOf(views[0]!, labels)[k]! + 0.5 * similaritiesOf(views[1]!, labels)[k]!,
    );
    expect(whole[0]! / whole[1]!).toBeCloseTo(sums[0]! / sums[1]!, 5);
  });

  it("a sure view counts more than one that says nothing", () => {
    const unsure = one(1, 1, 0);
    const sure = one(0, 1, 0);
    const scale = { labels, logitScale: 20 };
    const equal = pooled([unsure, sure], names, "equal");
    const byEntropy = pooled([unsure, sure], names, "entropy", scale);
    expect(byEntropy[1]!).toBeGreaterThan(equal[1]!);
    expect(byEntropy[1]!).toBeCloseTo(1, 4);
  });

  it.each([
    [{ sideways: 1 }, /views called front/],
    [{ front: -1 }, /0 and more/],
    [{ front: 0 }, /above 0/],
  ])("%j is refused", (weights, words) => {
    expect(() => pooled(views, names, weights)).toThrow(words);
  });
});

describe("weights that are fitted", () => {
  /** The front shows the label; the top shows either as often with one label as with the other. */
  const truth = Array.from({ length: 60 }, (_, i) => i % 2);
  const shown = (label: number): Embedding => one(label === 0 ? 1 : 0.4, label === 1 ? 1 : 0.4, 0);
  const shapes = truth.map((label, i) => [shown(label), shown(Math.floor(i / 2) % 2)]);

  it("the view that knows counts most", () => {
    const weights = fitViewWeights({ views: shapes, truth, labels, logitScale: 10 }, names);
    expect(weights.front).toBe(1);
    expect(weights.top).toBeLessThan(0.5);
  });

  it("too few shapes are refused", () => {
    const few = { views: shapes.slice(0, 5), truth: truth.slice(0, 5), labels, logitScale: 10 };
    expect(() => fitViewWeights(few, names)).toThrow(/at least 20/);
  });
});
