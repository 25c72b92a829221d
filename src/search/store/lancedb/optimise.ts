import type { Table } from "@lancedb/lancedb";
import { throwIfAborted } from "../../../errors.js";
import type { OptimiseOptions, StoreStats } from "../store.js";
import type { Lance } from "./native.js";
import type { Writing } from "./writing.js";

/** Rows from which searches use an index: looking at all of 10,000 × 512 takes 30 ms here, the index 1 to 2 ms. */
export const INDEX_FROM = 10_000;

/** Old versions younger than this, ms, stay: another process may be reading them. */
const KEPT_MS = 10 * 60 * 1000;

/** Share of rows outside the vector index from which it is built anew: many small parts are slow, and know less of the whole. */
const MOST_UNINDEXED = 0.3;

const VECTOR_INDEX = "vector_idx";

/** Columns that rows are looked up by, with an index each. */
const LOOKED_UP = ["id", "hash", "path"] as const;

/** What the index holds; null where there is none. */
export async function indexOf(table: Table): Promise<StoreStats["index"]> {
  const stats = await table.indexStats(VECTOR_INDEX);
  return stats === undefined ? null : { kind: stats.indexType, rows: stats.numIndexedRows };
}

/**
 * Rows that a graph of the index holds on average. A larger one loses some on the way: of a million rows in one graph 0.94 to 0.97 of the
 * ten nearest are found however long it is searched, by how it was built; in four 0.99, and they are built in two thirds of the time.
 */
export const MOST_IN_GRAPH = 250_000;

/** As many graphs as LanceDB searches for each query. */
const MOST_GRAPHS = 20;

/** HNSW over vectors of bytes; what it finds is ranked anew by the vectors themselves. By `dot` it would find next to nothing. */
async function buildIndex(table: Table, { Index }: Lance, rows: number): Promise<void> {
  const numPartitions = Math.min(MOST_GRAPHS, Math.ceil(rows / MOST_IN_GRAPH));
  const config = Index.hnswSq({ distanceType: "l2", m: 16, efConstruction: 150, numPartitions });
  await table.createIndex("vector", { config, replace: true, name: VECTOR_INDEX });
}

/**
 * Small files into large ones, an index where there are rows enough, then old versions away. Gathering and cleaning keep writers
 * waiting for seconds; the index, which takes minutes, is built beside them.
 */
export async function optimise(
  table: Table,
  lance: Lance,
  writing: Writing,
  { onProgress, signal }: OptimiseOptions,
): Promise<void> {
  const step = (name: "compact" | "index" | "clean"): void => {
    throwIfAborted(signal);
    onProgress?.({ step: name });
  };
  step("compact");
  // Also takes rows that came since into the indexes that are there.
  const rows = await table.countRows();
  const before = await indexOf(table);
  await writing.run(() => table.optimize({ cleanupOlderThan: new Date(Date.now() - KEPT_MS) }));
  if (rows >= INDEX_FROM) {
    step("index");
    await writing.locked(async () => {
      const there = new Set((await table.listIndices()).flatMap(({ columns }) => columns));
      for (const column of LOOKED_UP) {
        throwIfAborted(signal);
        if (!there.has(column)) await table.createIndex(column, { config: lance.Index.btree() });
      }
      throwIfAborted(signal);
      if (before === null || rows - before.rows > MOST_UNINDEXED * rows) await buildIndex(table, lance, rows);
    });
  }
  step("clean");
  await writing.run(() => table.optimize({ cleanupOlderThan: new Date(Date.now() - KEPT_MS) }));
}
