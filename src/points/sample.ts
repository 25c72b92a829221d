import { seeded } from "../math/random.js";

/** Twice the area of a triangle of f32 [points, 3]. */
function doubleArea(positions: Float32Array, a: number, b: number, c: number): number {
  const edge = (to: number, k: number): number => positions[3 * to + k]! - positions[3 * a + k]!;
  return Math.hypot(
    edge(b, 1) * edge(c, 2) - edge(b, 2) * edge(c, 1),
    edge(b, 2) * edge(c, 0) - edge(b, 0) * edge(c, 2),
    edge(b, 0) * edge(c, 1) - edge(b, 1) * edge(c, 0),
  );
}

/**
 * Points that are spread evenly over a mesh's surface: f32 [points, 3] and u32 [faces, 3] → f32 [count, 3]. The same seed gives the
 * same points. A mesh without any area gives its corners.
 */
export function sampled(positions: Float32Array, faces: Uint32Array, count: number, seed = 1): Float32Array {
  const sums = new Float64Array(faces.length / 3);
  let total = 0;
  for (let f = 0; f < sums.length; f++) {
    total += doubleArea(positions, faces[3 * f]!, faces[3 * f + 1]!, faces[3 * f + 2]!);
    sums[f] = total;
  }
  if (!(total > 0)) return positions;
  const random = seeded(seed);
  const out = new Float32Array(3 * count);
  // One in each of equal shares of the area: more even than chance alone.
  for (let i = 0, f = 0; i < count; i++) {
    const wanted = ((i + random()) / count) * total;
    while (f < sums.length - 1 && sums[f]! < wanted) f += 1;
    // Turk 1990: uniform in a triangle.
    const root = Math.sqrt(random());
    const share = random();
    const weights = [1 - root, root * (1 - share), root * share];
    for (let k = 0; k < 3; k++) {
      let sum = 0;
      for (let corner = 0; corner < 3; corner++)
        sum += weights[corner]! * positions[3 * faces[3 * f + corner]! + k]!;
      out[3 * i + k] = sum;
    }
  }
  return out;
}
