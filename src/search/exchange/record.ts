import { ClipError } from "../../errors.js";
import { checkRow } from "../check-row.js";
import { type Column, FACTS, type Row } from "../row.js";
import type { StoreModel } from "../store/store.js";

/** A row as files hold it: all columns but the vector, the thumbnail as base64. */
export type RowRecord = Readonly<Record<Exclude<Column, "vector">, unknown>>;

type Kind = "text" | "number" | "truth" | "texts";

/** What each column is, and whether it may be null. */
export const KINDS: Readonly<Record<Exclude<Column, "vector">, readonly [Kind, nullable: boolean]>> = {
  id: ["text", false],
  path: ["text", false],
  time: ["number", true],
  hash: ["text", false],
  bytes: ["number", false],
  modified: ["number", false],
  width: ["number", false],
  height: ["number", false],
  taken: ["number", true],
  latitude: ["number", true],
  longitude: ["number", true],
  camera: ["text", true],
  labels: ["texts", false],
  caption: ["text", true],
  perceptual: ["text", false],
  sharpness: ["number", false],
  blank: ["truth", false],
  indexed: ["number", false],
  thumbnail: ["text", true],
};

export const RECORD = [...FACTS, "thumbnail"] as const;

const IS: Readonly<Record<Kind, (value: unknown) => boolean>> = {
  text: (value) => typeof value === "string",
  number: (value) => typeof value === "number",
  truth: (value) => typeof value === "boolean",
  texts: (value) => Array.isArray(value) && value.every((item) => typeof item === "string"),
};

export function recordOf(row: Omit<Row, "vector">): RowRecord {
  const { thumbnail } = row;
  return { ...row, thumbnail: thumbnail && Buffer.from(thumbnail).toString("base64") };
}

/** A record of a file → its row. Raises `search.import` with its place, where a store would not keep it as it is. */
export function rowOfRecord(record: unknown, vector: Float32Array, place: string): Row {
  const wrong = (what: string): ClipError =>
    new ClipError("search.import", `Expected a row of a picture in ${place} but ${what}.`);
  if (typeof record !== "object" || record === null) throw wrong("it is none");
  const values = record as Record<string, unknown>;
  for (const name of RECORD) {
    const [kind, nullable] = KINDS[name];
    const value = values[name] ?? null;
    if (value === null ? !nullable : !IS[kind](value)) throw wrong(`its ${name} is no ${kind}`);
  }
  const own = Object.fromEntries(RECORD.map((name) => [name, values[name] ?? null]));
  const thumbnail =
    own.thumbnail === null ? null : new Uint8Array(Buffer.from(String(own.thumbnail), "base64"));
  const row = { ...own, thumbnail, vector } as unknown as Row;
  try {
    checkRow(row, vector.length);
  } catch (error) {
    throw wrong((error as Error).message.replace(/^Expected/, "a store expects").replace(/\.$/, ""));
  }
  return row;
}

/** The model of a file of rows. Raises `search.import`. */
export function modelOfJson(value: unknown, place: string): StoreModel {
  const { name, revision, precision, dim } = (value ?? {}) as Record<string, unknown>;
  const isModel =
    typeof name === "string" &&
    typeof revision === "string" &&
    (precision === "fp32" || precision === "fp16" || precision === "int8" || precision === "mixed") &&
    Number.isInteger(dim) &&
    Number(dim) >= 1 &&
    Number(dim) <= MOST_DIM;
  if (isModel) return { name, revision, precision, dim: Number(dim) };
  throw new ClipError("search.import", `Expected the model of the vectors in ${place} but found none.`);
}

/** Longest vector: some times that of the largest CLIP. */
const MOST_DIM = 65_536;
