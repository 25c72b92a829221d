import type { Grey } from "./grey.js";

/** PointCLIP V2's own numbers: cells of a side and in depth, share of the side that a shape fills, and what is added to its depth. */
const CELLS = 112;
const DEPTH = 8;
const FILLED = 0.8;
const BIAS = 0.2;

/** Cells that the largest of is taken, from two before to four behind, and the picture's side after that. */
const BEFORE = 2;
const WINDOW = 7;
const SIDE = CELLS + 2 * BEFORE - WINDOW + 1;

/** Gaussian of three cells and σ = 3. */
const NEXT = Math.exp(-1 / 18);
const KERNEL = [NEXT, 1, NEXT].map((x) => x / (1 + 2 * NEXT)) as [number, number, number];

const SLICE = CELLS * CELLS;
const PAGE = SIDE * SIDE;

/** Points → f32 [DEPTH, CELLS, CELLS], each cell the nearness of its nearest point, 0 where there is none. */
function quantised(seen: Float32Array): Float32Array {
  const clipped = (cell: number): number => Math.min(CELLS - 2, Math.max(1, cell));
  const grid = new Float32Array(DEPTH * SLICE);
  for (let i = 0; i < seen.length; i += 3) {
    const column = clipped(Math.ceil(((seen[i]! * FILLED + 1) / 2) * CELLS));
    const row = clipped(Math.ceil(((1 - seen[i + 1]! * FILLED) / 2) * CELLS));
    const near = (((seen[i + 2]! + 1) / 2 + BIAS) / (1 + BIAS)) * (DEPTH - 2);
    const at = Math.ceil(near) * SLICE + row * CELLS + column;
    const value = Math.min(DEPTH - 2, Math.max(1, near));
    if (value > grid[at]!) grid[at] = value;
  }
  return grid;
}

/** One slice [CELLS, CELLS] → the largest of each window, [SIDE, SIDE]; false where the slice is empty. */
function densified(grid: Float32Array, slice: number, out: Float32Array): boolean {
  out.fill(0);
  let any = false;
  for (let row = 0; row < CELLS; row++) {
    for (let column = 0; column < CELLS; column++) {
      const value = grid[slice * SLICE + row * CELLS + column]!;
      if (value === 0) continue;
      any = true;
      const [top, bottom] = [Math.max(0, row - WINDOW + 1 + BEFORE), Math.min(SIDE - 1, row + BEFORE)];
      const [left, right] = [Math.max(0, column - WINDOW + 1 + BEFORE), Math.min(SIDE - 1, column + BEFORE)];
      for (let y = top; y <= bottom; y++)
        for (let at = y * SIDE + left; at <= y * SIDE + right; at++) if (value > out[at]!) out[at] = value;
    }
  }
  return any;
}

/** Smoothed along rows, then along columns; `most` keeps the largest of all slices. */
function smoothedInto(most: Float32Array, page: Float32Array, rows: Float32Array): void {
  const [before, own, after] = KERNEL;
  for (let at = 0; at < PAGE; at++) {
    const column = at % SIDE;
    const left = column > 0 ? page[at - 1]! : 0;
    const right = column < SIDE - 1 ? page[at + 1]! : 0;
    rows[at] = before * left + own * page[at]! + after * right;
  }
  for (let at = 0; at < PAGE; at++) {
    const above = at >= SIDE ? rows[at - SIDE]! : 0;
    const below = at < PAGE - SIDE ? rows[at + SIDE]! : 0;
    const value = before * above + own * rows[at]! + after * below;
    if (value > most[at]!) most[at] = value;
  }
}

/**
 * PointCLIP V2's projection (Zhu et al. 2023, arXiv 2211.11682, section 3.1): quantise, densify (the largest of a window), smooth (a Gaussian),
 * squeeze (the nearest along the depth). f32 [points, 3] along a camera's axes, −1..1 → dark where near, white where nothing is.
 */
export function realisticView(seen: Float32Array): Grey {
  const grid = quantised(seen);
  const [most, page, rows] = [new Float32Array(PAGE), new Float32Array(PAGE), new Float32Array(PAGE)];
  for (let slice = 0; slice < DEPTH; slice++)
    if (densified(grid, slice, page)) smoothedInto(most, page, rows);
  const largest = most.reduce((a, b) => Math.max(a, b), 0);
  return { side: SIDE, values: most.map((value) => 1 - value / largest) };
}
