import { describe, expect, it } from "vitest";
import { seeded } from "../../../src/math/random.js";
import { within } from "../../../src/search/assets/browser/points.js";

/** The rule as it is written: how many edges lie to the right of a place. */
function crossings(path: readonly (readonly [number, number])[], x: number, y: number): number {
  return path.filter(([ax, ay], i) => {
    const [bx, by] = path.at(i - 1)!;
    return ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax;
  }).length;
}

describe("places within a line", () => {
  it("are those inside of it, hollows and what is crossed twice left out", () => {
    const hollow = within([
      [0, 0],
      [10, 0],
      [10, 10],
      [5, 2],
      [0, 10],
    ]);
    expect([hollow(2, 2), hollow(8, 2), hollow(5, 8), hollow(11, 5), hollow(5, -1), hollow(5, 11)]).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
  });

  it("are found by any line, corners on corners and flat ones too", () => {
    const random = seeded(7);
    for (const [corners, size] of [
      [3, 4],
      [40, 6],
      [300, 1000],
    ] as const) {
      const place = (): [number, number] => [Math.floor(random() * size), Math.floor(random() * size)];
      const path = Array.from({ length: corners }, place);
      const isWithin = within(path);
      for (let i = 0; i < 2000; i++) {
        const [x, y] = place();
        expect(isWithin(x, y)).toBe(crossings(path, x, y) % 2 === 1);
      }
    }
    const flat = within([
      [0, 5],
      [9, 5],
      [4, 5],
    ]);
    expect([flat(4, 5), flat(4, 4), flat(4, 6)]).toEqual([false, false, false]);
  });
});
