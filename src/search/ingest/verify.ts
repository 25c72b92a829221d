import { stat } from "node:fs/promises";
import { asClipError, ClipError, throwIfAborted } from "../../errors.js";
import { checkRow } from "../check-row.js";
import { FACTS } from "../row.js";
import type { Filter } from "../store/filter.js";
import type { Store } from "../store/store.js";
import { CompactMap } from "./seen.js";
import { hashFile } from "./videos.js";

/** What is wrong with a row: no file, other content, a file that can't be read, a row that no store would take. */
export type Fault = "missing" | "changed" | "unreadable" | "damaged";

export interface VerifyReport {
  readonly rows: number;
  readonly files: number;
  readonly missing: number;
  readonly changed: number;
  readonly unreadable: number;
  readonly damaged: number;
  /** The first 1,000. */
  readonly faults: readonly { readonly path: string; readonly fault: Fault; readonly message: string }[];
}

export interface VerifyOptions {
  readonly filter?: Filter;
  /** False: files are not read, and have changed where their size or time has. Default true. */
  readonly content?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

const MOST_NAMED = 1_000;
/** Rows that are in memory with their vectors. */
const BATCH = 500;

/** Looks at each file that a store has rows of, and at each row. Changes nothing. Raises what the store raises, and `aborted`. */
export async function verifyFiles(store: Store, options: VerifyOptions = {}): Promise<VerifyReport> {
  const { filter = {}, content = true, signal, onProgress } = options;
  const total = await store.count(filter);
  const counts = { rows: 0, files: 0, missing: 0, changed: 0, unreadable: 0, damaged: 0 };
  const faults: VerifyReport["faults"][number][] = [];
  const tell = (path: string, fault: Fault, message: string): void => {
    counts[fault] += 1;
    if (faults.length < MOST_NAMED) faults.push({ path, fault, message });
  };
  const looked = new CompactMap();
  const columns = [...FACTS, "thumbnail", "vector"] as const;
  for await (const rows of store.scan({ filter, columns, batch: BATCH, ...(signal ? { signal } : {}) })) {
    for (const row of rows) {
      throwIfAborted(signal);
      counts.rows += 1;
      const wrong = faultOf(() => checkRow(row, store.identity.model.dim));
      if (wrong) tell(row.path, "damaged", wrong.message);
      if (!looked.has(row.path)) {
        looked.set(row.path);
        counts.files += 1;
        const found = await fileFault(row, content, signal);
        if (found) tell(row.path, ...found);
      }
      onProgress?.({ done: counts.rows, total });
    }
  }
  return { ...counts, faults };
}

function faultOf(check: () => void): ClipError | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    return asClipError(error, "search.row");
  }
}

async function fileFault(
  { path, hash, bytes, modified }: { path: string; hash: string; bytes: number; modified: number },
  content: boolean,
  signal: AbortSignal | undefined,
): Promise<[Fault, string] | undefined> {
  try {
    const info = await stat(path);
    if (info.size !== bytes) return ["changed", `It has ${info.size} bytes, not ${bytes}.`];
    if (!content) {
      return Math.trunc(info.mtimeMs) === modified ? undefined : ["changed", "It was written since."];
    }
    const now = await hashFile(path, signal);
    return now === hash ? undefined : ["changed", "Its content is another."];
  } catch (error) {
    if (error instanceof ClipError && error.code === "aborted") throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    return code === "ENOENT" ? ["missing", "There is no such file."] : ["unreadable", message];
  }
}
