import fc from "fast-check";
import { expect, it } from "vitest";
import { topK } from "../../src/math/top-k.js";

it("is what sorting all scores gives, equal ones in their order", () => {
  const scores = fc.array(fc.constantFrom(-1, 0, 0.25, 0.5, 1, Number.NEGATIVE_INFINITY), { maxLength: 60 });
  fc.assert(
    fc.property(scores, fc.nat(70), (values, k) => {
      const sorted = values.map((_, i) => i).sort((a, b) => values[b]! - values[a]! || a - b);
      expect(topK(Float32Array.from(values), values.length, k)).toEqual(sorted.slice(0, k));
    }),
  );
});

it("looks at the first `count` scores alone", () => {
  expect(topK(Float32Array.of(1, 3, 2, 9), 3, 2)).toEqual([1, 2]);
});
