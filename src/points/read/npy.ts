import { ClipError } from "../../errors.js";
import type { Shape } from "../shape.js";
import { PointSink } from "../sink.js";
import type { Bytes } from "./bytes.js";
import { Cursor } from "./cursor.js";
import { checkByteOrder } from "./endian.js";
import { type NumberType, numberAt, TYPE_BYTES } from "./ply-header.js";

/** NumPy's kinds of numbers. */
const KINDS: Readonly<Record<string, NumberType>> = {
  f4: "float32",
  f8: "float64",
  i1: "int8",
  u1: "uint8",
  i2: "int16",
  u2: "uint16",
  i4: "int32",
  u4: "uint32",
};

/** Longest head, bytes: that of a plain array has about a hundred. */
const MOST_HEAD = 64 * 1024;
/** Columns of a table of points. */
const MOST_COLUMNS = 1_000;

interface Head {
  readonly start: number;
  readonly type: NumberType;
  readonly little: boolean;
  readonly fortran: boolean;
  readonly shape: readonly number[];
}

/** NumPy's format specification, NEP 1, versions 1.0 to 3.0. */
function headOf(bytes: Bytes): Head {
  const cursor = new Cursor(bytes);
  const wrong = (why: string): ClipError =>
    new ClipError("points.damaged", `Expected a NumPy array of points in ${bytes.name} but ${why}.`);
  const magic = cursor.take(8);
  const version = magic.getUint8(6);
  if (version < 1 || version > 3) throw wrong(`its version is ${version}`);
  const length = version === 1 ? cursor.take(2).getUint16(0, true) : cursor.take(4).getUint32(0, true);
  if (length > MOST_HEAD) throw wrong(`its head has ${length} bytes`);
  const view = cursor.take(length);
  const text = Buffer.from(view.buffer, view.byteOffset, length).toString("latin1");
  const [, order, kind] = /'descr':\s*'([<>|=])([a-z]\d{1,2})'/.exec(text) ?? [];
  const fortran = /'fortran_order':\s*(True|False)/.exec(text)?.[1];
  const shape = /'shape':\s*\(([\d,\s]*)\)/.exec(text)?.[1];
  if (kind === undefined || fortran === undefined || shape === undefined)
    throw wrong("its head can't be read");
  const type = KINDS[kind];
  if (type === undefined) throw wrong(`its numbers are ${kind}, not one of ${Object.keys(KINDS).join(", ")}`);
  const sizes = shape.split(",").flatMap((size) => (size.trim() === "" ? [] : [Number(size)]));
  return { start: cursor.offset, type, little: order !== ">", fortran: fortran === "True", shape: sizes };
}

/** An array [points, 3] or wider (x, y, z first), also [1, points, 3]; rows or columns first. */
export function readNpy(bytes: Bytes): Shape {
  const { start, type, little, fortran, shape } = headOf(bytes);
  const [rows, columns] = shape.length === 3 && shape[0] === 1 ? shape.slice(1) : shape;
  if (
    rows === undefined ||
    columns === undefined ||
    shape.length > 3 ||
    columns < 3 ||
    columns > MOST_COLUMNS
  )
    throw new ClipError(
      "points.damaged",
      `Expected an array of points × 3 or more in ${bytes.name} but it is ${shape.join(" × ") || "one number"}.`,
    );
  const size = TYPE_BYTES[type];
  if (start + rows * columns * size > bytes.size)
    throw new ClipError(
      "points.truncated",
      `Expected ${rows} × ${columns} numbers (${rows * columns * size} bytes) in ${bytes.name} but ${bytes.size - start} bytes are left.`,
    );
  const one = (at: number, order = little): number => {
    const part = bytes.read(start + at * size, size);
    return numberAt(new DataView(part.buffer, part.byteOffset, size), 0, type, order);
  };
  const step = Math.max(1, Math.floor(rows / 200));
  if (type.startsWith("float"))
    checkByteOrder(bytes.name, little, function* (order) {
      for (let row = 0; row < rows; row += step)
        for (let c = 0; c < 3; c++) yield one(fortran ? c * rows + row : row * columns + c, order);
    });
  const sink = new PointSink(bytes, false);
  const cursors = [0, 1, 2].map((c) => new Cursor(bytes, start + (fortran ? c * rows * size : 0)));
  const [x, y, z] = cursors as [Cursor, Cursor, Cursor];
  const used = fortran ? [x, y, z] : [x];
  const bytesOf = fortran ? size : columns * size;
  for (let row = 0; row < rows; row++) {
    if (!sink.next()) {
      for (const cursor of used) cursor.skip(bytesOf);
      continue;
    }
    const views = used.map((cursor) => cursor.take(bytesOf));
    const at = (c: number): number =>
      fortran ? numberAt(views[c]!, 0, type, little) : numberAt(views[0]!, c * size, type, little);
    sink.add(at(0), at(1), at(2));
  }
  return sink.finish();
}
