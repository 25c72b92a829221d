import { expect, test } from "vitest";
import { LARGEST_ALONE, LARGEST_CODE, LARGEST_PAIR } from "../../src/graph/codes.js";
import { neighbourOf, rowCodes, rowScales } from "../../src/graph/quantise-rows.js";
import { type PatchMoments, type RoundOptions, roundKernel } from "../../src/graph/round-kernel.js";
import { seeded } from "../../src/math/random.js";

const DAMPING = 0.01;

/** The same one row and one number at a time, as the paper has it. */
function plainly(
  values: Float32Array,
  { block, blocks }: PatchMoments,
  scales: Float32Array,
  { groups, bounds }: RoundOptions,
): Int8Array {
  const rows = scales.length;
  const length = values.length / rows;
  const codes = new Int8Array(values.length);
  for (let row = 0; row < rows; row++) {
    const group = Math.floor((row * groups) / rows);
    const perGroup = Math.ceil(length / block);
    for (let b = 0; b < perGroup; b++) {
      const covariance = blocks[group * perGroup + b]!;
      const size = Math.sqrt(covariance.length);
      const diagonal = Array.from({ length: size }, (_, i) => covariance[i * (size + 1)]!);
      const added = (DAMPING * diagonal.reduce((x, y) => x + y, 0)) / size || 1;
      const order = diagonal.map((_, i) => i).sort((x, y) => diagonal[x]! - diagonal[y]! || x - y);
      const lower = cholesky(covariance, order, added);
      const carried = new Float64Array(size);
      for (let i = size - 1; i >= 0; i--) {
        const at = b * block + order[i]!;
        const value = values[row * length + at]!;
        const wanted = value + carried[i]! / lower[i]![i]!;
        const j = neighbourOf(at, bounds.apart);
        const beside = j === at || j >= length ? 0 : codes[row * length + j]!;
        const most = Math.min(bounds.largest, LARGEST_PAIR - Math.max(0, beside));
        const least = Math.max(-bounds.largest, -LARGEST_PAIR - Math.min(0, beside));
        const code = Math.max(least, Math.min(most, Math.round(wanted / scales[row]!)));
        codes[row * length + at] = code;
        for (let k = 0; k < i; k++) carried[k]! += lower[i]![k]! * (value - code * scales[row]!);
      }
    }
  }
  return codes;
}

function cholesky(covariance: Float64Array, order: readonly number[], added: number): Float64Array[] {
  const size = order.length;
  const lower = order.map(() => new Float64Array(size));
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = covariance[order[i]! * size + order[j]!]! + (i === j ? added : 0);
      for (let k = 0; k < j; k++) sum -= lower[i]![k]! * lower[j]![k]!;
      lower[i]![j] = i === j ? Math.sqrt(Math.max(sum, added)) : sum / lower[j]![j]!;
    }
  }
  return lower;
}

/** Covariances of few patches: of less than full rank, as those of alike pictures are. */
function momentsOf(length: number, block: number, groups: number, random: () => number): PatchMoments {
  const blocks: Float64Array[] = [];
  for (let group = 0; group < groups; group++) {
    for (let at = 0; at < length; at += block) {
      const size = Math.min(block, length - at);
      const patches = Array.from({ length: 5 }, () => Float64Array.from({ length: size }, random));
      const of = (i: number, j: number): number => patches.reduce((sum, p) => sum + p[i]! * p[j]!, 0);
      blocks.push(Float64Array.from({ length: size * size }, (_, i) => of(Math.floor(i / size), i % size)));
    }
  }
  return { block, blocks, mean: Float64Array.from({ length: length * groups }, random) };
}

test.each([
  ["pairs beside one another", 9, 32, 16, 1, { largest: LARGEST_CODE, apart: 1 }],
  ["pairs of a 3 × 3 kernel", 7, 54, 20, 1, { largest: LARGEST_CODE, apart: 9 }],
  ["an odd number of channels", 3, 27, 27, 1, { largest: LARGEST_ALONE }],
  ["a kernel a channel", 6, 9, 9, 6, { largest: LARGEST_CODE }],
  ["groups, the last block shorter", 8, 22, 16, 2, { largest: LARGEST_CODE, apart: 1 }],
  ["a last number without a neighbour", 5, 15, 15, 1, { largest: LARGEST_CODE, apart: 3 }],
] as const)("rows that are rounded together have the codes of each alone: %s", (...row) => {
  const [, rows, length, block, groups, bounds] = row;
  const random = seeded(rows * length);
  const numbers = (): number => random() + random() - 1;
  const values = Float32Array.from({ length: rows * length }, () => numbers() * (random() < 0.1 ? 6 : 1));
  const moments = momentsOf(length, block, groups, numbers);
  const options = { groups, least: new Float64Array(rows), bounds };
  const { codes, scales } = roundKernel(values, moments, options);
  expect(codes).toEqual(plainly(values, moments, scales, options));
  expect(codes).not.toEqual(rowCodes(values, rowScales(values, rows, options.least, bounds), bounds));
  expect(Math.max(...codes.map(Math.abs))).toBeGreaterThan(LARGEST_ALONE / 2);
});
