import { expect, test } from "vitest";
import { pgd } from "../../src/robust/attacks/gradient.js";
import type { Slopes } from "../../src/robust/victim.js";

// Pictures of one pixel that are right while their red is above 100: the second is far from it, no budget here reaches it.
const pixels = Float32Array.of(101, 50, 50, 200, 50, 50);
const truth = [0, 0];
const options = { norm: "linf" as const, epsilon: 8, steps: 6, seed: 1 };

function counted(): { slopes: Slopes; asked: number[] } {
  const asked: number[] = [];
  const slopes: Slopes = async (shown, labels) => {
    asked.push(labels.length);
    const reds = labels.map((_, i) => shown[3 * i]!);
    return {
      logits: Float32Array.from(reds.flatMap((red) => [red, 100])),
      loss: Float32Array.from(reds, (red) => -red),
      gradient: Float32Array.from(reds.flatMap(() => [-1, 0, 0])),
    };
  };
  return { slopes, asked };
}

test("a picture that is fooled stays where it was and is asked about no more", async () => {
  const { slopes, asked } = counted();
  const changed = await pgd(slopes, { pixels, truth }, options);
  expect(asked[0]).toBe(2);
  expect(asked.at(-1)).toBe(1);
  expect(asked).toHaveLength(6);
  expect(changed[0]).toBeLessThan(100);
  // The other one goes as far as the budget lets it.
  expect(changed[3]).toBeCloseTo(192, 3);
});

test("to the end: every step is taken, however soon a picture is fooled", async () => {
  const { slopes, asked } = counted();
  const changed = await pgd(slopes, { pixels, truth }, { ...options, toTheEnd: true });
  expect(asked).toEqual([2, 2, 2, 2, 2, 2]);
  expect(changed[0]).toBeCloseTo(93, 3);
});

test("an attack on pictures that are all wrong already ends at once", async () => {
  const { slopes, asked } = counted();
  let steps = 0;
  await pgd(
    slopes,
    { pixels: Float32Array.of(80, 50, 50), truth: [0] },
    { ...options, onStep: () => (steps += 1) },
  );
  expect(asked).toEqual([1]);
  expect(steps).toBe(1);
});
