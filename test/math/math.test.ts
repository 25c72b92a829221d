import { describe, expect, it } from "vitest";
import { dot } from "../../src/math/dot.js";
import { softmax } from "../../src/math/softmax.js";
import { meanUnit, unit } from "../../src/math/unit.js";

describe("unit", () => {
  it("keeps the direction and gives length 1, leaving its input alone", () => {
    const vector = Float32Array.of(3, 4);
    expect([...unit(vector)]).toEqual([Math.fround(0.6), Math.fround(0.8)]);
    expect([...vector]).toEqual([3, 4]);
  });

  it.each([
    ["zero", Float32Array.of(0, 0)],
    ["NaN", Float32Array.of(1, Number.NaN)],
    ["infinite", Float32Array.of(1, Number.POSITIVE_INFINITY)],
  ])("refuses a vector without a direction: %s", (_, vector) => {
    expect(() => unit(vector)).toThrowError(expect.objectContaining({ code: "runtime.features" }));
  });

  it("does not lose small or large vectors", () => {
    expect(unit(Float32Array.of(1e-20, 0))[0]).toBe(1);
    expect(unit(Float32Array.of(1e30, 0))[0]).toBe(1);
  });
});

describe("meanUnit", () => {
  it("is the renormalised mean", () => {
    const mean = meanUnit([unit(Float32Array.of(1, 0)), unit(Float32Array.of(0, 1))]);
    expect(mean[0]).toBeCloseTo(Math.SQRT1_2, 7);
    expect(dot(mean, mean)).toBeCloseTo(1, 6);
  });

  it("refuses an empty list", () => {
    expect(() => meanUnit([])).toThrowError(expect.objectContaining({ code: "runtime.features" }));
  });
});

describe("softmax", () => {
  it("sums to 1 and agrees with the definition", () => {
    const [a, b, c] = softmax([1, 2, 3]) as [number, number, number];
    expect(a + b + c).toBeCloseTo(1, 12);
    expect(c / b).toBeCloseTo(Math.E, 12);
    expect(b / a).toBeCloseTo(Math.E, 12);
  });

  it("neither overflows nor turns to NaN on large logits", () => {
    expect(softmax([1e4, 1e4 - 1000])).toEqual([1, 0]);
    expect(softmax([-1e4])).toEqual([1]);
  });
});
