import { ClipError } from "../../errors.js";
import type { Shape } from "../shape.js";
import { boxOf } from "../view/frame.js";

/** Cells along one axis: their numbers along three fit into one whole number. */
const MOST_ALONG = 2 ** 17;

/** Cubes that points lie in, each with its points. */
export interface Cells {
  /** Length of a cube's side, in the shape's unit. */
  readonly side: number;
  /** [points] the cube of each point, 0.. */
  readonly of: Int32Array;
  /** [cubes] its place along x, y and z. */
  readonly places: readonly (readonly [number, number, number])[];
  /** The cube at a place; undefined where there is none. */
  at(x: number, y: number, z: number): number | undefined;
}

/** Points → cubes of a length; `flat`: columns, whatever the height. Raises `points.scene` for a length that makes too many of them. */
export function cellsOf({ positions }: Pick<Shape, "positions">, side: number, flat = false): Cells {
  const { middle, sizes } = boxOf(positions);
  const longest = Math.max(...sizes);
  if (!(side > 0 && longest / side < MOST_ALONG))
    throw new ClipError(
      "points.scene",
      `Expected cells of a length above ${(longest / MOST_ALONG).toPrecision(2)} in a scene that is ${longest.toPrecision(3)} long but received ${side}.`,
    );
  const low = middle.map((value, c) => value - sizes[c]! / 2);
  const known = new Map<number, number>();
  const keyOf = (x: number, y: number, z: number): number => (x * MOST_ALONG + y) * MOST_ALONG + z;
  const places: [number, number, number][] = [];
  const of = new Int32Array(positions.length / 3);
  for (let i = 0; i < of.length; i++) {
    const [x, y, z] = [0, 1, 2].map((c) =>
      flat && c === 2 ? 0 : Math.floor((positions[3 * i + c]! - low[c]!) / side),
    ) as [number, number, number];
    const key = keyOf(x, y, z);
    let cell = known.get(key);
    if (cell === undefined) {
      cell = places.push([x, y, z]) - 1;
      known.set(key, cell);
    }
    of[i] = cell;
  }
  const inside = (part: number): boolean => part >= 0 && part < MOST_ALONG;
  return {
    side,
    of,
    places,
    at: (x, y, z) => (inside(x) && inside(y) && inside(z) ? known.get(keyOf(x, y, z)) : undefined),
  };
}

/** Numbers of each part's points, the largest part first. */
export function grouped(partOf: ArrayLike<number>): number[][] {
  const groups = new Map<number, number[]>();
  for (let i = 0; i < partOf.length; i++) {
    const part = partOf[i]!;
    if (part < 0) continue;
    const group = groups.get(part);
    if (group) group.push(i);
    else groups.set(part, [i]);
  }
  return [...groups.values()].sort((a, b) => b.length - a.length || a[0]! - b[0]!);
}
