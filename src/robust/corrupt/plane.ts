/** Shares of light 0..1 of a square, f32 [size, size, 3]; some values may be beyond while a picture is made. */
export interface Light {
  readonly values: Float32Array;
  readonly size: number;
}

/** What is done to a square at a severity from 1 to 5; `random` is seeded. */
export type Corrupt = (light: Light, severity: Severity, random: () => number) => Light | Promise<Light>;

export type Severity = 1 | 2 | 3 | 4 | 5;

/** The setting of a severity. */
export function at<T>(settings: readonly [T, T, T, T, T], severity: Severity): T {
  return settings[severity - 1]!;
}

/** A normal deviate by Box and Muller. */
export function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Every value by itself. */
export function mapped({ values, size }: Light, change: (value: number, i: number) => number): Light {
  return { values: Float32Array.from(values, change), size };
}

/** A place mirrored back into 0..size − 1, the edge twice (numpy's `symmetric`, scipy's `reflect`). */
function mirrored(place: number, size: number): number {
  const period = 2 * size;
  const inside = ((place % period) + period) % period;
  return inside < size ? inside : period - 1 - inside;
}

/** Where places from −reach to size − 1 + reach lie, mirrored: looked up instead of computed for each pixel. */
export function mirror(size: number, reach: number): Int32Array {
  return Int32Array.from({ length: size + 2 * reach }, (_, i) => mirrored(i - reach, size));
}

/** Weights of a bell curve, cut off after `reach` deviations. */
export function bell(sigma: number, reach = 4): Float32Array {
  const radius = Math.max(0, Math.trunc(reach * sigma + 0.5));
  const weights = Float32Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-((i - radius) ** 2) / (2 * sigma ** 2)),
  );
  const sum = weights.reduce((all, weight) => all + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** Weighted sums along both directions of values f32 [size, size, channels]. */
export function smooth(
  values: Float32Array,
  size: number,
  channels: number,
  weights: Float32Array,
): Float32Array {
  const inside = mirror(size, (weights.length - 1) / 2);
  const along = (from: Float32Array, step: number, other: number): Float32Array => {
    const to = new Float32Array(from.length);
    for (let line = 0; line < size; line++) {
      for (let place = 0; place < size; place++) {
        for (let k = 0; k < weights.length; k++) {
          const source = (line * other + inside[place + k]! * step) * channels;
          const target = (line * other + place * step) * channels;
          for (let c = 0; c < channels; c++) to[target + c]! += weights[k]! * from[source + c]!;
        }
      }
    }
    return to;
  };
  return along(along(values, 1, size), size, 1);
}

/** The value between pixels, mirrored beyond the edges, of values f32 [size, size, channels]. */
export function between(
  values: Float32Array,
  size: number,
  channels: number,
  y: number,
  x: number,
  c: number,
): number {
  const [top, left] = [Math.floor(y), Math.floor(x)];
  const [down, right] = [y - top, x - left];
  const value = (row: number, column: number): number =>
    values[(mirrored(row, size) * size + mirrored(column, size)) * channels + c]!;
  const upper = value(top, left) * (1 - right) + value(top, left + 1) * right;
  const lower = value(top + 1, left) * (1 - right) + value(top + 1, left + 1) * right;
  return upper * (1 - down) + lower * down;
}

/** Every pixel from another place: `from` says where. */
export function moved(
  values: Float32Array,
  size: number,
  channels: number,
  from: (y: number, x: number) => readonly [y: number, x: number],
): Float32Array {
  const to = new Float32Array(values.length);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const [row, column] = from(y, x);
      for (let c = 0; c < channels; c++)
        to[(y * size + x) * channels + c] = between(values, size, channels, row, column, c);
    }
  }
  return to;
}

/** The middle of a square, enlarged by a factor of at least 1. */
export function zoomed(values: Float32Array, size: number, channels: number, factor: number): Float32Array {
  const middle = (size - 1) / 2;
  return moved(values, size, channels, (y, x) => [
    middle + (y - middle) / factor,
    middle + (x - middle) / factor,
  ]);
}

/** A trail along a direction (radians): the nearest places count most, as a camera's that slows down. */
export function trail(
  values: Float32Array,
  size: number,
  channels: number,
  { radius, sigma, angle }: { readonly radius: number; readonly sigma: number; readonly angle: number },
): Float32Array {
  const weights = Float32Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-(i ** 2) / (2 * sigma ** 2)),
  );
  const sum = weights.reduce((all, weight) => all + weight, 0);
  const to = new Float32Array(values.length);
  const edge = (place: number): number => Math.max(0, Math.min(size - 1, place));
  for (const [k, weight] of weights.entries()) {
    const [down, right] = [Math.round(k * Math.sin(angle)), Math.round(k * Math.cos(angle))];
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) {
        const source = (edge(y + down) * size + edge(x + right)) * channels;
        for (let c = 0; c < channels; c++)
          to[(y * size + x) * channels + c]! += (weight / sum) * values[source + c]!;
      }
    }
  }
  return to;
}
