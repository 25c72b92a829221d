import type { Column, Row } from "../../row.js";
import { type Connection, TIMEOUT } from "./client.js";
import { isIn } from "./expression.js";
import { COLUMNS, recordOf, rowOf, sizeOf } from "./rows.js";

/** Ids of a condition: a text of 36 kB. */
export const IDS_AT_ONCE = 1_000;
/** Bytes of one request; servers take 64 MB. */
const MOST_BYTES = 16 * 1024 * 1024;
/** Rows of one request, so that the client's own copies of it stay small. */
const ROWS_AT_ONCE = 2_000;
/** Rows of one answer; servers give 16,384. */
const MOST_LIMIT = 10_000;
/** Bytes of a thumbnail as text: most are a third of that. */
const THUMBNAIL_BYTES = 64_000;

/** Rows of these columns that one answer may hold. */
export function rowsAtOnce(columns: readonly Column[], dim: number): number {
  let bytes = 1_000;
  if (columns.includes("vector")) bytes += 4 * dim;
  if (columns.includes("thumbnail")) bytes += THUMBNAIL_BYTES;
  return Math.max(1, Math.min(MOST_LIMIT, Math.floor((2 * MOST_BYTES) / bytes)));
}

type Record = ReturnType<typeof recordOf>;

/** Records in requests of a size that servers take. */
function* requests(records: Iterable<Record>): Generator<Record[]> {
  let [part, bytes]: [Record[], number] = [[], 0];
  for (const record of records) {
    const size = sizeOf(record);
    if (part.length > 0 && (part.length >= ROWS_AT_ONCE || bytes + size > MOST_BYTES)) {
      yield part;
      [part, bytes] = [[], 0];
    }
    part.push(record);
    bytes += size;
  }
  if (part.length > 0) yield part;
}

/** Inserts or replaces whole rows, or changes the given columns of rows that are there. */
export async function writeRows<C extends Column>(
  connection: Connection,
  collection: string,
  columns: readonly C[],
  rows: readonly Pick<Row, C>[],
): Promise<void> {
  const partial_update = columns.length < COLUMNS.length;
  // All are made first: of rows of which one can't be kept, none is sent.
  for (const data of requests(rows.map((row) => recordOf(row, columns)))) {
    const request = { ...TIMEOUT, collection_name: collection, data: data as never, partial_update };
    await connection.call((client) => client.upsert({ ...request }));
  }
}

export async function removeIds(
  connection: Connection,
  collection: string,
  ids: readonly string[],
): Promise<void> {
  for (let from = 0; from < ids.length; from += IDS_AT_ONCE) {
    const filter = isIn("id", ids.slice(from, from + IDS_AT_ONCE));
    const request = { ...TIMEOUT, collection_name: collection, filter };
    await connection.call((client) => client.delete({ ...request }));
  }
}

/** The rows with the lowest ids for which `where` holds, in order, `limit` at most. */
export async function readRows<C extends Column>(
  connection: Connection,
  collection: string,
  where: string,
  columns: readonly C[],
  limit: number,
): Promise<Pick<Row, C | "id">[]> {
  const wanted = [...new Set<C | "id">(["id", ...columns])];
  const { data } = await connection.call((client) =>
    client.query({
      ...TIMEOUT,
      collection_name: collection,
      filter: where,
      output_fields: wanted,
      limit,
      // What its own iterators ask for: the lowest ids of all segments, in order.
      params: { iterator: "True", reduce_stop_for_best: "True" },
    }),
  );
  return data.map((record) => rowOf(record, wanted));
}

/** How many rows fulfil `where`; "" is all of them. */
export async function countRows(connection: Connection, collection: string, where: string): Promise<number> {
  const request = { ...TIMEOUT, collection_name: collection, filter: where, output_fields: ["count(*)"] };
  const { data } = await connection.call((client) => client.query({ ...request }));
  return Number(data[0]!["count(*)"]);
}
