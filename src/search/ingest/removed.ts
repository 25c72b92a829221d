import { throwIfAborted } from "../../errors.js";
import { folderStart } from "../store/filter.js";
import type { Store } from "../store/store.js";
import type { Tally } from "./report.js";
import type { CompactMap } from "./seen.js";

/** Rows that are removed at once. */
const BATCH = 1_000;

/** A folder that was walked. */
export interface Walked {
  /** The path of a row without its file's name. */
  readonly folder: string;
  /** True where no picture or video was found in it at all. */
  readonly empty: boolean;
}

/** What decides which rows go. */
export interface Remaining {
  readonly seen: CompactMap;
  /** Files and folders that could not be looked at: rows at and below them stay. */
  readonly hidden: readonly string[];
  /** True: also where nothing is left in a folder, as if it were a share that is away. */
  readonly removeAll: boolean;
  readonly signal: AbortSignal | undefined;
}

/** Removes the rows of files that are in the folders no more. What could not be looked at keeps its rows. */
export async function removeGone(
  store: Store,
  walked: readonly Walked[],
  { seen, hidden, removeAll, signal }: Remaining,
  tally: Tally,
): Promise<void> {
  const starts = hidden.map(folderStart);
  const isHidden = (path: string): boolean =>
    hidden.includes(path) || starts.some((start) => path.startsWith(start));
  for (const { folder, empty } of walked) {
    const columns = ["path"] as const;
    const gone: string[] = [];
    for await (const rows of store.scan({ filter: { folder }, columns, ...(signal ? { signal } : {}) })) {
      for (const { id, path } of rows) {
        if (seen.has(path)) continue;
        if (isHidden(path) || (empty && !removeAll)) tally.add("kept");
        else gone.push(id);
      }
    }
    for (let from = 0; from < gone.length; from += BATCH) {
      throwIfAborted(signal);
      const ids = gone.slice(from, from + BATCH);
      await store.remove(ids);
      tally.add("removed", ids.length);
    }
  }
}
