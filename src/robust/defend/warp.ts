/** Where a row (or column) of a square comes from: two neighbours and how much each counts; nothing outside. */
interface Tap {
  readonly first: number;
  readonly second: number;
  readonly share: number;
}

/** A square, bilinear, made `side` large and laid at a place of a square as large as it was; what is left is filled. */
export interface Placement {
  readonly side: number;
  readonly top: number;
  readonly left: number;
}

/** What lies around a square that was made smaller: the mean colour of photographs. */
const AROUND = 120;

function taps(size: number, side: number, offset: number): (Tap | undefined)[] {
  return Array.from({ length: size }, (_, i) => {
    const place = i - offset;
    if (place < 0 || place >= side) return undefined;
    const from = Math.max(0, Math.min(size - 1, ((place + 0.5) * size) / side - 0.5));
    const first = Math.floor(from);
    return { first, second: Math.min(size - 1, first + 1), share: from - first };
  });
}

/** Goes over all pixels that come from somewhere, with the four that they come from and how much each counts. */
function each(
  size: number,
  { side, top, left }: Placement,
  use: (to: number, from: number, share: number) => void,
): void {
  const [rows, columns] = [taps(size, side, top), taps(size, side, left)];
  for (let y = 0; y < size; y++) {
    const row = rows[y];
    if (!row) continue;
    for (let x = 0; x < size; x++) {
      const column = columns[x];
      if (!column) continue;
      const to = (y * size + x) * 3;
      const across = (line: number, share: number): void => {
        use(to, (line * size + column.first) * 3, share * (1 - column.share));
        use(to, (line * size + column.second) * 3, share * column.share);
      };
      across(row.first, 1 - row.share);
      across(row.second, row.share);
    }
  }
}

/** Pixels f32 [size, size, 3] → the same placed anew. */
export function placed(pixels: Float32Array, size: number, placement: Placement): Float32Array {
  const out = new Float32Array(pixels.length);
  const filled = new Uint8Array(pixels.length / 3);
  each(size, placement, (to, from, share) => {
    filled[to / 3] = 1;
    for (let c = 0; c < 3; c++) out[to + c]! += share * pixels[from + c]!;
  });
  for (const [i, isFilled] of filled.entries()) if (!isFilled) out.fill(AROUND, 3 * i, 3 * i + 3);
  return out;
}

/** The gradient by the placed pixels → the gradient by those that they came from: the transpose of `placed`. */
export function placedBack(gradient: Float32Array, size: number, placement: Placement): Float32Array {
  const out = new Float32Array(gradient.length);
  each(size, placement, (to, from, share) => {
    for (let c = 0; c < 3; c++) out[from + c]! += share * gradient[to + c]!;
  });
  return out;
}
