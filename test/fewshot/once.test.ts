import { describe, expect, it } from "vitest";
import { exitCodeOf } from "../../src/cli/output.js";
import type { Warning } from "../../src/encoder.js";
import { ClipError } from "../../src/errors.js";
import { learningCurve } from "../../src/fewshot/curve.js";
import { Known, onceEach } from "../../src/fewshot/once.js";
import { countsOf, type Shots } from "../../src/fewshot/shots.js";
import { unit } from "../../src/math/unit.js";
import { scene } from "./scene.js";

const { train, test } = scene();
/** As another batch computes it: other last digits. */
const again = (vector: Float32Array) => unit(vector.map((x, d) => x + (d % 2 ? 1e-5 : -1e-5)));
const joined = (more: readonly (readonly [at: number, label: number])[]): Shots => ({
  ...train,
  features: [...train.features, ...more.map(([at]) => again(train.features[at]!))],
  truth: Int32Array.from([...train.truth, ...more.map(([, label]) => label)]),
});

describe("pictures that are there twice", () => {
  it("count once, and it is told", () => {
    const told: Warning[] = [];
    const found = onceEach(joined([...train.truth].map((label, i) => [i, label])), {
      onWarning: (warning) => told.push(warning),
    });
    expect(found).toEqual(train);
    expect(told).toEqual([
      {
        code: "fewshot.twice",
        message: "40 pictures were there already under the same label: each counts once.",
        count: 40,
      },
    ]);
  });

  it("under two labels they stay with the first", () => {
    const told: Warning[] = [];
    const found = onceEach(
      joined([
        [0, 1],
        [1, 2],
      ]),
      { onWarning: (warning) => told.push(warning) },
    );
    expect(found).toEqual(train);
    expect(told).toMatchObject([{ code: "fewshot.labels", count: 2 }]);
    expect(told[0]!.message).toBe(
      'A picture of "label 1" is there already under "label 0" (and 1 more such): it is left out and counts for "label 0" alone.',
    );
  });

  it("what is known stays as it is; other pictures are no twins", () => {
    const twins = joined([[0, 0]]);
    expect(onceEach(twins, { known: twins.features.length })).toBe(twins);
    expect(onceEach(train)).toBe(train);
    const known = new Known(train);
    expect(test.features.some((one) => known.labelsOf(one).length > 0)).toBe(false);
    expect(train.features.every((one, i) => known.labelsOf(again(one)).includes(train.truth[i]!))).toBe(true);
  });
});

describe("a learning curve", () => {
  it("counts no more pictures than a label has, and no number twice", async () => {
    const told: Warning[] = [];
    const { points } = await learningCurve(train, test, {
      ...{ methods: ["prototypes"], counts: [2, 8, 16, 1000], seeds: 1 },
      onWarning: (warning) => told.push(warning),
    });
    expect(Math.max(...countsOf(train))).toBe(8);
    expect(points.map(({ shots }) => shots)).toEqual([2, 8]);
    expect(told).toEqual([
      {
        code: "fewshot.shots",
        message: "No label has more than 8 pictures to learn from: 16, 1000 count as 8.",
      },
    ]);
  });
});

it.each(["labels", "adapter", "model", "shots"])("fewshot.%s is wrong usage", (what) => {
  expect(exitCodeOf(new ClipError(`fewshot.${what}`, "…"))).toBe(2);
});
