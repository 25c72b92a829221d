import { ClipError } from "../../errors.js";
import { pointsOf, type Shape } from "../shape.js";
import { boxOf } from "../view/frame.js";
import { type Cells, cellsOf, grouped } from "./cells.js";

/** How a scene falls into parts: columns of a grid, or what hangs together above the floor. */
export const SPLITS = ["grid", "clusters"] as const;
export type Split = (typeof SPLITS)[number];

export interface SplitOptions {
  /** Default `clusters`. */
  readonly split?: Split;
  /**
   * Length in the scene's own unit: of a grid's columns (default: an eighth of the scene), or how far apart two clusters are at least
   * (default: a hundredth).
   */
  readonly cell?: number;
  /** Fewest points of a part; smaller ones stay without a label. Default 100. */
  readonly least?: number;
}

/** One part of a scene. */
export interface ScenePart {
  /** Numbers of its points. */
  readonly points: readonly number[];
  readonly shape: Shape;
}

/** Parts that are looked at: ten views each are half an hour on two cores. */
const MOST_PARTS = 5_000;

/** A layer as thick as a cell is a floor (or a ceiling) where it holds this share of all points and lies under this share of the scene's plan. */
const FLOOR = { points: 0.08, plan: 0.3 };
/** Columns of the plan along a side by which the second is told. */
const PLAN = 24;

/** A scene, z up → its parts, the largest first. Raises `points.scene`. */
export function splitScene(shape: Shape, options: SplitOptions = {}): ScenePart[] {
  const { split = "clusters", least = 100 } = options;
  if (!SPLITS.includes(split))
    throw new ClipError("points.scene", `Expected a split of ${SPLITS.join(", ")} but received "${split}".`);
  const longest = Math.max(...boxOf(shape.positions).sizes);
  if (!(longest > 0))
    throw new ClipError("points.scene", "Expected a scene of some size but all points are at one place.");
  const cell = options.cell ?? longest / (split === "grid" ? 8 : 100);
  const partOf = split === "grid" ? cellsOf(shape, cell, true).of : clusters(shape, cell);
  const parts = grouped(partOf).filter((points) => points.length >= least);
  if (parts.length === 0)
    throw new ClipError(
      "points.scene",
      `Expected parts of at least ${least} points but there are none; the cells of ${cell.toPrecision(3)} may be too small.`,
    );
  if (parts.length > MOST_PARTS)
    throw new ClipError(
      "points.scene",
      `Expected at most ${MOST_PARTS} parts but there are ${parts.length}; larger cells make fewer.`,
    );
  return parts.map((points) => ({ points, shape: pick(shape, points) }));
}

/** The points of some numbers as a cloud of its own. */
function pick({ positions, origin, colours }: Shape, points: readonly number[]): Shape {
  const of = <T extends Float32Array | Uint8Array>(all: T, out: T): T => {
    for (const [to, from] of points.entries())
      for (let c = 0; c < 3; c++) out[3 * to + c] = all[3 * from + c]!;
    return out;
  };
  return {
    positions: of(positions, new Float32Array(3 * points.length)),
    origin,
    ...(colours ? { colours: of(colours, new Uint8Array(3 * points.length)) } : {}),
    up: "z",
    warnings: [],
  };
}

/** [points] the cluster of each, −1 of the floor: cells that touch, corners included, hang together. */
function clusters(shape: Shape, side: number): Int32Array {
  const cells = cellsOf(shape, side);
  const flat = floors(shape, cells);
  const clusterOf = new Int32Array(cells.places.length).fill(-1);
  let count = 0;
  for (const start of cells.places.keys()) {
    if (clusterOf[start]! >= 0 || flat.has(cells.places[start]![2])) continue;
    const waiting = [start];
    clusterOf[start] = count;
    for (let cell = waiting.pop(); cell !== undefined; cell = waiting.pop()) {
      for (const other of around(cells, cell)) {
        if (clusterOf[other]! >= 0 || flat.has(cells.places[other]![2])) continue;
        clusterOf[other] = count;
        waiting.push(other);
      }
    }
    count += 1;
  }
  return cells.of.map((cell) => clusterOf[cell]!);
}

function* around(cells: Cells, cell: number): Generator<number> {
  const [x, y, z] = cells.places[cell]!;
  for (let u = -1; u <= 1; u++)
    for (let v = -1; v <= 1; v++)
      for (let w = -1; w <= 1; w++) {
        const other = cells.at(x + u, y + v, z + w);
        if (other !== undefined && other !== cell) yield other;
      }
}

/** Heights, in cells, of layers that are floors or ceilings. */
function floors(shape: Shape, cells: Cells): ReadonlySet<number> {
  const all = pointsOf(shape);
  const across = Math.max(...cells.places.map(([x, y]) => Math.max(x, y))) + 1;
  const points = new Map<number, number>();
  const plan = new Map<number, Set<number>>();
  for (let i = 0; i < all; i++) {
    const [x, y, z] = cells.places[cells.of[i]!]!;
    points.set(z, (points.get(z) ?? 0) + 1);
    const columns = plan.get(z) ?? new Set<number>();
    columns.add(Math.floor((x * PLAN) / across) * PLAN + Math.floor((y * PLAN) / across));
    plan.set(z, columns);
  }
  const whole = new Set([...plan.values()].flatMap((columns) => [...columns])).size;
  const isFlat = (z: number): boolean =>
    (points.get(z) ?? 0) >= FLOOR.points * all &&
    plan.get(z)!.size >= FLOOR.plan * whole &&
    plan.get(z)!.size > 4;
  return new Set([...points.keys()].filter(isFlat));
}
