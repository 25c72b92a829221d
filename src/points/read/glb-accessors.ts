import { ClipError } from "../../errors.js";
import type { JsonObject } from "../../models/json.js";
import { Cursor } from "./cursor.js";
import { type GlbFile, itemOf } from "./glb-file.js";
import { type NumberType, numberAt, TYPE_BYTES } from "./ply-header.js";

/** glTF 2.0 specification, section 3.6.2.2. */
const COMPONENTS: Readonly<Record<number, NumberType>> = {
  5120: "int8",
  5121: "uint8",
  5122: "int16",
  5123: "uint16",
  5125: "uint32",
  5126: "float32",
};

interface Accessor {
  readonly type: NumberType;
  readonly count: number;
  readonly start: number;
  readonly stride: number;
}

/** Where an accessor's numbers lie; all of them within the file. Raises `points.damaged`, `points.unsupported`, `points.too-large`. */
function accessorOf(
  { bytes, json, start, length }: GlbFile,
  index: number,
  kind: "VEC3" | "SCALAR",
): Accessor {
  const accessor = itemOf(json, "accessors", index);
  const unsupported = (what: string): ClipError =>
    new ClipError(
      "points.unsupported",
      `Expected plain numbers in ${bytes.name} but accessor ${index} ${what}.`,
    );
  if (accessor.has("sparse")) throw unsupported("is sparse");
  if (!accessor.has("bufferView")) throw unsupported("has no numbers of its own");
  const type = COMPONENTS[accessor.integer("componentType", 0, 65_535)];
  if (type === undefined || accessor.string("type") !== kind)
    throw accessor.wrong("type", `${kind} of a kind that glTF has`);
  const count = accessor.integer("count", 0, Number.MAX_SAFE_INTEGER);
  const { limits } = bytes;
  const most = kind === "VEC3" ? Math.max(limits.corners, limits.points) : 3 * limits.faces;
  if (count > most)
    throw new ClipError(
      "points.too-large",
      `Expected at most ${most} numbers in an accessor of ${bytes.name} but ${index} says ${count}.`,
    );
  const view: JsonObject = itemOf(json, "bufferViews", accessor.integer("bufferView", 0, 2 ** 31));
  const buffer = itemOf(json, "buffers", view.integer("buffer", 0, 2 ** 31, 0));
  if (view.integer("buffer", 0, 2 ** 31, 0) !== 0 || buffer.has("uri"))
    throw unsupported("lies in another file");
  const size = TYPE_BYTES[type] * (kind === "VEC3" ? 3 : 1);
  const stride = view.integer("byteStride", 4, 252, size);
  const offset = view.integer("byteOffset", 0, 2 ** 40, 0) + accessor.integer("byteOffset", 0, 2 ** 40, 0);
  const end = count === 0 ? offset : offset + stride * (count - 1) + size;
  if (end > length)
    throw new ClipError(
      "points.truncated",
      `Expected the numbers of accessor ${index} within the ${length} binary bytes of ${bytes.name} but they end at ${end}.`,
    );
  return { type, count, start: start + offset, stride };
}

/** Gives the points of an accessor → how many there are. */
export function pointsOf(
  file: GlbFile,
  index: number,
  each: (x: number, y: number, z: number) => void,
): number {
  const { type, count, start, stride } = accessorOf(file, index, "VEC3");
  const size = TYPE_BYTES[type];
  const cursor = new Cursor(file.bytes, start);
  for (let i = 0; i < count; i++) {
    // The last of interleaved ones may end with the file.
    const view = cursor.take(i === count - 1 ? 3 * size : stride);
    each(
      numberAt(view, 0, type, true),
      numberAt(view, size, type, true),
      numberAt(view, 2 * size, type, true),
    );
  }
  return count;
}

/** Numbers of points of an accessor. */
export function indicesOf(file: GlbFile, index: number): Uint32Array {
  const { type, count, start, stride } = accessorOf(file, index, "SCALAR");
  const cursor = new Cursor(file.bytes, start);
  return Uint32Array.from({ length: count }, (_, i) =>
    numberAt(cursor.take(i === count - 1 ? TYPE_BYTES[type] : stride), 0, type, true),
  );
}

/** Triangles of so many corners in a row: separate ones, a strip or a fan. */
export function trianglesOf(
  mode: number,
  count: number,
  each: (a: number, b: number, c: number) => void,
): void {
  if (mode === 4) for (let i = 0; i + 2 < count; i += 3) each(i, i + 1, i + 2);
  else if (mode === 5) for (let i = 0; i + 2 < count; i++) each(i, i + 1 + (i % 2), i + 2 - (i % 2));
  else for (let i = 1; i + 1 < count; i++) each(0, i, i + 1);
}
