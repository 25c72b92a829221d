import { expect, test } from "vitest";
import { Histogram } from "../../src/quantize/histogram.js";
import { randomNumbers } from "../models/random-tensors.js";

/** Sums of 12 uniform numbers: nearly normal, standard deviation 2 / √12 · √12 = 2. */
function bells(count: number): Float32Array {
  const random = randomNumbers(3);
  return Float32Array.from({ length: count }, () =>
    Array.from({ length: 12 }, random).reduce((a, b) => a + b, 0),
  );
}

/** What is lost by 256 codes over a range, computed value by value. */
function loss(values: Float32Array, [low, high]: readonly [number, number]): number {
  const scale = (high - low) / 255;
  return values.reduce((sum, value) => {
    const code = Math.max(0, Math.min(255, Math.round((value - low) / scale)));
    return sum + (value - (low + code * scale)) ** 2;
  }, 0);
}

test("the extremes are kept exactly, over several additions", () => {
  const histogram = new Histogram();
  for (const values of [[0.5, -0.25], [1000, 3], [-7]]) histogram.add(Float32Array.from(values));
  expect([histogram.least, histogram.most]).toEqual([-7, 1000]);
});

test("a percentile leaves out its share at both ends, whatever order the values came in", () => {
  const values = Float32Array.from({ length: 2000 }, (_, i) => (i - 999.5) / 10);
  for (const order of [values, values.slice().reverse()]) {
    const histogram = new Histogram();
    for (let i = 0; i < 2000; i += 100) histogram.add(order.subarray(i, i + 100));
    const [low, high] = histogram.percentile(0.01);
    expect(low).toBeCloseTo(-98, 0);
    expect(high).toBeCloseTo(98, 0);
  }
});

test("the nearest range loses less than the whole one where a value is far out, and as little as any other", () => {
  const values = bells(500_000);
  values[5] = 300;
  const histogram = new Histogram();
  histogram.add(values);
  const found = histogram.nearest();
  const whole = loss(values, [histogram.least, histogram.most]);
  const best = Math.min(
    ...Array.from({ length: 60 }, (_, i) => loss(values, [histogram.least, (histogram.most * (i + 1)) / 60])),
  );
  expect(loss(values, found)).toBeLessThan(whole * 0.9);
  expect(loss(values, found)).toBeLessThan(best * 1.1);
});

test("values that are never negative get a range from zero", () => {
  const histogram = new Histogram();
  histogram.add(bells(1000).map((value) => Math.max(0, value)));
  expect(histogram.nearest()[0]).toBe(0);
});

test("nothing but zeros is a range of nothing", () => {
  const histogram = new Histogram();
  histogram.add(new Float32Array(10));
  expect(histogram.nearest()).toEqual([0, 0]);
});
