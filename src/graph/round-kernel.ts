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
  const carried = new Float64Array(AT_ONCE * moments.block);
  for (let group = 0; group < groups; group++) {
    const [from, to] = [(group * rows) / groups, ((group + 1) * rows) / groups];
    for (let b = 0; b < perGroup; b++) {
      const solver = solverOf(moments.blocks[group * perGroup + b]!);
      for (let row = from; row < to; row += AT_ONCE) {
        const rows = Math.min(AT_ONCE, to - row);
        const [start, end] = [row * length, (row + rows) * length];
        const lines: Lines = {
          values: values.subarray(start, end),
          codes: codes.subarray(start, end),
          scales: scales.subarray(row, row + rows),
          carried: carried.fill(0),
          length,
        };
        roundBlock(lines, b * moments.block, bounds, solver);
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
    for (let j = 0; j <= i; j++) lower[i * size + j] = covariance[order[i]! * size + order[j]!]!;
    lower[i * (size + 1)]! += added;
  }
  // Column by column: each is taken off all later ones, in loops whose turns do not wait for one another.
  const column = new Float64Array(size);
  for (let k = 0; k < size; k++) {
    const pivot = Math.sqrt(Math.max(lower[k * (size + 1)]!, added));
    lower[k * (size + 1)] = pivot;
    for (let i = k + 1; i < size; i++) {
      column[i] = lower[i * size + k]! / pivot;
      lower[i * size + k] = column[i]!;
    }
    for (let i = k + 1; i < size; i++) {
      const factor = column[i]!;
      const row = i * size;
      for (let j = k + 1; j <= i; j++) lower[row + j]! -= factor * column[j]!;
    }
  }
  return { order, lower };
}

/** Rows that are rounded together, so that the solver's numbers are read once for them all. */
const AT_ONCE = 4;

/** At most `AT_ONCE` rows [rows, length]. */
interface Lines {
  readonly values: Float32Array;
  readonly codes: Int8Array;
  /** [rows] */
  readonly scales: Float32Array;
  /** [position in the order, AT_ONCE]: what the numbers rounded so far have left. */
  readonly carried: Float64Array;
  readonly length: number;
}

/** Rounds the numbers of rows from `first` on that the solver knows. */
function roundBlock(lines: Lines, first: number, bounds: CodeBounds, solver: Solver): void {
  const { scales, carried } = lines;
  const { order, lower } = solver;
  const size = order.length;
  const errors = new Float64Array(AT_ONCE);
  for (let i = size - 1; i >= 0; i--) {
    const row = i * size;
    const pivot = lower[row + i]!;
    for (let line = 0; line < scales.length; line++) {
      const wanted = carried[i * AT_ONCE + line]! / pivot;
      errors[line] = roundNumber(lines, line, first + order[i]!, wanted, bounds);
    }
    const [a, b, c, d] = [errors[0]!, errors[1]!, errors[2]!, errors[3]!];
    for (let j = 0, at = 0; j < i; j++, at += AT_ONCE) {
      const factor = lower[row + j]!;
      carried[at]! += factor * a;
      carried[at + 1]! += factor * b;
      carried[at + 2]! += factor * c;
      carried[at + 3]! += factor * d;
    }
  }
}

/** Gives number `i` of a line its code, with room for its neighbour's → what that leaves. `carried` is added to the number. */
function roundNumber(
  { values, codes, scales, length }: Lines,
  line: number,
  i: number,
  carried: number,
  { largest, apart }: CodeBounds,
): number {
  const at = line * length + i;
  const [value, scale] = [values[at]!, scales[line]!];
  // A neighbour that is not rounded yet is 0 and leaves all the room; the last of an odd number has none.
  const j = neighbourOf(i, apart);
  const neighbour = j === i || j >= length ? 0 : codes[line * length + j]!;
  const most = Math.min(largest, LARGEST_PAIR - Math.max(0, neighbour));
  const least = Math.max(-largest, -LARGEST_PAIR - Math.min(0, neighbour));
  const code = Math.max(least, Math.min(most, Math.round((value + carried) / scale)));
  codes[at] = code;
  return value - code * scale;
}
