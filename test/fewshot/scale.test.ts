import { expect, it } from "vitest";
import { confidenceOf } from "../../src/fewshot/probabilities.js";
import { fitScale } from "../../src/fewshot/scale.js";

/** Logits of two labels that lie so far apart, the truth first; of some the other is right. */
function pictures(count: number, gap: number, wrong = 0): { logits: Float32Array; truth: Int32Array } {
  return {
    logits: Float32Array.from({ length: 2 * count }, (_, i) => (i % 2 === 0 ? gap : 0)),
    truth: Int32Array.from({ length: count }, (_, i) => (i < wrong ? 1 : 0)),
  };
}

const sureOf = ({ logits, truth }: ReturnType<typeof pictures>): number => {
  const scale = fitScale(logits, truth, 2);
  return confidenceOf(
    logits.map((x) => scale * x),
    2,
  );
};

it.each([
  [8, 0.9],
  [98, 0.99],
])("%i pictures that are all right make it sure to %f, however far the labels lie apart", (count, sure) => {
  for (const gap of [3, 10, 40]) expect(sureOf(pictures(count, gap))).toBeCloseTo(sure, 1.7);
});

it("many of which a share is wrong make it as sure as they are right", () => {
  expect(sureOf(pictures(1000, 10, 300))).toBeCloseTo(0.7, 1.7);
});
