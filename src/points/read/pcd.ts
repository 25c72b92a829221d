import { ClipError } from "../../errors.js";
import type { Shape } from "../shape.js";
import { PointSink } from "../sink.js";
import type { Bytes } from "./bytes.js";
import { badLine, Cursor, numberOf, wordsOf } from "./cursor.js";
import { unpackLzf } from "./lzf.js";
import { type NumberType, numberAt } from "./ply-header.js";

/** Lines of a head: there are eleven, and comments. */
const MOST_LINES = 200;
/** Numbers of a point: descriptors of PCL have some hundred. */
const MOST_COUNT = 10_000;

interface Field {
  readonly name: string;
  readonly type: NumberType;
  readonly size: number;
  readonly count: number;
  /** Bytes before it in a point; numbers before it in a line. */
  readonly offset: number;
  readonly place: number;
}

interface Head {
  readonly fields: readonly Field[];
  readonly stride: number;
  readonly points: number;
  readonly data: "ascii" | "binary" | "binary_compressed";
  readonly lines: number;
}

const TYPES: Readonly<Record<string, NumberType>> = {
  F4: "float32",
  F8: "float64",
  I1: "int8",
  I2: "int16",
  I4: "int32",
  U1: "uint8",
  U2: "uint16",
  U4: "uint32",
};

