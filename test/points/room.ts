import { makeShape } from "../../src/points/generate/generate.js";
import type { Shape } from "../../src/points/shape.js";

/** A floor of 6 × 6 and things that stand on it. */
export function room(kinds: readonly string[]): Shape {
  const floor: number[] = [];
  for (let i = 0; i < 80; i++) for (let k = 0; k < 80; k++) floor.push((6 * i) / 79, (6 * k) / 79, 0);
  const things = kinds.flatMap((kind, i) => {
    const { positions } = makeShape(kind, { points: 2500, missing: 0, noise: 0.002, seed: i + 1 });
    const low = positions.reduce(
      (least, value, at) => (at % 3 === 2 ? Math.min(least, value) : least),
      Infinity,
    );
    const place = [1.5 + 3 * (i % 2), 1.5 + 3 * Math.floor(i / 2), 0.06 - low];
    return Array.from(positions, (value, at) => value + place[at % 3]!);
  });
  const positions = Float32Array.from([...floor, ...things]);
  return { positions, origin: [0, 0, 0], warnings: [] };
}
