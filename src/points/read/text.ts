import { ClipError } from "../../errors.js";
import type { Shape } from "../shape.js";
import { PointSink } from "../sink.js";
import type { Bytes } from "./bytes.js";
import { badLine, Cursor, numberOf, wordsOf } from "./cursor.js";

/** Three numbers of a line; undefined where one is none. */
function triple(words: readonly string[], at: number): [number, number, number] | undefined {
  const values = [0, 1, 2].map((k) => numberOf(words[at + k]));
  return values.every((value) => value !== undefined) ? (values as [number, number, number]) : undefined;
}

/** A point of an OBJ file's face: `7`, `7/1`, `7//3`, `−1` (the last) → its number from 0; below 0 where there is no such point. */
function cornerOf(word: string, count: number): number | undefined {
  const written = /^(-?\d{1,9})(?:\/|$)/.exec(word)?.[1];
  if (written === undefined) return undefined;
  const number = Number(written);
  return number >= 0 ? number - 1 : count + number;
}

/** Wavefront OBJ: points with or without colours, and faces; all else (textures, normals, groups) is passed over. */
export function readObj(bytes: Bytes): Shape {
  const sink = new PointSink(bytes, true, 1);
  for (const { text, number } of new Cursor(bytes).lines()) {
    const words = wordsOf(text);
    if (words[0] === "v") {
      const point = triple(words, 1);
      if (!point) throw badLine(bytes.name, number, "three coordinates", text);
      const colour = words.length >= 7 ? triple(words, 4) : undefined;
      sink.next();
      sink.add(...point, colour && (colour.map((part) => 255 * part) as [number, number, number]));
    } else if (words[0] === "f") {
      const corners = words.slice(1).map((word) => cornerOf(word, sink.seen));
      if (corners.length < 3 || corners.includes(undefined))
        throw badLine(bytes.name, number, "at least three corners of a face", text);
      if (corners.some((corner) => corner! < 0))
        throw badLine(bytes.name, number, "corners counted from 1, or back from −1,", text);
      sink.face(corners as number[]);
    }
  }
  return sink.finish();
}

/** OFF (Geomview), also with colours, and with the counts on the first line as ModelNet has them. */
export function readOff(bytes: Bytes): Shape {
  const lines = new Cursor(bytes).lines();
  function* rows(): Generator<{ readonly words: string[]; readonly text: string; readonly number: number }> {
    for (const { text, number } of lines) {
      const words = wordsOf(text.replace(/#.*/, ""));
      if (words.length > 0) yield { words, text, number };
    }
  }
  const read = rows();
  const next = (expected: string) => {
    const row = read.next();
    if (row.done)
      throw new ClipError("points.truncated", `Expected ${expected} in ${bytes.name} but it ends before.`);
    return row.value;
  };
  const head = next("a first line OFF");
  const glued = /^[A-Z0-9]*OFF/i.exec(head.words[0]!)?.[0] ?? "";
  const own = [head.words[0]!.slice(glued.length), ...head.words.slice(1)].filter((word) => word !== "");
  const { words, text, number } =
    own.length > 0 ? { ...head, words: own } : next("counts of points and faces");
  const [points = -1, faces = -1] = words.map(Number);
  if (!(Number.isSafeInteger(points) && points >= 0 && Number.isSafeInteger(faces) && faces >= 0))
    throw badLine(bytes.name, number, "counts of points and faces", text);
  const sink = new PointSink(bytes, faces > 0);
  for (let i = 0; i < points; i++) {
    const row = next(`${points} points`);
    if (!sink.next()) continue;
    const point = triple(row.words, 0);
    if (!point) throw badLine(bytes.name, row.number, "three coordinates", row.text);
    sink.add(...point);
  }
  for (let i = 0; i < faces; i++) {
    const row = next(`${faces} faces`);
    const [count = 0, ...rest] = row.words.map(Number);
    const corners = rest.slice(0, count);
    const fine =
      corners.length === count && corners.every((corner) => Number.isSafeInteger(corner) && corner >= 0);
    if (!(count >= 1 && fine)) throw badLine(bytes.name, row.number, "a count and so many corners", row.text);
    sink.face(corners);
  }
  return sink.finish();
}

/** Lines by which the meaning of columns is told. */
const LOOKED_AT = 200;

/** The column where red, green and blue begin; −1 where there is none: whole numbers from 0 to 255 in three columns, some above 1. */
function colourColumn(rows: readonly (readonly number[])[]): number {
  const width = Math.min(...rows.map((row) => row.length));
  const from = width >= 7 ? 4 : width === 6 ? 3 : -1;
  if (from < 0) return -1;
  const values = rows.flatMap((row) => row.slice(from, from + 3));
  const fine = values.every((value) => Number.isInteger(value) && value >= 0 && value <= 255);
  return fine && values.some((value) => value > 1) ? from : -1;
}

/**
 * Lines of numbers between spaces, commas or semicolons (XYZ, PTS, TXT, CSV): x, y, z and whatever else; a count (PTS) or titles on
 * the first line are passed over. Colours are the last three of six columns, or columns 5 to 7 (after an intensity).
 */
export function readXyz(bytes: Bytes): Shape {
  const sink = new PointSink(bytes, false);
  let from: number | undefined;
  let first: number[][] = [];
  const add = (row: readonly number[]): void => {
    const colour =
      from !== undefined && from > 0 ? (row.slice(from, from + 3) as [number, number, number]) : undefined;
    sink.add(row[0]!, row[1]!, row[2]!, colour);
  };
  const settle = (): void => {
    if (from !== undefined) return;
    from = first.length === 0 ? -1 : colourColumn(first);
    for (const row of first) add(row);
    first = [];
  };
  for (const { text, number } of new Cursor(bytes).lines()) {
    if (text.trim() === "" || /^\s*(?:#|\/\/)/.test(text)) continue;
    const begun = sink.seen > 0;
    if (begun && !sink.next()) continue;
    const row = text
      .trim()
      .split(/\s*[,;]\s*|\s+/)
      .map(numberOf);
    const fine = row.length >= 3 && row.every((value) => value !== undefined);
    if (!fine && begun) throw badLine(bytes.name, number, "three numbers or more", text);
    if (!fine) {
      // Titles or a count.
      if (number > 10) throw badLine(bytes.name, number, "three numbers or more", text);
      continue;
    }
    if (!begun) sink.next();
    if (from === undefined) {
      first.push(row as number[]);
      if (first.length === LOOKED_AT) settle();
    } else add(row as number[]);
  }
  settle();
  return sink.finish();
}
