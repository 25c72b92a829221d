import fc from "fast-check";
import { expect, test } from "vitest";
import {
  columnCodes,
  columnScales,
  LARGEST_CODE,
  rowCodes,
  rowScales,
} from "../../src/graph/quantise-weights.js";

const matrix = fc
  .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 7 }))
  .chain(([rows, columns]) =>
    fc.record({
      columns: fc.constant(columns),
      values: fc
        .array(fc.integer({ min: -4000, max: 4000 }), {
          minLength: rows * columns,
          maxLength: rows * columns,
        })
        .map((list) => Float32Array.from(list, (value) => value / 1000)),
    }),
  );

test("no two products of a byte and a code can leave 16 bits together", () => {
  expect(2 * 255 * LARGEST_CODE).toBeLessThanOrEqual(0x7fff);
  expect(2 * 255 * (LARGEST_CODE + 1)).toBeGreaterThan(0x7fff);
});

test("codes stay within the bound and each is the nearest that its scale has", () => {
  fc.assert(
    fc.property(matrix, ({ values, columns }) => {
      const scales = columnScales(values, columns);
      const codes = columnCodes(values, scales);
      for (const [i, code] of codes.entries()) {
        const exact = values[i]! / scales[i % columns]!;
        const clipped = Math.max(-LARGEST_CODE, Math.min(LARGEST_CODE, exact));
        expect(Math.abs(code)).toBeLessThanOrEqual(LARGEST_CODE);
        expect(Math.abs(code - clipped)).toBeLessThanOrEqual(0.5 + 1e-9);
      }
    }),
  );
});

test("an outlier is cut off where that brings the others nearer", () => {
  const values = Float32Array.from({ length: 4000 }, (_, i) => (i === 7 ? 3 : Math.sin(i * i) * 2));
  const scale = columnScales(values, 1);
  expect(scale[0]).toBeLessThan(3 / LARGEST_CODE);
  const error = (by: Float32Array): number =>
    columnCodes(values, by).reduce((sum, code, i) => sum + (values[i]! - code * by[0]!) ** 2, 0);
  expect(error(scale)).toBeLessThan(error(Float32Array.of(3 / LARGEST_CODE)));
});

test("with carrying, the sums over neighbours are right to one code", () => {
  fc.assert(
    fc.property(matrix, ({ values, columns }) => {
      // The whole range fits, so that nothing is cut off and all of the rest is carried.
      const scales = new Float32Array(columns).fill(4 / (LARGEST_CODE - 1));
      const codes = columnCodes(values, scales, true);
      const sums = new Float64Array(columns);
      for (const [i, code] of codes.entries()) {
        const j = i % columns;
        sums[j]! += code - values[i]! / scales[j]!;
        expect(Math.abs(sums[j]!)).toBeLessThanOrEqual(0.5 + 1e-6);
      }
    }),
  );
});

test("rows of a table are right to half a code of their own scale", () => {
  fc.assert(
    fc.property(matrix, ({ values, columns }) => {
      const scales = rowScales(values, columns);
      for (const [i, code] of rowCodes(values, scales).entries()) {
        const scale = scales[Math.floor(i / columns)]!;
        expect(Math.abs(code)).toBeLessThanOrEqual(127);
        expect(Math.abs(values[i]! - code * scale)).toBeLessThanOrEqual(scale * (0.5 + 1e-5));
      }
    }),
  );
});

test("a column and a row of zeros stay zeros", () => {
  const zeros = new Float32Array(6);
  expect([...columnCodes(zeros, columnScales(zeros, 2))]).toEqual([0, 0, 0, 0, 0, 0]);
  expect([...rowScales(zeros, 3)]).toEqual([1, 1]);
});
