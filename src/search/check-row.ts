import { ClipError } from "../errors.js";
import { type Column, type Row, rowId } from "./row.js";

/** Longest path: that of Windows; an S3 address is shorter. */
export const MOST_PATH = 32_767;
/** Labels of a row: whole sets of labels are some thousands, of which a picture shows few. */
export const MOST_LABELS = 1_000;
/** Characters of a label: a short sentence. */
export const MOST_LABEL = 1_000;
/** Characters of a caption: a page; Milvus holds 65,535 bytes. */
export const MOST_CAPTION = 10_000;
/** Characters of a camera's name; damaged EXIF data has any length. */
export const MOST_CAMERA = 500;
/** Bytes of a thumbnail: 256 pixels as a JPEG are about 15 kB; Milvus holds 65,535 as text. */
export const MOST_THUMBNAIL = 48_000;
/** How far the length of a vector may be from 1: rounding to half floats, with room. */
const LENGTH_ERROR = 1e-2;

const HEX = /^[0-9a-f]*$/;

function isHex(text: string, digits: number): boolean {
  return text.length === digits && HEX.test(text);
}

/** Text that is the same after it was written as UTF-8. */
function isText(text: unknown, most: number): boolean {
  return typeof text === "string" && text.length <= most && !/\p{Surrogate}/u.test(text);
}

const isWhole = (value: number): boolean => Number.isSafeInteger(value);
const isSize = (value: number): boolean => isWhole(value) && value >= 0;
const orNull = <T>(value: T | null, is: (value: T) => boolean): boolean => value === null || is(value);
const within = (most: number) => (value: number) => Math.abs(value) <= most;

/** What each column may hold: a check and its words. `id` and `vector` are looked at by `checkRow`. */
const CHECKS: {
  readonly [C in Exclude<Column, "id" | "vector">]: readonly [(value: Row[C]) => boolean, string];
} = {
  path: [
    (path) => path !== "" && isText(path, MOST_PATH),
    `1 to ${MOST_PATH} characters that UTF-8 can write`,
  ],
  time: [(time) => orNull(time, isSize), "whole milliseconds or null"],
  hash: [(hash) => isHex(hash, 64), "64 hex digits"],
  bytes: [isSize, "a whole number from 0"],
  modified: [isWhole, "whole milliseconds"],
  width: [isSize, "a whole number from 0"],
  height: [isSize, "a whole number from 0"],
  taken: [(taken) => orNull(taken, isWhole), "whole milliseconds or null"],
  latitude: [(latitude) => orNull(latitude, within(90)), "−90..90 or null"],
  longitude: [(longitude) => orNull(longitude, within(180)), "−180..180 or null"],
  camera: [
    (camera) => orNull(camera, (text) => isText(text, MOST_CAMERA)),
    `at most ${MOST_CAMERA} characters or null`,
  ],
  labels: [
    (labels) => labels.length <= MOST_LABELS && labels.every((label) => isText(label, MOST_LABEL)),
    `at most ${MOST_LABELS} labels of at most ${MOST_LABEL} characters`,
  ],
  caption: [
    (caption) => orNull(caption, (text) => isText(text, MOST_CAPTION)),
    `at most ${MOST_CAPTION} characters or null`,
  ],
  perceptual: [(hash) => isHex(hash, 16), "16 hex digits"],
  sharpness: [(sharpness) => Number.isFinite(sharpness) && sharpness >= 0, "a number from 0"],
  blank: [(blank) => typeof blank === "boolean", "true or false"],
  thumbnail: [
    (thumbnail) => orNull(thumbnail, (bytes) => bytes.length <= MOST_THUMBNAIL),
    `at most ${MOST_THUMBNAIL} bytes or null`,
  ],
  indexed: [isWhole, "whole milliseconds"],
};

function wrong(id: string, column: string, expected: string): ClipError {
  return new ClipError(
    "search.row",
    `Expected ${column} of the row ${JSON.stringify(id)} to be ${expected} but it is not.`,
  );
}

/** Raises `search.row` where one of the given columns holds what no store could keep as it is. */
export function checkColumns(id: string, columns: Partial<Omit<Row, "id" | "vector">>): void {
  for (const name of Object.keys(columns) as (keyof typeof CHECKS)[]) {
    const [is, expected] = CHECKS[name] as readonly [(value: unknown) => boolean, string];
    if (columns[name] !== undefined && !is(columns[name])) throw wrong(id, name, expected);
  }
}

/** Raises `search.row` where a row is none, or its vector has another length. */
export function checkRow({ id, vector, ...columns }: Row, dim: number): void {
  checkColumns(id, columns);
  if (id !== rowId(columns.path, columns.time)) throw wrong(id, "id", "rowId of its path and time");
  let squares = 0;
  for (let i = 0; i < vector.length; i++) squares += vector[i]! * vector[i]!;
  const isUnit = Math.abs(squares - 1) < LENGTH_ERROR;
  if (vector.length !== dim || !isUnit) throw wrong(id, "vector", `${dim} numbers of length 1 together`);
}
