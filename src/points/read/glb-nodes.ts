import { ClipError } from "../../errors.js";
import type { JsonObject } from "../../models/json.js";
import { itemOf, type Primitive } from "./glb-file.js";

/** Nodes that are looked at, so that a file whose nodes name each other ends; a city has some ten thousand. */
const MOST_NODES = 200_000;
/** Parts of meshes that are drawn: a small file may name one mesh many times. */
const MOST_PARTS = 500_000;

function numbersOf(object: JsonObject, key: string, length: number): readonly number[] | undefined {
  if (!object.has(key)) return undefined;
  const value = object.fields[key];
  if (Array.isArray(value) && value.length === length && value.every((item) => Number.isFinite(item)))
    return value;
  throw object.wrong(key, `${length} numbers`);
}

/** Places of other objects. */
function placesOf(object: JsonObject, key: string): readonly number[] {
  if (!object.has(key)) return [];
  const value = object.fields[key];
  if (Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0)) return value;
  throw object.wrong(key, "a list of places");
}

/** f64 [16], column after column, a × b. */
function product(a: ArrayLike<number>, b: ArrayLike<number>): Float64Array {
  const out = new Float64Array(16);
  for (let c = 0; c < 4; c++)
    for (let r = 0; r < 4; r++) for (let k = 0; k < 4; k++) out[4 * c + r]! += a[4 * k + r]! * b[4 * c + k]!;
  return out;
}

/** A node's own matrix: as it stands, or of translation, rotation (a quaternion) and scale. */
function matrixOf(node: JsonObject): ArrayLike<number> {
  const matrix = numbersOf(node, "matrix", 16);
  if (matrix) return matrix;
  const [tx, ty, tz] = (numbersOf(node, "translation", 3) ?? [0, 0, 0]) as [number, number, number];
  const [x, y, z, w] = (numbersOf(node, "rotation", 4) ?? [0, 0, 0, 1]) as [number, number, number, number];
  const [sx, sy, sz] = (numbersOf(node, "scale", 3) ?? [1, 1, 1]) as [number, number, number];
  return [
    ...[(1 - 2 * (y * y + z * z)) * sx, 2 * (x * y + z * w) * sx, 2 * (x * z - y * w) * sx, 0],
    ...[2 * (x * y - z * w) * sy, (1 - 2 * (x * x + z * z)) * sy, 2 * (y * z + x * w) * sy, 0],
    ...[2 * (x * z + y * w) * sz, 2 * (y * z - x * w) * sz, (1 - 2 * (x * x + y * y)) * sz, 0],
    ...[tx, ty, tz, 1],
  ];
}

function primitivesOf(json: JsonObject, mesh: number): Primitive[] {
  const found = itemOf(json, "meshes", mesh);
  const list = found.fields.primitives;
  if (!Array.isArray(list)) throw found.wrong("primitives", "a list");
  return list.flatMap((_, i) => {
    const primitive = itemOf(found, "primitives", i);
    const attributes = primitive.object("attributes");
    if (!attributes.has("POSITION")) return [];
    return {
      mode: primitive.integer("mode", 0, 6, 4),
      position: attributes.integer("POSITION", 0, 2 ** 31),
      ...(primitive.has("indices") ? { indices: primitive.integer("indices", 0, 2 ** 31) } : {}),
    };
  });
}

const IDENTITY = Float64Array.from([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);

/** A part of a mesh and the matrix of its node. */
export interface Placed extends Primitive {
  /** f64 [16], column after column. */
  readonly matrix: Float64Array;
}

/** Parts of the meshes of the scene that is shown (the first where none is named). Raises `points.damaged`. */
export function placedParts(json: JsonObject): Placed[] {
  const scene = itemOf(json, "scenes", json.integer("scene", 0, 2 ** 31, 0));
  const waiting = placesOf(scene, "nodes").map((place) => ({ place, matrix: IDENTITY as Float64Array }));
  const parts: Placed[] = [];
  for (let next = waiting.pop(), seen = 0; next; next = waiting.pop(), seen++) {
    const node = itemOf(json, "nodes", next.place);
    const children = placesOf(node, "children");
    if (seen + waiting.length + children.length > MOST_NODES)
      throw new ClipError(
        "points.damaged",
        `Expected at most ${MOST_NODES} nodes in ${json.where} but it has more, or they go in a circle.`,
      );
    const matrix = product(next.matrix, matrixOf(node));
    for (const place of children) waiting.push({ place, matrix });
    if (!node.has("mesh")) continue;
    const own = primitivesOf(json, node.integer("mesh", 0, 2 ** 31));
    if (parts.length + own.length > MOST_PARTS)
      throw new ClipError(
        "points.too-large",
        `Expected at most ${MOST_PARTS} parts of meshes in ${json.where} but it has more.`,
      );
    for (const primitive of own) parts.push({ ...primitive, matrix });
  }
  return parts;
}
