import { FACTS } from "../row.js";
import type { Filter } from "../store/filter.js";
import type { Store } from "../store/store.js";
import { BATCH, formOf } from "./files.js";
import { writeJsonl } from "./jsonl.js";

export interface ExportOptions {
  readonly filter?: Filter;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

/**
 * Rows → F.jsonl with F.npy and F.npy.json, or F.parquet; a batch is in memory at a time, and files appear whole or not at all. → how
 * many there are. Raises `usage.out`, what the store raises, and `aborted`.
 */
export async function exportRows(store: Store, path: string, options: ExportOptions = {}): Promise<number> {
  const { filter = {}, signal, onProgress } = options;
  const form = formOf(path);
  const total = await store.count(filter);
  const { model } = store.identity;
  await using writer =
    form === "jsonl"
      ? await writeJsonl(path, model)
      : await (await import("./parquet.js")).writeParquet(path, model);
  let done = 0;
  const columns = [...FACTS, "thumbnail", "vector"] as const;
  for await (const rows of store.scan({ filter, columns, batch: BATCH, ...(signal ? { signal } : {}) })) {
    await writer.add(rows);
    done += rows.length;
    onProgress?.({ done, total });
  }
  await writer.finish();
  return done;
}
