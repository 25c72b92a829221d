import { rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { AsyncBuffer, FileMetaData, SchemaElement } from "hyparquet";
import { ClipError, cannotWrite } from "../../errors.js";
import { partialName, publishFile } from "../../models/atomic.js";
import { makeFolder } from "../../models/folder.js";
import type { Row } from "../row.js";
import type { StoreModel } from "../store/store.js";
import { BATCH, cannotRead, type RowReader, type RowWriter } from "./files.js";
import { KINDS, modelOfJson, RECORD, type RowRecord, recordOf, rowOfRecord } from "./record.js";

/** Under this key the file says which model made its vectors. */
const KEY = "zeroclip";
/** Rows of a group, which is in memory as a whole: 10,000 × 512 numbers are 20 MB. */
const GROUP = 10_000;
/** Columns that are no whole numbers. */
const REAL: ReadonlySet<string> = new Set(["latitude", "longitude", "sharpness"]);

type Repetition = { readonly repetition_type: "REQUIRED" | "OPTIONAL" };

function list(name: string, element: Pick<SchemaElement, "type" | "converted_type">): SchemaElement[] {
  return [
    { name, repetition_type: "REQUIRED", converted_type: "LIST", num_children: 1 },
    { name: "list", repetition_type: "REPEATED", num_children: 1 },
    { name: "element", repetition_type: "REQUIRED", ...element },
  ];
}

function column(name: (typeof RECORD)[number]): SchemaElement[] {
  const [kind, nullable] = KINDS[name];
  const repetition: Repetition = { repetition_type: nullable ? "OPTIONAL" : "REQUIRED" };
  if (kind === "texts") return list(name, { type: "BYTE_ARRAY", converted_type: "UTF8" });
  if (kind === "truth") return [{ name, type: "BOOLEAN", ...repetition }];
  if (kind === "text") return [{ name, type: "BYTE_ARRAY", converted_type: "UTF8", ...repetition }];
  return [{ name, type: REAL.has(name) ? "DOUBLE" : "INT64", ...repetition }];
}

const SCHEMA: SchemaElement[] = [
  { name: "rows", num_children: RECORD.length + 1 },
  ...RECORD.flatMap(column),
  ...list("vector", { type: "FLOAT" }),
];

/** A value as its column holds it: whole numbers have 64 bits. */
function stored(name: (typeof RECORD)[number], value: unknown): unknown {
  return typeof value === "number" && !REAL.has(name) ? BigInt(value) : value;
}

/** One file; a group of rows is written at a time. */
export async function writeParquet(path: string, model: StoreModel): Promise<RowWriter> {
  const { fileWriter, ParquetWriter } = await import("hyparquet-writer");
  const partial = partialName(path);
  let waiting: Row[] = [];
  const guarded = async <T>(work: () => T | Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw cannotWrite(path, error);
    }
  };
  const writer = await guarded(async () => {
    await makeFolder(dirname(path));
    const kvMetadata = [{ key: KEY, value: JSON.stringify(model) }];
    return new ParquetWriter({
      writer: fileWriter(partial),
      schema: SCHEMA,
      kvMetadata,
      createdBy: "zeroclip",
    });
  });
  const group = async (): Promise<void> => {
    const records = waiting.map((row) => recordOf(row));
    const columns = RECORD.map((name) => ({
      name,
      data: records.map((record) => stored(name, record[name])),
    }));
    const vectors = { name: "vector", data: waiting.map(({ vector }) => Array.from(vector)) };
    waiting = [];
    await writer.write({ columnData: [...columns, vectors], rowGroupSize: GROUP });
  };
  return {
    add: (rows) =>
      guarded(async () => {
        waiting.push(...rows);
        if (waiting.length >= GROUP) await group();
      }),
    finish: () =>
      guarded(async () => {
        if (waiting.length > 0) await group();
        await writer.finish();
        await publishFile(partial, path);
      }),
    [Symbol.asyncDispose]: () => rm(partial, { force: true }),
  };
}

/** Raises `search.import` where it is no Parquet file of rows. */
export async function readParquet(path: string): Promise<RowReader> {
  const { asyncBufferFromFile, parquetMetadataAsync } = await import("hyparquet");
  try {
    const file = await asyncBufferFromFile(path);
    const metadata = await parquetMetadataAsync(file);
    const said = metadata.key_value_metadata?.find(({ key }) => key === KEY)?.value;
    const model = modelOfJson(said === undefined ? undefined : JSON.parse(said), path);
    const rows = Number(metadata.num_rows);
    return {
      model,
      rows,
      read: () => readRows(path, file, metadata, model),
      [Symbol.asyncDispose]: async () => {},
    };
  } catch (error) {
    throw cannotRead(path, error);
  }
}

async function* readRows(
  path: string,
  file: AsyncBuffer,
  metadata: FileMetaData,
  { dim }: StoreModel,
): AsyncGenerator<Row[]> {
  const { parquetReadObjects } = await import("hyparquet");
  const total = Number(metadata.num_rows);
  for (let rowStart = 0; rowStart < total; rowStart += BATCH) {
    const rowEnd = Math.min(total, rowStart + BATCH);
    const found = await parquetReadObjects({ file, metadata, rowStart, rowEnd }).catch((error: unknown) => {
      throw cannotRead(path, error);
    });
    yield found.map((record, i) => rowOf(record, `row ${rowStart + i + 1} of ${path}`, dim));
  }
}

function rowOf(found: Record<string, unknown>, place: string, dim: number): Row {
  const values = Object.entries(found).map(([name, value]) => [
    name,
    typeof value === "bigint" ? Number(value) : value,
  ]);
  const { vector, ...record } = Object.fromEntries(values) as RowRecord & { vector?: unknown };
  const numbers = Array.isArray(vector) ? vector : [];
  if (numbers.length !== dim || !numbers.every((one) => typeof one === "number")) {
    throw new ClipError("search.import", `Expected a vector of ${dim} numbers in ${place}.`);
  }
  return rowOfRecord(record, Float32Array.from(numbers as number[]), place);
}
