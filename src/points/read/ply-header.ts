import { ClipError } from "../../errors.js";
import { type Cursor, wordsOf } from "./cursor.js";

/** Bytes of each kind of number, by both sets of names that PLY writers use. */
export const PLY_TYPES = {
  char: "int8",
  uchar: "uint8",
  short: "int16",
  ushort: "uint16",
  int: "int32",
  uint: "uint32",
  float: "float32",
  double: "float64",
} as const;

/** A kind of number. */
export type NumberType = (typeof PLY_TYPES)[keyof typeof PLY_TYPES];

export const TYPE_BYTES: Readonly<Record<NumberType, number>> = {
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  float32: 4,
  float64: 8,
};

/** One number of a view. */
export function numberAt(view: DataView, offset: number, type: NumberType, little: boolean): number {
  switch (type) {
    case "int8":
      return view.getInt8(offset);
    case "uint8":
      return view.getUint8(offset);
    case "int16":
      return view.getInt16(offset, little);
    case "uint16":
      return view.getUint16(offset, little);
    case "int32":
      return view.getInt32(offset, little);
    case "uint32":
      return view.getUint32(offset, little);
    case "float32":
      return view.getFloat32(offset, little);
    case "float64":
      return view.getFloat64(offset, little);
  }
}

export interface PlyProperty {
  readonly name: string;
  readonly type: NumberType;
  /** Of a list: the kind of number that its length is. */
  readonly countType?: NumberType;
}

export interface PlyElement {
  readonly name: string;
  readonly count: number;
  readonly properties: readonly PlyProperty[];
}

export interface PlyHeader {
  readonly form: "ascii" | "binary_little_endian" | "binary_big_endian";
  readonly elements: readonly PlyElement[];
  /** Lines of the header. */
  readonly lines: number;
}

/** Lines of a header: real ones have a few dozen. */
const MOST_LINES = 2_000;
/** Numbers of a point or face: what scanners write has at most some dozen. */
const MOST_PROPERTIES = 1_000;

function typeOf(word: string | undefined): NumberType | undefined {
  const names: Readonly<Record<string, NumberType>> = PLY_TYPES;
  if (word === undefined) return undefined;
  if (Object.hasOwn(names, word)) return names[word];
  return Object.hasOwn(TYPE_BYTES, word) ? (word as NumberType) : undefined;
}

function propertyOf(words: readonly string[]): PlyProperty | undefined {
  if (words[1] === "list") {
    const [countType, type, name] = [typeOf(words[2]), typeOf(words[3]), words[4]];
    return countType && type && name !== undefined ? { name, type, countType } : undefined;
  }
  const [type, name] = [typeOf(words[1]), words[2]];
  return type && name !== undefined ? { name, type } : undefined;
}

/** The head of a PLY file (Turk 1994); the cursor stands behind it afterwards. Raises `points.damaged`, `points.truncated`. */
export function plyHeader(cursor: Cursor): PlyHeader {
  const { name } = cursor.bytes;
  let form: PlyHeader["form"] | undefined;
  const elements: { name: string; count: number; properties: PlyProperty[] }[] = [];
  const wrong = (line: number, expected: string, text: string): ClipError =>
    new ClipError(
      "points.damaged",
      `Expected ${expected} in line ${line} of the head of ${name} but found ${JSON.stringify(text.slice(0, 60))}.`,
    );
  for (const { text, number } of cursor.lines()) {
    const words = wordsOf(text);
    if (words[0] === "end_header") {
      if (form === undefined) throw wrong(number, "a format before the head's end", text);
      return { form, elements, lines: number };
    }
    if (number > MOST_LINES) break;
    if (words[0] === "format") {
      form = (["ascii", "binary_little_endian", "binary_big_endian"] as const).find(
        (one) => one === words[1],
      );
      if (form === undefined)
        throw wrong(number, "a format of ascii or binary_little_endian or binary_big_endian", text);
    } else if (words[0] === "element") {
      const count = Number(words[2]);
      if (words[1] === undefined || !Number.isSafeInteger(count) || count < 0)
        throw wrong(number, "element, a name and a count", text);
      elements.push({ name: words[1], count, properties: [] });
    } else if (words[0] === "property") {
      const property = propertyOf(words);
      const last = elements.at(-1);
      if (!property || !last || last.properties.length >= MOST_PROPERTIES)
        throw wrong(number, "a property with a type that PLY has", text);
      last.properties.push(property);
    } else if (words[0] !== "comment" && words[0] !== "obj_info" && words[0] !== "ply" && words.length > 0)
      throw wrong(number, "a line of a PLY head", text);
  }
  throw new ClipError("points.truncated", `Expected end_header in the head of ${name} but there is none.`);
}
