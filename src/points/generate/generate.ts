import { ClipError } from "../../errors.js";
import { nearest } from "../../math/nearest.js";
import { seeded } from "../../math/random.js";
import { sampled } from "../sample.js";
import type { Shape } from "../shape.js";
import { boxOf } from "../view/frame.js";
import { KINDS } from "./kinds.js";
import { type Chance, chanceOf, type Part } from "./kit.js";

/** Names of all kinds of shapes that are made. */
export const KIND_NAMES: readonly string[] = Object.keys(KINDS);

export interface MakeOptions {
  /** The same seed, kind and options give the same shape. Default 1. */
  readonly seed?: number;
  /** `cloud` (default): points of the surface; `mesh`: triangles, without noise and with nothing missing. */
  readonly form?: "cloud" | "mesh";
  /** Points of a cloud, 16 to 1,000,000; default 4,096. */
  readonly points?: number;
  /** Standard deviation of noise as a share of the shape's size, 0 to 0.2; default 0.005. */
  readonly noise?: number;
  /** Share of clouds of which a piece is missing, 0..1; default 0.5. */
  readonly missing?: number;
  /** `up` (default): turned around the vertical; `any`: any way; `none`. */
  readonly turn?: "up" | "any" | "none";
}

const MOST_POINTS = 1_000_000;

/** Sizes of what is missing, as shares of the shape's radius. */
const HOLE = { least: 0.25, most: 0.5 };

/** Raises `usage.points`. */
function checkOptions({ points = 4096, noise = 0, missing = 0, seed = 1 }: MakeOptions): void {
  const fine =
    Number.isInteger(points) &&
    points >= 16 &&
    points <= MOST_POINTS &&
    noise >= 0 &&
    noise <= 0.2 &&
    missing >= 0 &&
    missing <= 1;
  if (fine && Number.isInteger(seed) && seed >= 0) return;
  throw new ClipError(
    "usage.points",
    `Expected 16 to ${MOST_POINTS} points, noise from 0 to 0.2, a share missing from 0 to 1 and a seed of 0 or more but received ${points}, ${noise}, ${missing} and ${seed}.`,
  );
}

/** A made shape of a kind: an everyday thing with proportions by chance. Raises `points.kind`, `usage.points`. */
export function makeShape(kind: string, options: MakeOptions = {}): Shape {
  checkOptions(options);
  if (!Object.hasOwn(KINDS, kind)) {
    const near = nearest(kind, KIND_NAMES);
    throw new ClipError(
      "points.kind",
      `Expected one of ${KIND_NAMES.join(", ")} but received "${kind}".${near === undefined ? "" : ` Did you mean ${near}?`}`,
    );
  }
  const { seed = 1, form = "cloud", points = 4096, noise = 0.005, missing = 0.5, turn = "up" } = options;
  const random = seeded(
    Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(KIND_NAMES.indexOf(kind) + 1, 0x85ebca6b),
  );
  const chance = chanceOf(random);
  const { positions, faces } = joined(KINDS[kind]!(chance));
  if (turn !== "none") turnAll(positions, chance, turn);
  const base = { origin: [0, 0, 0] as const, up: "z" as const, warnings: [] };
  if (form === "mesh") return { ...base, positions, faces };
  const cloud = sampled(positions, faces, points, Math.floor(random() * 2 ** 31));
  const radius = Math.max(...boxOf(cloud).sizes) / 2;
  const whole = chance.is(missing) ? withHole(cloud, chance, radius) : cloud;
  for (let i = 0; i < whole.length && noise > 0; i++) whole[i]! += noise * radius * bell(random);
  return { ...base, positions: whole };
}

function joined(parts: readonly Part[]): { positions: Float32Array; faces: Uint32Array } {
  const positions = Float32Array.from(parts.flatMap(({ corners }) => corners.flat()));
  let first = 0;
  const faces = parts.flatMap((part) => {
    const own = part.faces.flatMap((face) => face.map((corner) => corner + first));
    first += part.corners.length;
    return own;
  });
  return { positions, faces: Uint32Array.from(faces) };
}

/** Around the vertical and a little aside, or by any rotation (Shoemake's uniform quaternions). */
function turnAll(positions: Float32Array, { between }: Chance, turn: "up" | "any"): void {
  const around = between(0, 2 * Math.PI);
  const lean = between(-0.05, 0.05);
  const share = between(0, 1);
  const [a, b] = [between(0, 2 * Math.PI), between(0, 2 * Math.PI)];
  const [x, y, z, w] =
    turn === "up"
      ? [
          Math.sin(lean) * Math.cos(around / 2),
          Math.sin(lean) * Math.sin(around / 2),
          Math.cos(lean) * Math.sin(around / 2),
          Math.cos(lean) * Math.cos(around / 2),
        ]
      : [
          Math.sqrt(1 - share) * Math.sin(a),
          Math.sqrt(1 - share) * Math.cos(a),
          Math.sqrt(share) * Math.sin(b),
          Math.sqrt(share) * Math.cos(b),
        ];
  for (let i = 0; i < positions.length; i += 3) {
    const [px, py, pz] = [positions[i]!, positions[i + 1]!, positions[i + 2]!];
    const [tx, ty, tz] = [2 * (y * pz - z * py), 2 * (z * px - x * pz), 2 * (x * py - y * px)];
    positions[i] = px + w * tx + y * tz - z * ty;
    positions[i + 1] = py + w * ty + z * tx - x * tz;
    positions[i + 2] = pz + w * tz + x * ty - y * tx;
  }
}

/** Without the points near one of them. */
function withHole(positions: Float32Array, { between, whole }: Chance, radius: number): Float32Array {
  const middle = 3 * whole(0, positions.length / 3 - 1);
  const reach = (radius * between(HOLE.least, HOLE.most)) ** 2;
  const kept: number[] = [];
  for (let i = 0; i < positions.length; i += 3) {
    const away = [0, 1, 2].reduce((sum, c) => sum + (positions[i + c]! - positions[middle + c]!) ** 2, 0);
    if (away > reach) kept.push(positions[i]!, positions[i + 1]!, positions[i + 2]!);
  }
  return kept.length >= positions.length / 4 ? Float32Array.from(kept) : positions;
}

/** A number of the normal distribution (Box and Muller 1958). */
function bell(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
