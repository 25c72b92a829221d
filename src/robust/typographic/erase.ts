/** Blocks of this many pixels are looked at together. */
const BLOCK = 6;

/** A step between neighbours of this much light, of 255, is an edge: ink on paper has one, most of a photo has none. */
const EDGE = 70;

/** A block is written on where so many of its pairs of neighbours are edges, and both directions have some. */
const SHARE = 0.14;

/** A patch of blocks is writing where it is at least so many blocks and wider than high: a line of letters. */
const LEAST_BLOCKS = 3;

/** Paper around the letters that goes with them, pixels. */
const PAPER = 5;

/** Small letters and large ones: the picture is looked at as it is, and half as large. */
const SCALES = [1, 2];

/** Light 0..255 of a square. */
interface Grey {
  readonly values: Float32Array;
  readonly size: number;
}

/**
 * A square u8 [size, size, 3] → the same with what looks like a line of letters painted over with the colours around it: many hard
 * edges close together. It reads no letter and needs no model; what else has such edges (grids, stripes) is painted over, too.
 */
export function erased(square: Uint8Array): Uint8Array {
  const size = Math.sqrt(square.length / 3);
  const hidden = new Uint8Array(size * size);
  const grey = greyOf(square, size);
  for (const scale of SCALES) {
    for (const { top, left, bottom, right } of linesOf(shrunk(grey, scale))) {
      for (let y = Math.max(0, top * scale); y < Math.min(size, bottom * scale); y++)
        hidden.fill(1, y * size + Math.max(0, left * scale), y * size + Math.min(size, right * scale));
    }
  }
  return painted(square, size, (y, x) => hidden[y * size + x] === 1);
}

function greyOf(square: Uint8Array, size: number): Grey {
  const values = Float32Array.from(
    { length: size * size },
    (_, i) => 0.3 * square[3 * i]! + 0.59 * square[3 * i + 1]! + 0.11 * square[3 * i + 2]!,
  );
  return { values, size };
}

/** Means of squares of pixels; what is left at the edge is left out. */
function shrunk({ values, size }: Grey, scale: number): Grey {
  if (scale === 1) return { values, size };
  const few = Math.floor(size / scale);
  const means = new Float32Array(few * few);
  for (let y = 0; y < few * scale; y++)
    for (let x = 0; x < few * scale; x++)
      means[Math.floor(y / scale) * few + Math.floor(x / scale)]! += values[y * size + x]! / scale ** 2;
  return { values: means, size: few };
}

interface Box {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
}

/** Boxes, in pixels, around what looks like lines of letters, the paper around them included. */
function linesOf(grey: Grey): Box[] {
  const across = Math.ceil(grey.size / BLOCK);
  const marked = Uint8Array.from({ length: across * across }, (_, at) =>
    Number(isWritten(grey, Math.floor(at / across), at % across)),
  );
  return patchesOf(marked, across).flatMap((patch) => {
    const rows = patch.map((at) => Math.floor(at / across));
    const columns = patch.map((at) => at % across);
    const [top, bottom] = [Math.min(...rows), Math.max(...rows) + 1];
    const [left, right] = [Math.min(...columns), Math.max(...columns) + 1];
    if (patch.length < LEAST_BLOCKS || right - left <= bottom - top) return [];
    return [
      {
        top: top * BLOCK - PAPER,
        left: left * BLOCK - PAPER,
        bottom: bottom * BLOCK + PAPER,
        right: right * BLOCK + PAPER,
      },
    ];
  });
}

function isWritten({ values, size }: Grey, row: number, column: number): boolean {
  let [down, right, pairs] = [0, 0, 0];
  for (let y = row * BLOCK; y < Math.min(size - 1, (row + 1) * BLOCK); y++) {
    for (let x = column * BLOCK; x < Math.min(size - 1, (column + 1) * BLOCK); x++) {
      const own = values[y * size + x]!;
      if (Math.abs(own - values[y * size + x + 1]!) > EDGE) right += 1;
      if (Math.abs(own - values[(y + 1) * size + x]!) > EDGE) down += 1;
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
