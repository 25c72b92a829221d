// What a plot knows of its points: their colours, where they lie, which are within a line.

/** Cells a side of the grid that the points lie in: what is under the pointer is looked for in a few of them. */
export const CELLS = 256;

// Neighbouring clusters in the list are far apart on the wheel.
const hue = (c) => (c * 137.508) % 360;

/** The colour of a cluster, as CSS has it. */
export function clusterColour(c) {
  return `hsl(${hue(c)} 68% ${52 - 10 * (Math.floor(c / 8) % 2)}%)`;
}

/** A CSS colour as the number that a pixel of it is (little-endian RGBA). */
export function pixelOf(css) {
  const one = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  one.fillStyle = css;
  one.fillRect(0, 0, 1, 1);
  return new Uint32Array(one.getImageData(0, 0, 1, 1).data.buffer)[0];
}

/** Rows that a line's edges are kept in: a point is held against those of its own row alone. */
const ROWS = 256;

/** A closed line → whether a place is within it, by the even-odd rule. */
export function within(path) {
  const ys = path.map(([, y]) => y);
  const top = Math.min(...ys);
  const scale = ROWS / (Math.max(...ys) - top || 1);
  const rowOf = (y) => Math.min(ROWS - 1, Math.floor((y - top) * scale));
  const rows = Array.from({ length: ROWS }, () => []);
  for (const [i, [ax, ay]] of path.entries()) {
    const [bx, by] = path.at(i - 1);
    const last = rowOf(Math.max(ay, by));
    for (let row = rowOf(Math.min(ay, by)); row <= last; row++) rows[row].push(ax, ay, bx, by);
  }
  return (x, y) => {
    const edges = y < top ? [] : (rows[Math.floor((y - top) * scale)] ?? []);
    let is = false;
    for (let e = 0; e < edges.length; e += 4) {
      const [ay, by] = [edges[e + 1], edges[e + 3]];
      if (ay > y === by > y) continue;
      const [ax, bx] = [edges[e], edges[e + 2]];
      if (x < ((bx - ax) * (y - ay)) / (by - ay) + ax) is = !is;
    }
    return is;
  };
}

/** Positions by the cell they lie in, as starts and a list. */
export function gridOf(X, Y) {
  const starts = new Uint32Array(CELLS * CELLS + 1);
  const cellOf = (i) => (Y[i] >> 8) * CELLS + (X[i] >> 8);
  for (let i = 0; i < X.length; i++) starts[cellOf(i) + 1]++;
  for (let c = 0; c < CELLS * CELLS; c++) starts[c + 1] += starts[c];
  const inCells = new Uint32Array(X.length);
  const filled = starts.slice();
  for (let i = 0; i < X.length; i++) inCells[filled[cellOf(i)]++] = i;
  return { starts, inCells };
}
