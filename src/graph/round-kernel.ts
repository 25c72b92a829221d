import { LARGEST_PAIR } from "./codes.js";
import { type CodeBounds, neighbourOf, rowScales } from "./quantise-rows.js";

/** A kernel in whole numbers, and what its rounding would move the results by on average. */
export interface RoundedKernel {
  readonly codes: Int8Array;
  /** One an output channel. */
  readonly scales: Float32Array;
  /** Mean of (rounded − given) results; to be taken off the bias. */
  readonly shift: Float32Array;
}

/** What a convolution's kernel is multiplied by: patches of [channels of a group · h · w] numbers. */
export interface PatchMoments {
  /** Group after group. */
  readonly mean: Float64Array;
  /** Numbers in a block; blocks follow one another within a group's patch. The last of a group may be shorter. */
  readonly block: number;
  /** Covariance [size, size] of each block of each group. */
  readonly blocks: readonly Float64Array[];
}

export interface RoundOptions {
  readonly groups: number;
  /** What scales [rows] may not be under. */
  readonly least: Float64Array;
  readonly bounds: CodeBounds;
}

/** Added to the diagonal, as a share of its mean: directions that were not seen must not grow. */
const DAMPING = 0.01;

/**
 * Numbers [rows, ...] → codes whose results on such patches come nearest to the given kernel's in the sum of squares: what one
 * number's rounding adds is made up for by the numbers still to be rounded (Frantar et al., arXiv 2210.17323), and what is
 * left on average goes to the bias. Rows of a group share its patches.
 */
export function roundKernel(
  values: Float32Array,
  moments: PatchMoments,
  { groups, least, bounds }: RoundOptions,
): RoundedKernel {
  const rows = least.length;
  const length = values.length / rows;
  const perGroup = Math.ceil(length / moments.block);
  const scales = rowScales(values, rows, least, bounds);
  const codes = new Int8Array(values.length);
  for (let group = 0; group < groups; group++) {
    const [from, to] = [(group * rows) / groups, ((group + 1) * rows) / groups];
    for (let b = 0; b < perGroup; b++) {
      const solver = solverOf(moments.blocks[group * perGroup + b]!);
      for (let row = from; row < to; row++) {
        const [from, to] = [row * length, (row + 1) * length];
        const codesOfRow = codes.subarray(from, to);
        roundBlock(values.subarray(from, to), b * moments.block, scales[row]!, bounds, solver, codesOfRow);
      }
    }
  }
  const shift = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const first = Math.floor((row * groups) / rows) * length;
    let sum = 0;
    for (let i = 0; i < length; i++) {
      const at = row * length + i;
      sum += (codes[at]! * scales[row]! - values[at]!) * moments.mean[first + i]!;
    }
    shift[row] = sum;
  }
  return { codes, scales, shift };
}

interface Solver {
  /** Positions, those of the most variance last: they are rounded first. */
  readonly order: readonly number[];
  /** Lower triangle [size, size] L of the covariance in that order, L · Lᵀ. */
  readonly lower: Float64Array;
}

function solverOf(covariance: Float64Array): Solver {
  const size = Math.sqrt(covariance.length);
  const diagonal = Array.from({ length: size }, (_, i) => covariance[i * (size + 1)]!);
  const added = (DAMPING * diagonal.reduce((a, b) => a + b, 0)) / size || 1;
  const order = diagonal.map((_, i) => i).sort((a, b) => diagonal[a]! - diagonal[b]! || a - b);
  const lower = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = covariance[order[i]! * size + order[j]!]! + (i === j ? added : 0);
      for (let k = 0; k < j; k++) sum -= lower[i * size + k]! * lower[j * size + k]!;
      lower[i * size + j] = i === j ? Math.sqrt(Math.max(sum, added)) : sum / lower[j * (size + 1)]!;
    }
  }
  return { order, lower };
}

/** Rounds the numbers of a row from `first` on that the solver knows. */
function roundBlock(
  values: Float32Array,
  first: number,
  scale: number,
  { largest, apart }: CodeBounds,
  { order, lower }: Solver,
  codes: Int8Array,
): void {
  const size = order.length;
  /** What the numbers rounded so far have left, by position in the order. */
  const carried = new Float64Array(size);
  for (let i = size - 1; i >= 0; i--) {
    const at = first + order[i]!;
    const value = values[at]!;
    const wanted = value + carried[i]! / lower[i * (size + 1)]!;
    // A neighbour that is not rounded yet is 0 and leaves all the room.
    const neighbour = apart === undefined ? 0 : (codes[neighbourOf(at, apart)] ?? 0);
    const most = Math.min(largest, LARGEST_PAIR - Math.max(0, neighbour));
    const least = Math.max(-largest, -LARGEST_PAIR - Math.min(0, neighbour));
    const code = Math.max(least, Math.min(most, Math.round(wanted / scale)));
    codes[at] = code;
    const error = value - code * scale;
    for (let j = 0; j < i; j++) carried[j]! += lower[i * size + j]! * error;
  }
}
