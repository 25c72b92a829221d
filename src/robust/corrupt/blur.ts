import { at, bell, type Corrupt, type Light, mirror, smooth, trail, zoomed } from "./plane.js";

/** Settings as in noise.ts. */

/** A disk, its edge softened. */
export const defocusBlur: Corrupt = ({ values, size }, severity) => {
  const [radius, soft] = at<readonly [number, number]>(
    [
      [3, 0.1],
      [4, 0.5],
      [6, 0.5],
      [8, 0.5],
      [10, 0.5],
    ],
    severity,
  );
  const reach = Math.max(8, radius) + 2;
  const side = 2 * reach + 1;
  const disk = Float32Array.from({ length: side * side }, (_, i) => {
    const [y, x] = [Math.floor(i / side) - reach, (i % side) - reach];
    return y * y + x * x <= radius * radius ? 1 : 0;
  });
  const kernel = smooth(disk, side, 1, bell(soft, radius <= 8 ? 1 / soft : 2 / soft));
  const sum = kernel.reduce((all, weight) => all + weight, 0);
  const places = [...kernel.entries()].filter(([, weight]) => weight > 0);
  const inside = mirror(size, reach);
  const out = new Float32Array(values.length);
  for (const [i, weight] of places) {
    const [down, right] = [Math.floor(i / side), i % side];
    for (let y = 0; y < size; y++) {
      const row = inside[y + down]! * size;
      for (let x = 0; x < size; x++) {
        const [from, to] = [(row + inside[x + right]!) * 3, (y * size + x) * 3];
        for (let c = 0; c < 3; c++) out[to + c]! += (weight / sum) * values[from + c]!;
      }
    }
  }
  return { values: out, size };
};

/** Neighbours change places, between two softenings. */
export const glassBlur: Corrupt = ({ values, size }, severity, random) => {
  const [sigma, reach, rounds] = at<readonly [number, number, number]>(
    [
      [0.7, 1, 2],
      [0.9, 2, 1],
      [1, 2, 3],
      [1.1, 3, 2],
      [1.5, 4, 2],
    ],
    severity,
  );
  const soft = bell(sigma);
  const out = smooth(values, size, 3, soft);
  const step = (): number => Math.floor(random() * 2 * reach) - reach;
  for (let round = 0; round < rounds; round++) {
    for (let y = size - reach - 1; y >= reach; y--) {
      for (let x = size - reach - 1; x >= reach; x--) {
        const [a, b] = [(y * size + x) * 3, ((y + step()) * size + x + step()) * 3];
        for (let c = 0; c < 3; c++) [out[a + c], out[b + c]] = [out[b + c]!, out[a + c]!];
      }
    }
  }
  return { values: smooth(out, size, 3, soft), size };
};

/** A trail in a direction up to 45° from the horizontal. */
export const motionBlur: Corrupt = ({ values, size }, severity, random) => {
  const [radius, sigma] = at<readonly [number, number]>(
    [
      [10, 3],
      [15, 5],
      [15, 8],
      [15, 12],
      [20, 15],
    ],
    severity,
  );
  const angle = (random() - 0.5) * (Math.PI / 2);
  return { values: trail(values, size, 3, { radius, sigma, angle }), size };
};

/** The mean of the square and enlargements of it. */
export const zoomBlur: Corrupt = ({ values, size }, severity): Light => {
  const [most, step] = at<readonly [number, number]>(
    [
      [1.11, 0.01],
      [1.16, 0.01],
      [1.21, 0.02],
      [1.26, 0.02],
      [1.31, 0.03],
    ],
    severity,
  );
  const factors = Array.from({ length: Math.ceil((most - 1) / step - 1e-9) }, (_, i) => 1 + i * step);
  const sum = values.slice();
  for (const factor of factors) {
    const larger = zoomed(values, size, 3, factor);
    for (let i = 0; i < sum.length; i++) sum[i]! += larger[i]!;
  }
  return { values: sum.map((value) => value / (factors.length + 1)), size };
};
