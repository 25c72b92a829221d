import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { justified, moved, ratioOf, rowAt, rowOf } from "../../web/src/search/rows.js";

const GAP = 6;
const sides = fc.record({
  width: fc.integer({ min: 0, max: 9000 }),
  height: fc.integer({ min: 0, max: 9000 }),
});
const given = fc.record({
  pictures: fc.array(sides, { maxLength: 200 }),
  width: fc.integer({ min: 320, max: 1880 }),
  target: fc.integer({ min: 100, max: 260 }),
});

describe("justified rows", () => {
  test("every picture stands once, in order, with its own shape; all rows but the last are filled to the edge", () => {
    fc.assert(
      fc.property(given, ({ pictures, width, target }) => {
        const { rows, lefts, widths, height } = justified(pictures, width, target, GAP);
        let next = 0;
        for (const [r, row] of rows.entries()) {
          expect(row.first).toBe(next);
          next += row.count;
          const last = next - 1;
          for (let i = row.first; i < next; i++) {
            expect(widths[i]! / row.height).toBeCloseTo(ratioOf(pictures[i]!), 2);
            if (i > row.first) expect(lefts[i]! - lefts[i - 1]! - widths[i - 1]!).toBeCloseTo(GAP, 1);
          }
          const right = lefts[last]! + widths[last]!;
          if (r < rows.length - 1) expect(Math.abs(right - width)).toBeLessThan(0.5);
          else expect(right).toBeLessThan(width + 0.5);
          if (r > 0) expect(row.top).toBeCloseTo(rows[r - 1]!.top + rows[r - 1]!.height + GAP, 3);
        }
        expect(next).toBe(pictures.length);
        const end = rows.at(-1);
        expect(height).toBeCloseTo(end ? end.top + end.height : 0, 3);
      }),
    );
  });

  test("rows are found by height and by picture, and keys lead to pictures that are there", () => {
    const keys = ["ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End"];
    fc.assert(
      fc.property(given, fc.constantFrom(...keys), fc.nat(), ({ pictures, width, target }, key, any) => {
        fc.pre(pictures.length > 0);
        const layout = justified(pictures, width, target, GAP);
        const index = any % pictures.length;
        const row = layout.rows[rowOf(layout.rows, index)]!;
        expect(index).toBeGreaterThanOrEqual(row.first);
        expect(index).toBeLessThan(row.first + row.count);
        expect(layout.rows[rowAt(layout.rows, row.top + row.height / 2)]).toBe(row);
        const to = moved(layout, index, key, 800)!;
        expect(layout.widths[to]).toBeGreaterThan(0);
      }),
    );
    const square = justified(Array(12).fill({ width: 1, height: 1 }), 418, 100, GAP);
    expect(square.rows.map(({ count }) => count)).toEqual([4, 4, 4]);
    expect(moved(square, 5, "ArrowDown", 800)).toBe(9);
    expect(moved(square, 5, "ArrowUp", 800)).toBe(1);
    expect(moved(square, 1, "ArrowUp", 800)).toBe(1);
    expect(moved(square, 3, "ArrowRight", 800)).toBe(4);
    expect(moved(square, 5, "a", 800)).toBeUndefined();
  });
});
