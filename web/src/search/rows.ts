/** Sides of a picture, pixels. */
export interface Sides {
  readonly width: number;
  readonly height: number;
}

export interface Row {
  readonly top: number;
  readonly height: number;
  /** Position of its first picture, and how many it has. */
  readonly first: number;
  readonly count: number;
}

/** Where each picture stands: rows of one height, filled from edge to edge. */
export interface Layout {
  readonly rows: readonly Row[];
  /** [n], pixels. */
  readonly lefts: Float32Array;
  readonly widths: Float32Array;
  readonly height: number;
}

/** A panorama or a strip is cut, so that it does not rule its row. */
const [NARROWEST, WIDEST] = [0.5, 2.6];

export function ratioOf({ width, height }: Sides): number {
  return width > 0 && height > 0 ? Math.min(WIDEST, Math.max(NARROWEST, width / height)) : 1;
}

/** Pictures in order → rows about `target` high, `gap` apart; the last one is not stretched. O(n). */
export function justified(pictures: readonly Sides[], width: number, target: number, gap: number): Layout {
  const rows: Row[] = [];
  const [lefts, widths] = [new Float32Array(pictures.length), new Float32Array(pictures.length)];
  let [first, ratios, top] = [0, 0, 0];
  const close = (end: number, height: number): void => {
    let left = 0;
    for (let i = first; i < end; i++) {
      widths[i] = ratioOf(pictures[i]!) * height;
      lefts[i] = left;
      left += widths[i]! + gap;
    }
    rows.push({ top, height, first, count: end - first });
    top += height + gap;
    [first, ratios] = [end, 0];
  };
  for (const [i, picture] of pictures.entries()) {
    ratios += ratioOf(picture);
    const height = (width - gap * (i - first)) / ratios;
    if (height <= target) close(i + 1, Math.max(1, height));
  }
  if (first < pictures.length) {
    const full = (width - gap * (pictures.length - first - 1)) / ratios;
    close(pictures.length, Math.max(1, Math.min(target, full)));
  }
  return { rows, lefts, widths, height: Math.max(0, top - gap) };
}

/** Position of the row that a height falls into; rows stand in order. */
export function rowAt(rows: readonly Row[], y: number): number {
  let [low, high] = [0, rows.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (rows[middle]!.top <= y) low = middle;
    else high = middle - 1;
  }
  return Math.max(0, low);
}

export function rowOf(rows: readonly Row[], index: number): number {
  let [low, high] = [0, rows.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (rows[middle]!.first <= index) low = middle;
    else high = middle - 1;
  }
  return Math.max(0, low);
}

/** The picture of another row that is nearest to the middle of this one. */
function inRow({ rows, lefts, widths }: Layout, index: number, to: number): number {
  const row = rows[to];
  if (row === undefined) return index;
  const middle = lefts[index]! + widths[index]! / 2;
  let [best, nearest] = [row.first, Number.POSITIVE_INFINITY];
  for (let i = row.first; i < row.first + row.count; i++) {
    const distance = Math.abs(lefts[i]! + widths[i]! / 2 - middle);
    if (distance < nearest) [best, nearest] = [i, distance];
  }
  return best;
}

/** Where a key leads from a picture; undefined: it is no key of the grid. `screen`: its height, pixels. */
export function moved(layout: Layout, index: number, key: string, screen: number): number | undefined {
  const { rows, lefts } = layout;
  const row = rowOf(rows, index);
  const screenfuls = Math.max(1, Math.floor(screen / Math.max(1, rows[row]?.height ?? 1)) - 1);
  const below = (rows: number): number => inRow(layout, index, row + rows);
  const ways = new Map<string, () => number>([
    ["ArrowRight", () => index + 1],
    ["ArrowLeft", () => index - 1],
    ["ArrowDown", () => below(1)],
    ["ArrowUp", () => below(-1)],
    ["PageDown", () => below(Math.min(screenfuls, rows.length - 1 - row))],
    ["PageUp", () => below(-Math.min(screenfuls, row))],
    ["Home", () => 0],
    ["End", () => lefts.length - 1],
  ]);
  const to = ways.get(key)?.();
  return to === undefined ? undefined : Math.max(0, Math.min(lefts.length - 1, to));
}
