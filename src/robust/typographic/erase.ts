/** Blocks of this many pixels are looked at together. */
const BLOCK = 6;

/** A step between neighbours of this much light, of 255, is an edge: ink on paper has one, most of a photo has none. */
const EDGE = 90;

/** A block is written on where so many of its pairs of neighbours are edges, and both directions have some. */
const SHARE = 0.16;

/** A patch of blocks is writing where it is at least so many blocks and wider than high: a line of letters. */
const LEAST_BLOCKS = 4;

/**
 * A square u8 [size, size, 3] → the same with what looks like a line of letters painted over with the colours around it: many hard
 * edges close together. It reads no letter and needs no model; what else has such edges (grids, stripes) is painted over, too.
 */
export function erased(square: Uint8Array): Uint8Array {
  const size = Math.sqrt(square.length / 3);
  const across = Math.ceil(size / BLOCK);
  const marked = new Uint8Array(across * across);
  for (let y = 0; y < across; y++)
    for (let x = 0; x < across; x++) marked[y * across + x] = isWritten(square, size, y, x) ? 1 : 0;
  const hidden = new Uint8Array(across * across);
  for (const patch of patchesOf(marked, across)) {
    const rows = patch.map((at) => Math.floor(at / across));
    const columns = patch.map((at) => at % across);
    const [high, wide] = [rows, columns].map((list) => Math.max(...list) - Math.min(...list) + 1) as [
      number,
      number,
    ];
    if (patch.length < LEAST_BLOCKS || wide <= high) continue;
    // The paper around the letters goes with them.
    for (let y = Math.min(...rows) - 1; y <= Math.max(...rows) + 1; y++)
      for (let x = Math.min(...columns) - 1; x <= Math.max(...columns) + 1; x++)
        if (y >= 0 && x >= 0 && y < across && x < across) hidden[y * across + x] = 1;
  }
  return painted(
    square,
    size,
    (y, x) => hidden[Math.floor(y / BLOCK) * across + Math.floor(x / BLOCK)] === 1,
  );
}

/** Light of a pixel, 0..255. */
function grey(square: Uint8Array, at: number): number {
  return (square[3 * at]! * 77 + square[3 * at + 1]! * 150 + square[3 * at + 2]! * 29) >> 8;
}

function isWritten(square: Uint8Array, size: number, row: number, column: number): boolean {
  let [down, right, pairs] = [0, 0, 0];
  for (let y = row * BLOCK; y < Math.min(size - 1, (row + 1) * BLOCK); y++) {
    for (let x = column * BLOCK; x < Math.min(size - 1, (column + 1) * BLOCK); x++) {
      const own = grey(square, y * size + x);
      if (Math.abs(own - grey(square, y * size + x + 1)) > EDGE) right += 1;
      if (Math.abs(own - grey(square, (y + 1) * size + x)) > EDGE) down += 1;
      pairs += 1;
    }
  }
  return pairs > 0 && down > 0 && right > 0 && (down + right) / pairs > SHARE;
}

/** Marked blocks that touch each other, corners and gaps of one block included. */
function patchesOf(marked: Uint8Array, across: number): number[][] {
  const seen = marked.map((mark) => 1 - mark);
  const patches: number[][] = [];
  for (let start = 0; start < seen.length; start++) {
    if (seen[start]) continue;
    const patch = [start];
    seen[start] = 1;
    for (const at of patch) {
      const [y, x] = [Math.floor(at / across), at % across];
      for (let dy = -1; dy <= 1; dy++) {
        for (let dx = -2; dx <= 2; dx++) {
          const [row, column] = [y + dy, x + dx];
          if (row < 0 || column < 0 || row >= across || column >= across || seen[row * across + column])
            continue;
          seen[row * across + column] = 1;
          patch.push(row * across + column);
        }
      }
    }
    patches.push(patch);
  }
  return patches;
}

/** Hidden pixels as what is next to them along their row and column, the nearer the more. */
function painted(square: Uint8Array, size: number, isHidden: (y: number, x: number) => boolean): Uint8Array {
  const out = square.slice();
  const steps = [
    [0, 1],
    [0, -1],
    [1, 0],
    [-1, 0],
  ] as const;
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      if (!isHidden(y, x)) continue;
      let weights = 0;
      const sums = [0, 0, 0];
      for (const [dy, dx] of steps) {
        let [row, column, far] = [y, x, 0];
        while (row >= 0 && column >= 0 && row < size && column < size && isHidden(row, column)) {
          row += dy;
          column += dx;
          far += 1;
        }
        if (row < 0 || column < 0 || row >= size || column >= size) continue;
        weights += 1 / far;
        for (let c = 0; c < 3; c++) sums[c]! += square[(row * size + column) * 3 + c]! / far;
      }
      if (weights > 0)
        for (let c = 0; c < 3; c++) out[(y * size + x) * 3 + c] = Math.round(sums[c]! / weights);
    }
  }
  return out;
}
