import type { Constant } from "./constants.js";
import { columnCodes, columnScales, rowCodes, rowScales } from "./quantise-weights.js";
import type { Weight } from "./types.js";

/** How a matrix [rows, columns] becomes codes and scales. */
interface Coding {
  scales(values: Float32Array, columns: number): Float32Array;
  codes(values: Float32Array, scales: Float32Array): Int8Array;
  /** Sizes of the scales. */
  dims(rows: number, columns: number): readonly number[];
}

/** `columns` for products, `pixels` for products with rows of like neighbours, `rows` for tables that rows are read from. */
const CODINGS = {
  columns: {
    scales: columnScales,
    codes: (values, scales) => columnCodes(values, scales),
    dims: (_, n) => [n],
  },
  pixels: {
    scales: columnScales,
    codes: (values, scales) => columnCodes(values, scales, true),
    dims: (_, n) => [n],
  },
  rows: { scales: rowScales, codes: rowCodes, dims: (m) => [m, 1] },
} as const satisfies Record<string, Coding>;

export type CodingName = keyof typeof CODINGS;

/** A matrix as two weights; both are computed when they are read, and only the scales are remembered. */
export function quantisedWeight(
  name: string,
  matrix: Constant,
  coding: CodingName,
): readonly [Weight, Weight] {
  const { scales: scalesOf, codes: codesOf, dims: dimsOf }: Coding = CODINGS[coding];
  const [rows, columns] = matrix.dims as readonly [number, number];
  let kept: Float32Array | undefined;
  const codes: Weight = {
    name: `${name}.codes`,
    type: "i8",
    dims: [rows, columns],
    byteLength: rows * columns,
    read: () => {
      const values = matrix.values();
      kept ??= scalesOf(values, columns);
      return bytesOf(codesOf(values, kept));
    },
  };
  const dims = dimsOf(rows, columns);
  const scales: Weight = {
    name: `${name}.scales`,
    type: "f32",
    dims,
    byteLength: 4 * dims.reduce((a, b) => a * b, 1),
    read: () => {
      kept ??= scalesOf(matrix.values(), columns);
      return bytesOf(kept);
    },
  };
  return [codes, scales];
}

/** The bytes of numbers, not copied. */
export function bytesOf({ buffer, byteOffset, byteLength }: Float32Array | Int8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
