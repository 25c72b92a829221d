import { throughJpeg } from "../../image/recode.js";
import { at, bell, type Corrupt, type Light, mapped, moved, smooth } from "./plane.js";

/** Settings as in noise.ts. */

/** Every colour nearer to its mean. */
export const contrast: Corrupt = (light, severity) => {
  const kept = at([0.4, 0.3, 0.2, 0.1, 0.05], severity);
  const means = [0, 1, 2].map((c) => {
    let sum = 0;
    for (let i = c; i < light.values.length; i += 3) sum += light.values[i]!;
    return (3 * sum) / light.values.length;
  });
  return mapped(light, (value, i) => (value - means[i % 3]!) * kept + means[i % 3]!);
};

/** Pixels pushed about by a smooth field, after three points near the middle were moved. */
export const elasticTransform: Corrupt = ({ values, size }, severity, random): Light => {
  // As published, shares of 244 (not 224) pixels.
  const [strength, sigma, push] = at<readonly [number, number, number]>(
    [
      [244 * 2, 244 * 0.7, 244 * 0.1],
      [244 * 2, 244 * 0.08, 244 * 0.2],
      [244 * 0.05, 244 * 0.01, 244 * 0.02],
      [244 * 0.07, 244 * 0.01, 244 * 0.02],
      [244 * 0.12, 244 * 0.01, 244 * 0.02],
    ],
    severity,
  );
  const [middle, third] = [size / 2, Math.floor(size / 3)];
  const places = [
    [middle + third, middle + third],
    [middle + third, middle - third],
    [middle - third, middle - third],
  ] as const;
  const back = affine(
    places.map((place) => place.map((at) => at + push * (2 * random() - 1))),
    places,
  );
  const turned = moved(values, size, 3, (y, x) => back(y, x));
  const field = (): Float32Array => {
    const chance = Float32Array.from({ length: size * size }, () => 2 * random() - 1);
    // A bell wider than the square is cut where the square has been gone over twice.
    return smooth(chance, size, 1, bell(sigma, Math.min(3, (2 * size) / sigma))).map(
      (value) => value * strength,
    );
  };
  const [down, right] = [field(), field()];
  const pushed = moved(turned, size, 3, (y, x) => [y + down[y * size + x]!, x + right[y * size + x]!]);
  return { values: pushed, size };
};

/** The map that takes three points (y, x) to three others. */
function affine(
  from: readonly (readonly number[])[],
  to: readonly (readonly number[])[],
): (y: number, x: number) => readonly [number, number] {
  const [[y0, x0], [y1, x1], [y2, x2]] = from as [[number, number], [number, number], [number, number]];
  const area = (y1 - y0) * (x2 - x0) - (y2 - y0) * (x1 - x0);
  // Three points on a line say nothing of the rest.
  if (Math.abs(area) < 1e-6) return (y, x) => [y, x];
  return (y, x) => {
    const b = ((y - y0) * (x2 - x0) - (y2 - y0) * (x - x0)) / area;
    const c = ((y1 - y0) * (x - x0) - (y - y0) * (x1 - x0)) / area;
    const place = (i: number): number =>
      to[0]![i]! + b * (to[1]![i]! - to[0]![i]!) + c * (to[2]![i]! - to[0]![i]!);
    return [place(0), place(1)];
  };
}

/** Means of boxes, as few pixels across as a share of the side, spread out again. */
export const pixelate: Corrupt = ({ values, size }, severity): Light => {
  const few = Math.max(1, Math.floor(size * at([0.6, 0.5, 0.4, 0.3, 0.25], severity)));
  const small = new Float32Array(few * few * 3);
  const shares = boxes(size, few);
  for (let y = 0; y < few; y++)
    for (let x = 0; x < few; x++)
      for (const [row, down] of shares[y]!)
        for (const [column, right] of shares[x]!)
          for (let c = 0; c < 3; c++)
            small[(y * few + x) * 3 + c]! += down * right * values[(row * size + column) * 3 + c]!;
  const out = new Float32Array(values.length);
  for (let i = 0; i < out.length; i++) {
    const pixel = Math.floor(i / 3);
    const [y, x] = [
      Math.floor(((Math.floor(pixel / size) + 0.5) * few) / size),
      Math.floor((((pixel % size) + 0.5) * few) / size),
    ];
    out[i] = small[(y * few + x) * 3 + (i % 3)]!;
  }
  return { values: out, size };
};

/** Which places, and how much of each, a box of fewer covers. */
function boxes(size: number, few: number): (readonly (readonly [place: number, share: number])[])[] {
  const width = size / few;
  return Array.from({ length: few }, (_, i) => {
    const [from, to] = [i * width, (i + 1) * width];
    const places = Array.from(
      { length: Math.ceil(to - 1e-9) - Math.floor(from) },
      (_, k) => Math.floor(from) + k,
    );
    return places.map((place) => [place, (Math.min(to, place + 1) - Math.max(from, place)) / width] as const);
  });
}

/** A poor JPEG. */
export const jpegCompression: Corrupt = async ({ values, size }, severity) => {
  const quality = at([25, 18, 15, 10, 7], severity);
  const bytes = Uint8Array.from(values, (value) => Math.max(0, Math.min(255, Math.round(255 * value))));
  const coded = await throughJpeg(bytes, { width: size, height: size }, quality);
  return { values: Float32Array.from(coded, (byte) => byte / 255), size };
};
