import { throwIfAborted } from "../../errors.js";
import { checkModel } from "../store/identity.js";
import type { Store, StoreModel } from "../store/store.js";
import { formOf, type RowReader } from "./files.js";
import { readJsonl } from "./jsonl.js";

export interface ImportOptions {
  readonly signal?: AbortSignal;
  /** Each row is done twice: checked, then put. */
  readonly onProgress?: (progress: {
    readonly step: "check" | "put";
    readonly done: number;
    readonly total: number;
  }) => void;
}

/** A file that `exportRows` wrote. Raises `usage.out` and `search.import`. */
export async function openRows(path: string): Promise<RowReader> {
  return formOf(path) === "jsonl" ? readJsonl(path) : (await import("./parquet.js")).readParquet(path);
}

/**
 * Rows of a file into the store that `open` gives for their model, which is closed afterwards → how many. All are checked before the first is put; rows of
 * the same id are replaced, so that the same import again changes nothing. Raises `search.import` with the place of a row that no
 * store would keep, `search.model`, what the store raises, and `aborted`.
 */
export async function importRows(
  path: string,
  open: (model: StoreModel) => Promise<Store>,
  { signal, onProgress }: ImportOptions = {},
): Promise<number> {
  await using file = await openRows(path);
  const total = file.rows;
  const each = async (step: "check" | "put", put?: Store): Promise<void> => {
    let done = 0;
    for await (const rows of file.read()) {
      throwIfAborted(signal);
      await put?.put(rows);
      done += rows.length;
      onProgress?.({ step, done, total });
    }
  };
  await each("check");
  await using store = await open(file.model);
  checkModel(store.identity.model, file.model, store.address);
  await using _held = await store.hold();
  await each("put", store);
  return total;
}