/** The head of a PCD file, version 0.7 (Point Cloud Library). Raises `points.damaged`, `points.truncated`. */
function headOf(cursor: Cursor): Head {
  const { name } = cursor.bytes;
  const said = new Map<string, string[]>();
  let lines = 0;
  for (const { text, number } of cursor.lines()) {
    lines = number;
    const [key, ...words] = wordsOf(text.replace(/#.*/, ""));
    if (key !== undefined) said.set(key.toUpperCase(), words);
    if (key?.toUpperCase() === "DATA" || number >= MOST_LINES) break;
  }
  const wrong = (key: string, expected: string): ClipError =>
    new ClipError(
      "points.damaged",
      `Expected ${expected} as ${key} in the head of ${name} but found ${JSON.stringify((said.get(key) ?? []).join(" ").slice(0, 60))}.`,
    );
  const names = said.get("FIELDS") ?? said.get("COLUMNS") ?? [];
  if (names.length === 0) throw wrong("FIELDS", "names of fields");
  const counts = said.get("COUNT") ?? names.map(() => "1");
  const [sizes, kinds] = [said.get("SIZE") ?? [], said.get("TYPE") ?? []];
  let [offset, place] = [0, 0];
  const fields = names.map((field, i): Field => {
    const type = TYPES[`${kinds[i]}${sizes[i]}`];
    const [size, count] = [Number(sizes[i]), Number(counts[i])];
    // Fields of eight bytes that are no coordinates are passed over, whatever they are.
    if (!type && !(size === 8 && /^[IU]$/.test(kinds[i] ?? "")))
      throw wrong("TYPE", "a type and a size that PCD has");
    if (!(Number.isInteger(count) && count >= 1 && count <= MOST_COUNT))
      throw wrong("COUNT", "small whole numbers");
    const found = { name: field, type: type ?? "float64", size, count, offset, place };
    offset += size * count;
    place += count;
    return found;
  });
  const data = (["ascii", "binary", "binary_compressed"] as const).find(
    (one) => one === said.get("DATA")?.[0],
  );
  if (!data) throw wrong("DATA", "ascii, binary or binary_compressed");
  const points = Number(
    said.get("POINTS")?.[0] ?? Number(said.get("WIDTH")?.[0]) * Number(said.get("HEIGHT")?.[0] ?? 1),
  );
  if (!(Number.isSafeInteger(points) && points >= 0)) throw wrong("POINTS", "a count");
  return { fields, stride: offset, points, data, lines };
}

/** The three bytes that PCL packs into a number. */
const unpacked = (packed: number): [number, number, number] => [
  (packed >>> 16) & 255,
  (packed >>> 8) & 255,
  packed & 255,
];

const bits = new DataView(new ArrayBuffer(4));

/** A packed colour as a line has it: a whole number, or a float of the same bits. */
function packedOf(value: number, type: NumberType): number {
  if (type !== "float32") return value;
  bits.setFloat32(0, value);
  return bits.getUint32(0);
}

/** PCD: ascii, binary (little-endian, as PCL writes it) and binary_compressed. */
export function readPcd(bytes: Bytes): Shape {
  const cursor = new Cursor(bytes);
  const head = headOf(cursor);
  const field = (name: string): Field | undefined => head.fields.find((one) => one.name === name);
  const xyz = ["x", "y", "z"].map(field);
  const [x, y, z] = xyz;
  if (!x || !y || !z)
    throw new ClipError(
      "points.damaged",
      `Expected fields x, y and z in ${bytes.name} but the head has not all of them.`,
    );
  const rgb = field("rgb") ?? field("rgba");
  const colour = rgb?.size === 4 ? rgb : undefined;
  const sink = new PointSink(bytes, false);
  if (head.data === "ascii") asciiPoints(cursor, head, [x, y, z], colour, sink);
  else {
    const at = head.data === "binary" ? rowsOf(cursor, head) : columnsOf(cursor, head);
    for (let i = 0; i < head.points; i++) {
      if (!sink.next()) continue;
      const view = at(i);
      const packed = colour && view(colour, "uint32");
      sink.add(view(x), view(y), view(z), packed === undefined ? undefined : unpacked(packed));
    }
  }
  return sink.finish();
}

/** A field's number of one point. */
type Point = (field: Field, type?: NumberType) => number;

function checkRoom(wanted: number, left: number, { points }: Head, name: string): void {
  if (wanted <= left) return;
  throw new ClipError(
    "points.truncated",
    `Expected ${points} points (${wanted} bytes) in ${name} but ${left} bytes are left.`,
  );
}

function rowsOf(cursor: Cursor, head: Head): (i: number) => Point {
  checkRoom(head.points * head.stride, cursor.left, head, cursor.bytes.name);
  let next = 0;
  return (i) => {
    cursor.skip((i - next) * head.stride);
    next = i + 1;
    const view = cursor.take(head.stride);
    return ({ offset, type }, as = type) => numberAt(view, offset, as, true);
  };
}

/** Compressed: field after field, each with all its points. */
function columnsOf(cursor: Cursor, head: Head): (i: number) => Point {
  const { name, limits } = cursor.bytes;
  const sizes = cursor.take(8);
  const [packed, length] = [sizes.getUint32(0, true), sizes.getUint32(4, true)];
  checkRoom(packed, cursor.left, head, name);
  if (length > limits.unpacked)
    throw new ClipError(
      "points.too-large",
      `Expected at most ${limits.unpacked} unpacked bytes in ${name} but it has ${length}; the binary form may be larger.`,
    );
  checkRoom(head.points * head.stride, length, head, name);
  const bytes = unpackLzf(cursor.bytes.read(cursor.offset, packed), length, name);
  const view = new DataView(bytes.buffer);
  return (i) =>
    ({ offset, size, count, type }, as = type) =>
      numberAt(view, offset * head.points + i * size * count, as, true);
}

function asciiPoints(
  cursor: Cursor,
  head: Head,
  xyz: readonly Field[],
  colour: Field | undefined,
  sink: PointSink,
): void {
  const { name } = cursor.bytes;
  for (const { text, number } of cursor.lines(head.lines + 1)) {
    if (sink.seen === head.points) break;
    const words = wordsOf(text);
    if (words.length === 0 || !sink.next()) continue;
    const values = xyz.map(({ place }) => numberOf(words[place]));
    const packed = colour && numberOf(words[colour.place]);
    if (values.some((value) => value === undefined))
      throw badLine(name, number, "the fields of one point", text);
    const [x, y, z] = values as [number, number, number];
    sink.add(x, y, z, packed === undefined ? undefined : unpacked(packedOf(packed, colour!.type)));
  }
  if (sink.seen < head.points)
    throw new ClipError(
      "points.truncated",
      `Expected ${head.points} points in ${name} but found ${sink.seen}.`,
    );
}
