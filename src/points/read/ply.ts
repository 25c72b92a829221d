import { ClipError } from "../../errors.js";
import { MOST_CORNERS_OF_FACE } from "../limits.js";
import type { Shape } from "../shape.js";
import { PointSink } from "../sink.js";
import type { Bytes } from "./bytes.js";
import { badLine, Cursor, numberOf, wordsOf } from "./cursor.js";
import { checkByteOrder } from "./endian.js";
import {
  numberAt,
  type PlyElement,
  type PlyHeader,
  type PlyProperty,
  plyHeader,
  TYPE_BYTES,
} from "./ply-header.js";

/** One row of an element: its numbers, and of each list its own; lists' places hold 0. */
interface Row {
  readonly values: Float64Array;
  readonly lists: readonly (readonly number[])[];
}

/** What points' colours are called. */
const COLOURS = [
  ["red", "green", "blue"],
  ["diffuse_red", "diffuse_green", "diffuse_blue"],
  ["r", "g", "b"],
];

/** Gives each row of an element; `wanted` false: the row is passed over. */
type RowReader = (element: PlyElement, each: (row: Row) => void, wanted: () => boolean) => void;

function asciiRows(cursor: Cursor, header: PlyHeader): RowReader {
  const { name } = cursor.bytes;
  const lines = cursor.lines(header.lines + 1);
  return (element, each, wanted) => {
    const values = new Float64Array(element.properties.length);
    for (let row = 0; row < element.count; ) {
      const next = lines.next();
      if (next.done)
        throw new ClipError(
          "points.truncated",
          `Expected ${element.count} rows of ${element.name} in ${name} but found ${row}.`,
        );
      const { text, number } = next.value;
      const words = wordsOf(text);
      if (words.length === 0) continue;
      row += 1;
      if (!wanted()) continue;
      let at = 0;
      const word = (): number => {
        const value = numberOf(words[at++]);
        if (value === undefined) throw badLine(name, number, `the numbers of one ${element.name}`, text);
        return value;
      };
      const lists = element.properties.map(({ countType }, i) => {
        values[i] = 0;
        if (countType === undefined) {
          values[i] = word();
          return [];
        }
        const length = word();
        if (!(length >= 0 && length <= words.length))
          throw badLine(name, number, "a list with its length", text);
        return Array.from({ length }, word);
      });
      each({ values, lists });
    }
  };
}

function binaryRows(cursor: Cursor, little: boolean): RowReader {
  return (element, each, wanted) => {
    if (element.properties.some(({ countType }) => countType !== undefined))
      listRows(cursor, little, element, each, wanted);
    else plainRows(cursor, little, element, each, wanted);
  };
}

/** Rows of one length: the file has to hold all of them, so that a lie is told before anything is read. */
function plainRows(
  cursor: Cursor,
  little: boolean,
  { name, count, properties }: PlyElement,
  each: (row: Row) => void,
  wanted: () => boolean,
): void {
  const offsets: number[] = [];
  let stride = 0;
  for (const { type } of properties) {
    offsets.push(stride);
    stride += TYPE_BYTES[type];
  }
  if (count * stride > cursor.left)
    throw new ClipError(
      "points.truncated",
      `Expected ${count} rows of ${name} (${count * stride} bytes) in ${cursor.bytes.name} but ${cursor.left} bytes are left.`,
    );
  const values = new Float64Array(properties.length);
  const lists: number[][] = properties.map(() => []);
  for (let row = 0; row < count && stride > 0; row++) {
    if (!wanted()) {
      cursor.skip(stride);
      continue;
    }
    const view = cursor.take(stride);
    for (const [i, { type }] of properties.entries()) values[i] = numberAt(view, offsets[i]!, type, little);
    each({ values, lists });
  }
}

