import { describe, expect, it } from "vitest";
import { figure, median, short, timesFaster, withSpread } from "../../src/bench/statistics.js";

describe("statistics", () => {
  it("takes the middle, and the mean of the middle two", () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([9, 1, 5, 6])).toBe(5.5);
    expect(figure([9, 1, 5])).toEqual({ median: 5, low: 1, high: 9, count: 3 });
    expect(() => figure([])).toThrow(/at least one measurement/);
  });

  it("compares round by round, so that a slow minute counts for both", () => {
    // The machine was ten times slower in the second round: the ratio of medians would be 11, that of rounds is 2.
    expect(timesFaster([20, 220, 22], [10, 110, 11])).toEqual({ median: 2, low: 2, high: 2, count: 3 });
    expect(timesFaster([20, 30, 40], [10]).count).toBe(1);
  });

  it.each([
    [1234.5, "1,235"],
    [123.4, "123"],
    [12.34, "12.3"],
    [1.234, "1.23"],
    [0.01234, "0.012"],
  ])("shows %d as %s", (value, text) => {
    expect(short(value)).toBe(text);
  });

  it("shows how far the farthest measurement lies", () => {
    expect(withSpread(figure([10, 9, 12]))).toBe("10.0 ±20%");
    expect(withSpread(figure([10]))).toBe("10.0");
  });
});
