import type { DataType, RecordBatch, Schema, Table, Vector } from "apache-arrow";
import { decodeF16, encodeF16 } from "../../../math/float16.js";
import type { Column, Fact, Row } from "../../row.js";
import { FACTS } from "../../row.js";
import type { Arrow } from "./native.js";

/** What numbers of vectors are in this store. LanceDB searches no bytes: with `int8` it refuses a query of floats. */
export type LanceEncoding = "f32" | "f16";

export const ENCODINGS: readonly LanceEncoding[] = ["f16", "f32"];

const NULLABLE: ReadonlySet<Column> = new Set([
  "time",
  "taken",
  "latitude",
  "longitude",
  "camera",
  "caption",
  "thumbnail",
]);

const TEXTS: ReadonlySet<Column> = new Set(["id", "path", "hash", "camera", "caption", "perceptual"]);

/** All columns, in the order of the table. */
export const COLUMNS: readonly Column[] = [...FACTS, "thumbnail", "vector"];

/** Numbers are doubles, so that times and sizes stay what they are in JavaScript. */
function typeOf(arrow: Arrow, column: Exclude<Column, "vector">): DataType {
  if (TEXTS.has(column)) return new arrow.Utf8();
  if (column === "labels") return new arrow.List(new arrow.Field("item", new arrow.Utf8(), true));
  if (column === "blank") return new arrow.Bool();
  return column === "thumbnail" ? new arrow.Binary() : new arrow.Float64();
}

/** The table's columns and types. */
export function schemaOf(arrow: Arrow, dim: number, encoding: LanceEncoding): Schema {
  const number = encoding === "f16" ? new arrow.Float16() : new arrow.Float32();
  const vector = new arrow.FixedSizeList(dim, new arrow.Field("item", number, true));
  return new arrow.Schema(
    COLUMNS.map((column) => {
      const type = column === "vector" ? vector : typeOf(arrow, column);
      return new arrow.Field(column, type, NULLABLE.has(column));
    }),
  );
}

/** Rows, or some of their columns, → a table with those columns of the schema. */
export function tableOf<C extends Column>(
  arrow: Arrow,
  whole: Schema,
  columns: readonly C[],
  rows: readonly Pick<Row, C>[],
): Table {
  const fields = columns.map((column) => whole.fields.find(({ name }) => name === column)!);
  const schema = new arrow.Schema(fields);
  const children = fields.map(({ name, type }) => {
    const column = name as C;
    if (column !== "vector") {
      return arrow.vectorFromArray(
        rows.map((row) => row[column]),
        type,
      ).data[0]!;
    }
    const child = vectorData(arrow, type, rows as readonly Pick<Row, "vector">[]);
    return arrow.makeData({ type, length: rows.length, child } as never);
  });
  const data = arrow.makeData({ type: new arrow.Struct(fields), length: rows.length, children });
  return new arrow.Table(schema, [new arrow.RecordBatch(schema, data)]);
}

function vectorData(arrow: Arrow, type: DataType, rows: readonly Pick<Row, "vector">[]) {
  const dim = rows[0]?.vector.length ?? 0;
  const values = new Float32Array(rows.length * dim);
  for (const [i, { vector }] of rows.entries()) values.set(vector, i * dim);
  const isHalf = arrow.DataType.isFloat(type.children[0]!.type) && type.children[0]!.type.precision === 0;
  return isHalf
    ? arrow.makeData({ type: new arrow.Float16(), length: values.length, data: encodeF16(values) })
    : arrow.makeData({ type: new arrow.Float32(), length: values.length, data: values });
}

function cellOf(column: Column, found: unknown): unknown {
  if (found === null) return null;
  if (column === "labels") return [...(found as Vector)];
  if (column === "thumbnail") return (found as Uint8Array).slice();
  if (column !== "vector") return found;
  const numbers = (found as Vector).toArray() as Uint16Array | Float32Array;
  return numbers instanceof Uint16Array ? decodeF16(numbers) : numbers.slice();
}

/** What a query gave → rows with the given columns. */
export function rowsOf<C extends Column = Fact>(batch: RecordBatch, columns: readonly C[]): Pick<Row, C>[] {
  const vectors = columns.map((column) => batch.getChild(column)!);
  return Array.from({ length: batch.numRows }, (_, at) => {
    const row: Partial<Record<Column, unknown>> = {};
    for (const [i, column] of columns.entries()) row[column] = cellOf(column, vectors[i]!.get(at));
    return row as Pick<Row, C>;
  });
}
