import { ClipError } from "../../errors.js";
import type { Shape } from "../shape.js";
import { PointSink } from "../sink.js";
import type { Bytes } from "./bytes.js";
import { badLine, Cursor, numberOf, wordsOf } from "./cursor.js";

/** A binary file's head, and what each triangle takes: a normal, three corners, two bytes. */
const HEAD = 84;
const TRIANGLE = 50;

/** Told by its size; many binary files begin with `solid` as text does. */
export function isBinaryStl(bytes: Bytes): boolean {
  if (bytes.size < HEAD) return false;
  const head = bytes.read(80, 4);
  const count = new DataView(head.buffer, head.byteOffset, 4).getUint32(0, true);
  if (bytes.size === HEAD + TRIANGLE * count) return true;
  return Buffer.from(bytes.read(0, 6)).toString("latin1").trim().toLowerCase() !== "solid";
}

function binary(bytes: Bytes): Shape {
  const cursor = new Cursor(bytes, 80);
  const count = cursor.take(4).getUint32(0, true);
  if (count > bytes.limits.faces)
    throw new ClipError(
      "points.too-large",
      `Expected at most ${bytes.limits.faces} triangles but ${bytes.name} says ${count}.`,
    );
  if (count * TRIANGLE > cursor.left)
    throw new ClipError(
      "points.truncated",
      `Expected ${count} triangles (${count * TRIANGLE} bytes) in ${bytes.name} but ${cursor.left} bytes are left.`,
    );
  const sink = new PointSink(bytes, true);
  for (let i = 0; i < count; i++) {
    const view = cursor.take(TRIANGLE);
    for (let corner = 0; corner < 3; corner++) {
      const at = (c: number): number => view.getFloat32(12 + 12 * corner + 4 * c, true);
      sink.next();
      sink.add(at(0), at(1), at(2));
    }
    sink.face([3 * i, 3 * i + 1, 3 * i + 2]);
  }
  return sink.finish();
}

function ascii(bytes: Bytes): Shape {
  const sink = new PointSink(bytes, true);
  let ended = false;
  for (const { text, number } of new Cursor(bytes).lines()) {
    const [word, ...rest] = wordsOf(text);
    if (word?.toLowerCase() === "endsolid") ended = true;
    if (word?.toLowerCase() !== "vertex") continue;
    const values = rest.slice(0, 3).map(numberOf);
    if (values.length < 3 || values.some((value) => value === undefined))
      throw badLine(bytes.name, number, "vertex and three coordinates", text);
    const [x, y, z] = values as [number, number, number];
    sink.next();
    sink.add(x, y, z);
    if (sink.seen % 3 === 0) sink.face([sink.seen - 3, sink.seen - 2, sink.seen - 1]);
  }
  if (sink.seen === 0 && !ended)
    throw new ClipError(
      "points.format",
      `Expected facets of an STL file in ${bytes.name} but there are none.`,
    );
  if (sink.seen % 3 !== 0 || !ended)
    throw new ClipError(
      "points.truncated",
      `Expected whole facets and endsolid in ${bytes.name} but it ends before.`,
    );
  return sink.finish();
}

/** STL, ascii and binary: triangles that know nothing of each other. */
export function readStl(bytes: Bytes): Shape {
  return isBinaryStl(bytes) ? binary(bytes) : ascii(bytes);
}
