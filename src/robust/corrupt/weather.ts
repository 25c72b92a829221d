import { at, bell, type Corrupt, type Light, mapped, normal, smooth, trail, zoomed } from "./plane.js";

/** Settings as in noise.ts. */

/** Flakes that fall, on a picture that is paler. */
export const snow: Corrupt = ({ values, size }, severity, random) => {
  const [mean, deviation, zoom, floor, radius, sigma, kept] = at<
    readonly [number, number, number, number, number, number, number]
  >(
    [
      [0.1, 0.3, 3, 0.5, 10, 4, 0.8],
      [0.2, 0.3, 2, 0.5, 12, 4, 0.7],
      [0.55, 0.3, 4, 0.9, 12, 8, 0.7],
      [0.55, 0.3, 4.5, 0.85, 12, 8, 0.65],
      [0.55, 0.3, 2.5, 0.85, 12, 12, 0.55],
    ],
    severity,
  );
  const noise = Float32Array.from({ length: size * size }, () => mean + deviation * normal(random));
  const flakes = zoomed(noise, size, 1, zoom).map((value) => (value < floor ? 0 : Math.min(1, value)));
  const angle = ((-135 + 90 * random()) * Math.PI) / 180;
  const layer = trail(flakes, size, 1, { radius, sigma, angle });
  return mapped({ values, size }, (value, i) => {
    const pixel = Math.floor(i / 3);
    const grey = 0.299 * values[3 * pixel]! + 0.587 * values[3 * pixel + 1]! + 0.114 * values[3 * pixel + 2]!;
    const pale = kept * value + (1 - kept) * Math.max(value, grey * 1.5 + 0.5);
    return pale + layer[pixel]! + layer[size * size - 1 - pixel]!;
  });
};

/**
 * Frost over the picture. The published form lays five photographs of frosted glass over it; here the frost is drawn: needles that
 * grow from random places, softened, in the published shares.
 */
export const frost: Corrupt = ({ values, size }, severity, random) => {
  const [kept, share] = at<readonly [number, number]>(
    [
      [1, 0.4],
      [0.8, 0.6],
      [0.7, 0.7],
      [0.65, 0.7],
      [0.6, 0.75],
    ],
    severity,
  );
  const ice = needles(size, random);
  // Ice is a little blue.
  const tint = [0.82, 0.92, 1];
  return mapped(
    { values, size },
    (value, i) => kept * value + share * ice[Math.floor(i / 3)]! * tint[i % 3]!,
  );
};

/** Needles of ice, 0..1, f32 [size, size]. */
function needles(size: number, random: () => number): Float32Array {
  const ice = new Float32Array(size * size);
  const count = Math.ceil(size / 2);
  for (let i = 0; i < count; i++) {
    let [y, x, angle] = [random() * size, random() * size, random() * 2 * Math.PI];
    const length = size * (0.1 + 0.4 * random());
    for (let step = 0; step < length; step++) {
      angle += 0.15 * (random() - 0.5);
      [y, x] = [y + Math.sin(angle), x + Math.cos(angle)];
      if (y < 0 || x < 0 || y >= size || x >= size) break;
      ice[Math.floor(y) * size + Math.floor(x)]! += 1 - (0.7 * step) / length;
    }
  }
  const cloud = plasma(size, 1.8, random);
  const soft = smooth(ice, size, 1, bell(1));
  return soft.map((value, i) => Math.min(1, 1.6 * value + 0.55 * cloud[i]!));
}

/** A cloud over the picture, which then gets its old brightness back. */
export const fog: Corrupt = (light, severity, random) => {
  const [thickness, decay] = at<readonly [number, number]>(
    [
      [1.5, 2],
      [2, 2],
      [2.5, 1.7],
      [2.5, 1.5],
      [3, 1.4],
    ],
    severity,
  );
  const most = light.values.reduce((a, b) => Math.max(a, b), 0);
  const cloud = plasma(light.size, decay, random);
  return mapped(
    light,
    (value, i) => ((value + thickness * cloud[Math.floor(i / 3)]!) * most) / (most + thickness),
  );
};

/** A fractal cloud by diamonds and squares, 0..1, f32 [size, size]; its roughness falls by `decay` from scale to scale. */
function plasma(size: number, decay: number, random: () => number): Float32Array {
  const side = 2 ** Math.ceil(Math.log2(Math.max(2, size)));
  const map = new Float32Array(side * side);
  const value = (y: number, x: number): number => map[((y + side) % side) * side + ((x + side) % side)]!;
  let wobble = 100;
  const set = (y: number, x: number, corners: readonly number[]): void => {
    const mean = corners.reduce((a, b) => a + b, 0) / corners.length;
    map[y * side + x] = mean + wobble * (2 * random() - 1);
  };
  for (let step = side; step >= 2; step /= 2) {
    const half = step / 2;
    for (let y = 0; y < side; y += step)
      for (let x = 0; x < side; x += step)
        set(y + half, x + half, [
          value(y, x),
          value(y + step, x),
          value(y, x + step),
          value(y + step, x + step),
        ]);
    for (let y = 0; y < side; y += half)
      for (let x = (y + half) % step; x < side; x += step)
        set(y, x, [value(y - half, x), value(y + half, x), value(y, x - half), value(y, x + half)]);
    wobble /= decay;
  }
  const [least, most] = map.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)] as const, [
    Infinity,
    -Infinity,
  ] as const);
  return Float32Array.from({ length: size * size }, (_, i) => {
    const own = map[Math.floor(i / size) * side + (i % size)]!;
    return (own - least) / Math.max(1e-12, most - least);
  });
}

/** More light: the value of HSV is raised, and hue and saturation stay. */
export const brightness: Corrupt = ({ values, size }, severity): Light => {
  const more = at([0.1, 0.2, 0.3, 0.4, 0.5], severity);
  const out = new Float32Array(values.length);
  for (let i = 0; i < values.length; i += 3) {
    const value = Math.max(values[i]!, values[i + 1]!, values[i + 2]!);
    const wanted = Math.min(1, value + more);
    for (let c = 0; c < 3; c++) out[i + c] = value > 0 ? (values[i + c]! * wanted) / value : wanted;
  }
  return { values: out, size };
};
