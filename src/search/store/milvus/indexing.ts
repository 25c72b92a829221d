import { throwIfAborted } from "../../../errors.js";
import type { NearestOptions, OptimiseOptions, StoreStats } from "../store.js";
import { type Connection, TIMEOUT } from "./client.js";

/** Kinds of index, by the number of rows from which they are taken. */
const KINDS = [
  // Every vector is looked at: 10,000 × 512 take some milliseconds.
  { from: 0, type: "FLAT", params: {} },
  // A graph in memory beside the vectors: 2.3 kB a row of 512 numbers.
  { from: 10_000, type: "HNSW", params: { M: 16, efConstruction: 200 } },
  // Vectors of bytes in lists: 0.6 kB a row.
  { from: 20_000_000, type: "IVF_SQ8", params: { nlist: 16_384 } },
  // A graph on SSDs: 0.13 kB of memory a row.
  { from: 200_000_000, type: "DISKANN", params: {} },
] as const;

type Kind = (typeof KINDS)[number];

/** The kind that so many rows want. */
export function kindFor(rows: number): Kind {
  return KINDS.findLast(({ from }) => rows >= from)!;
}

/** Milvus exchanges an index by taking the collection out of service; longest wait, ms, for a large one. */
const BUILD_MS = 60 * 60 * 1000;
const VECTOR = "vector";
/** Columns that rows are looked up by. */
const LOOKED_UP = ["hash", "path"] as const;

interface Index {
  readonly type: string;
  readonly rows: number;
}

/** The index of a column; undefined where there is none. */
async function indexIn(
  connection: Connection,
  collection: string,
  column: string,
): Promise<Index | undefined> {
  const request = { ...TIMEOUT, collection_name: collection };
  const names = await connection.call((client) => client.describeIndex(request).then(orNone));
  const found = names.index_descriptions.find(({ field_name }) => field_name === column);
  const type = found?.params.find(({ key }) => key === "index_type")?.value;
  return found && type ? { type: String(type), rows: Number(found.indexed_rows) } : undefined;
}

/** Milvus refuses to describe the indexes of a collection that has none. */
function orNone<T extends { status: { code?: number; error_code?: string | number } }>(answer: T): T {
  const isNone = answer.status.code === 700 || answer.status.error_code === "IndexNotExist";
  return isNone ? { ...answer, status: { code: 0, error_code: "Success" }, index_descriptions: [] } : answer;
}

/** What searches use; null where they look at every vector. */
export async function indexOf(connection: Connection, collection: string): Promise<StoreStats["index"]> {
  const index = await indexIn(connection, collection, VECTOR);
  return index === undefined || index.type === "FLAT" ? null : { kind: index.type, rows: index.rows };
}

async function makeIndex(connection: Connection, collection: string, { type, params }: Kind): Promise<void> {
  const index = { index_name: VECTOR, index_type: type, metric_type: "COSINE", params };
  const request = { timeout: BUILD_MS, collection_name: collection, field_name: VECTOR, ...index };
  await connection.call((client) => client.createIndex(request));
}

/** Makes an index where there is none; another process may be doing it at the same time. */
async function ensure(
  connection: Connection,
  collection: string,
  column: string,
  make: () => Promise<unknown>,
): Promise<void> {
  if (await indexIn(connection, collection, column)) return;
  try {
    await make();
  } catch (error) {
    if (!(await indexIn(connection, collection, column))) throw error;
  }
}

/** Makes a collection answer: with an index, as Milvus wants one, and in memory. What is there already stays. */
export async function makeReady(connection: Connection, collection: string): Promise<void> {
  const request = { timeout: BUILD_MS, collection_name: collection };
  for (const column of LOOKED_UP) {
    const index = { field_name: column, index_type: "INVERTED", index_name: column };
    await ensure(connection, collection, column, () =>
      connection.call((client) => client.createIndex({ ...request, ...index })),
    );
  }
  await ensure(connection, collection, VECTOR, () => makeIndex(connection, collection, KINDS[0]));
  await connection.call((client) => client.loadCollection(request));
}

/**
 * Writes what is in memory to disk and, where there are now rows enough for another kind of index, exchanges it. Meanwhile the
 * collection answers no queries: calls wait for some seconds, then fail.
 */
export async function optimise(
  connection: Connection,
  collection: string,
  rows: number,
  { onProgress, signal }: OptimiseOptions,
): Promise<void> {
  const request = { timeout: BUILD_MS, collection_name: collection };
  throwIfAborted(signal);
  onProgress?.({ step: "compact" });
  await connection.call((client) => client.flush({ timeout: BUILD_MS, collection_names: [collection] }));
  throwIfAborted(signal);
  const kind = kindFor(rows);
  const there = await indexIn(connection, collection, VECTOR);
  // One that somebody made by hand (SCANN, one for GPUs) stays; so does a larger kind than is wanted now.
  const isOurs = there === undefined || KINDS.some(({ type }) => type === there.type);
  const has = KINDS.findIndex(({ type }) => type === there?.type);
  if (!isOurs || has >= KINDS.indexOf(kind)) return;
  onProgress?.({ step: "index" });
  await connection.call((client) => client.releaseCollection(request));
  const index = { field_name: VECTOR, index_name: VECTOR };
  if (there) await connection.call((client) => client.dropIndex({ ...request, ...index }));
  await makeIndex(connection, collection, kind);
  await connection.call((client) => client.loadCollection(request));
}

/** Widest search of a graph that servers allow. */
const MOST_EF = 32_768;

/** Candidates that a search of DISKANN keeps, at least. */
const LEAST_LIST = 100;

/** How wide an index is searched. Of each kind the server takes what it knows. */
export function searchParams({ k, exact = false }: NearestOptions): Readonly<Record<string, number>> {
  const ef = exact ? MOST_EF : Math.min(MOST_EF, Math.max(128, 2 * k));
  return { ef, nprobe: exact ? 16_384 : 64, search_list: Math.max(LEAST_LIST, 2 * k) };
}