function listRows(
  cursor: Cursor,
  little: boolean,
  { name, count, properties }: PlyElement,
  each: (row: Row) => void,
  wanted: () => boolean,
): void {
  const one = ({ type }: Pick<PlyProperty, "type">): number =>
    numberAt(cursor.take(TYPE_BYTES[type]), 0, type, little);
  const values = new Float64Array(properties.length);
  for (let row = 0; row < count; row++) {
    const lists = properties.map(({ type, countType }, i) => {
      values[i] = 0;
      if (countType === undefined) {
        values[i] = one({ type });
        return [];
      }
      const length = one({ type: countType });
      if (!(length >= 0 && length <= MOST_CORNERS_OF_FACE))
        throw new ClipError(
          "points.damaged",
          `Expected lists of at most ${MOST_CORNERS_OF_FACE} numbers in ${name} ${row} of ${cursor.bytes.name} but one has ${length}.`,
        );
      const view = cursor.take(length * TYPE_BYTES[type]);
      return Array.from({ length }, (_, k) => numberAt(view, k * TYPE_BYTES[type], type, little));
    });
    if (wanted()) each({ values, lists });
  }
}

/** Places of x, y and z, and of colours where there are any. Raises `points.damaged`. */
function placesOf({ properties }: PlyElement, file: string): { xyz: number[]; rgb: number[]; scale: number } {
  const place = (name: string): number => properties.findIndex((one) => one.name === name && !one.countType);
  const xyz = ["x", "y", "z"].map(place);
  if (xyz.some((at) => at < 0))
    throw new ClipError(
      "points.damaged",
      `Expected x, y and z of each vertex in ${file} but the head has not all of them.`,
    );
  const rgb = COLOURS.map((names) => names.map(place)).find((places) => places.every((at) => at >= 0)) ?? [];
  const isFloat = rgb.length > 0 && properties[rgb[0]!]!.type.startsWith("float");
  return { xyz, rgb, scale: isFloat ? 255 : 1 };
}

/** PLY: ascii and binary of both byte orders. */
export function readPly(bytes: Bytes): Shape {
  const cursor = new Cursor(bytes);
  const header = plyHeader(cursor);
  const little = header.form === "binary_little_endian";
  const read = header.form === "ascii" ? asciiRows(cursor, header) : binaryRows(cursor, little);
  const hasFaces = header.elements.some(({ name, count }) => name === "face" && count > 0);
  const sink = new PointSink(bytes, hasFaces);
  if (header.form !== "ascii") checkOrder(cursor, header, little);
  let found = false;
  for (const element of header.elements) {
    if (element.name === "vertex") {
      found = true;
      const { xyz, rgb, scale } = placesOf(element, bytes.name);
      const [x, y, z] = xyz as [number, number, number];
      const add = ({ values }: Row): void => {
        const colour =
          rgb.length === 3
            ? ([0, 1, 2].map((c) => scale * values[rgb[c]!]!) as [number, number, number])
            : undefined;
        sink.add(values[x]!, values[y]!, values[z]!, colour);
      };
      read(element, add, () => sink.next());
    } else if (element.name === "face") {
      const at = element.properties.findIndex(({ name }) => /^vertex_ind(?:ices|ex)$/.test(name));
      read(
        element,
        ({ lists }) => sink.face(lists[at] ?? []),
        () => true,
      );
    } else if (found) break;
    else
      read(
        element,
        () => {},
        () => false,
      );
  }
  if (!found)
    throw new ClipError("points.damaged", `Expected an element vertex in ${bytes.name} but there is none.`);
  return sink.finish();
}

/** Points whose numbers are looked at for their byte order. */
const LOOKED_AT = 500;

function checkOrder(cursor: Cursor, header: PlyHeader, little: boolean): void {
  const [first] = header.elements;
  if (first?.name !== "vertex" || first.properties.some(({ countType }) => countType !== undefined)) return;
  const stride = first.properties.reduce((sum, { type }) => sum + TYPE_BYTES[type], 0);
  const rows = Math.min(LOOKED_AT, first.count, Math.floor(cursor.left / Math.max(1, stride)));
  if (rows === 0) return;
  const { xyz } = placesOf(first, cursor.bytes.name);
  const bytes = cursor.bytes.read(cursor.offset, rows * stride);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const places = xyz.map((at) => ({
    offset: first.properties.slice(0, at).reduce((sum, { type }) => sum + TYPE_BYTES[type], 0),
    type: first.properties[at]!.type,
  }));
  checkByteOrder(cursor.bytes.name, little, function* (order) {
    for (let row = 0; row < rows; row++)
      for (const { offset, type } of places)
        if (type.startsWith("float")) yield numberAt(view, row * stride + offset, type, order);
  });
}
