import fc from "fast-check";
import { expect, test } from "vitest";
import { LARGEST_ALONE, LARGEST_CODE, LARGEST_PAIR, nearest } from "../../src/graph/codes.js";
import * as kernels from "../../src/graph/quantise-rows.js";
import { columnCodes, columnScales, rowCodes, rowScales } from "../../src/graph/quantise-weights.js";

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
  expect(255 * LARGEST_PAIR).toBeLessThanOrEqual(0x7fff);
  expect(255 * (LARGEST_PAIR + 1)).toBeGreaterThan(0x7fff);
  expect(2 * LARGEST_ALONE).toBe(LARGEST_PAIR);
});

/** What a byte times each of two codes can be together, at most and at least. */
function reach(a: number, b: number): number {
  const sums = [0, 255 * a, 255 * b, 255 * (a + b)];
  return Math.max(...sums.map(Math.abs));
}

test("neighbours' codes fit together, and where they did anyhow each is the nearest that its scale has", () => {
  fc.assert(
    fc.property(matrix, fc.constantFrom(undefined, 1 / 300, 1 / 30), ({ values, columns }, scale) => {
      const scales =
        scale === undefined ? columnScales(values, columns) : columnScales(values, columns).fill(scale);
      for (const carry of [false, true]) {
        const codes = columnCodes(values, scales, carry);
        for (let at = 0; at < values.length; at++) {
          const [row, j] = [Math.floor(at / columns), at % columns];
          const other = row % 2 === 0 ? at + columns : at - columns;
          expect(Math.abs(codes[at]!)).toBeLessThanOrEqual(LARGEST_CODE);
          expect(reach(codes[at]!, codes[other] ?? 0)).toBeLessThanOrEqual(0x7fff);
          const [own, next] = [nearest(values[at]! / scales[j]!), nearest((values[other] ?? 0) / scales[j]!)];
          if (!carry && reach(own, next) <= 0x7fff)
            expect(Math.abs(codes[at]! - own)).toBeLessThanOrEqual(1e-9);
        }
      }
    }),
  );
});

test("numbers of one sign keep more than seven bits, two large ones beside each other keep seven", () => {
  const mixed = Float32Array.from({ length: 400 }, (_, i) => (i % 2 === 0 ? 1 : 0.007) * Math.cos(i));
  expect(Math.max(...columnCodes(mixed, columnScales(mixed, 1)))).toBe(LARGEST_CODE);
  const level = new Float32Array(400).fill(0.3);
  expect(new Set(columnCodes(level, columnScales(level, 1)))).toEqual(new Set([LARGEST_ALONE]));
});

test("a kernel's neighbours are channels 2i and 2i + 1 at one place", () => {
  fc.assert(
    fc.property(
      fc.record({ rows: fc.integer({ min: 1, max: 3 }), pairs: fc.integer({ min: 1, max: 3 }) }),
      fc.constantFrom(1, 4, 9),
      fc.infiniteStream(fc.integer({ min: -4000, max: 4000 })),
      ({ rows, pairs }, apart, stream) => {
        const length = 2 * pairs * apart;
        const values = Float32Array.from({ length: rows * length }, () => stream.next().value! / 1000);
        const bounds = { largest: LARGEST_CODE, apart };
        const scales = kernels.rowScales(values, rows, new Float64Array(rows), bounds);
        const codes = kernels.rowCodes(values, scales, bounds);
        for (let at = 0; at < codes.length; at++) {
          if (Math.floor((at % length) / apart) % 2 === 0)
            expect(reach(codes[at]!, codes[at + apart]!)).toBeLessThanOrEqual(0x7fff);
        }
      },
    ),
  );
});

test("an outlier is cut off where that brings the others nearer", () => {
  // Neighbours of unlike signs, so that only the outlier asks for another scale.
  const size = (i: number): number => (i === 7 ? 3 : Math.abs(Math.sin(i * i)) * 2);
  const values = Float32Array.from({ length: 40_000 }, (_, i) => (i % 2 === 0 ? size(i) : -size(i)));
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
      const scales = new Float32Array(columns).fill(4 / (LARGEST_ALONE - 1));
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
