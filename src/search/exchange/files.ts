import { ClipError } from "../../errors.js";
import type { Row } from "../row.js";
import type { StoreModel } from "../store/store.js";

/** Rows on their way into a file. Left without `finish` it leaves none. */
export interface RowWriter extends AsyncDisposable {
  add(rows: readonly Row[]): Promise<void>;
  /** The file appears, whole. */
  finish(): Promise<void>;
}

/** A file of rows. */
export interface RowReader extends AsyncDisposable {
  readonly model: StoreModel;
  readonly rows: number;
  /** From the beginning, each checked. Raises `search.import`. */
  read(): AsyncGenerator<Row[]>;
}

/** Rows a batch of a file that is written or read. */
export const BATCH = 1_000;

/** What a file of rows is by its name. Raises `usage.out`. */
export function formOf(path: string): "jsonl" | "parquet" {
  if (path.endsWith(".jsonl")) return "jsonl";
  if (path.endsWith(".parquet")) return "parquet";
  throw new ClipError("usage.out", `Expected a file that ends in .jsonl or .parquet but received ${path}.`);
}

export function cannotRead(path: string, error: unknown): ClipError {
  if (error instanceof ClipError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  const why = code === "ENOENT" ? "there is no such file" : message.split("\n", 1)[0];
  return new ClipError("search.import", `Expected rows in ${path} but ${why}.`, { cause: error });
}
