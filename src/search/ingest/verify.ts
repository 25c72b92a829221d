import { asClipError, ClipError, throwIfAborted } from "../../errors.js";
import { checkRow } from "../check-row.js";
import type { ObjectOptions } from "../objects/objects.js";
import { FACTS, type Row } from "../row.js";
import type { Filter } from "../store/filter.js";
import type { Store } from "../store/store.js";
import { CompactMap } from "./seen.js";
import { Sources } from "./sources.js";

/** What is wrong with a row: no file, other content, a file that can't be read, a row that no store would take. */
export type Fault = "missing" | "changed" | "unreadable" | "damaged";

export interface VerifyReport {
  readonly rows: number;
  readonly files: number;
  readonly missing: number;
  readonly changed: number;
  readonly unreadable: number;
  readonly damaged: number;
  /** Damaged rows that were taken out. */
  readonly removed: number;
  /** The first 1,000. */
  readonly faults: readonly { readonly path: string; readonly fault: Fault; readonly message: string }[];
}

export interface VerifyOptions {
  readonly filter?: Filter;
  /** False: files are not read, and have changed where their size or time has. Default true. */
  readonly content?: boolean;
  /** True: damaged rows are taken out, so that the next indexing computes them anew. Default false: nothing is changed. */
  readonly removeDamaged?: boolean;
  /** How pictures in object storage are reached. */
  readonly s3?: ObjectOptions;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

const MOST_NAMED = 1_000;
/** Rows that are in memory with their vectors. */
const BATCH = 500;

/**
 * Looks at each file that a store has rows of, and at each row, whose vector has to be the one that was put. Raises what the store
 * raises, and `aborted`.
 */
export async function verifyFiles(store: Store, options: VerifyOptions = {}): Promise<VerifyReport> {
  const { filter = {}, content = true, removeDamaged = false, s3, signal, onProgress } = options;
  await using sources = new Sources({ ...(s3 ? { s3 } : {}) });
  const total = await store.count(filter);
  const counts = { rows: 0, files: 0, missing: 0, changed: 0, unreadable: 0, damaged: 0 };
  const faults: VerifyReport["faults"][number][] = [];
  const tell = (path: string, fault: Fault, message: string): void => {
    counts[fault] += 1;
    if (faults.length < MOST_NAMED) faults.push({ path, fault, message });
  };
  const looked = new CompactMap();
  const damaged: string[] = [];
  const columns = [...FACTS, "thumbnail", "vector"] as const;
  for await (const rows of store.scan({ filter, columns, batch: BATCH, ...(signal ? { signal } : {}) })) {
    const turned = await store.damaged(rows);
    for (const row of rows) {
      throwIfAborted(signal);
      counts.rows += 1;
      const wrong = turned.has(row.id)
        ? "Its vector is another than was put."
        : faultOf(() => checkRow(row, store.identity.model.dim))?.message;
      if (wrong !== undefined) {
        tell(row.path, "damaged", wrong);
        damaged.push(row.id);
      }
      if (!looked.has(row.path)) {
        looked.set(row.path);
        counts.files += 1;
        const found = await fileFault(row, sources, content, signal);
        if (found) tell(row.path, ...found);
      }
      onProgress?.({ done: counts.rows, total });
    }
  }
  const gone = removeDamaged ? damaged : [];
  for (let from = 0; from < gone.length; from += BATCH) await store.remove(gone.slice(from, from + BATCH));
  return { ...counts, removed: gone.length, faults };
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
  { path, hash, bytes, modified }: Pick<Row, "path" | "hash" | "bytes" | "modified">,
  sources: Sources,
  content: boolean,
  signal: AbortSignal | undefined,
): Promise<[Fault, string] | undefined> {
  try {
    const now = await sources.facts(path);
    if (now.bytes !== bytes) return ["changed", `It has ${now.bytes} bytes, not ${bytes}.`];
    if (!content) return now.modified === modified ? undefined : ["changed", "It was written since."];
    return (await sources.hash(path, bytes, signal)) === hash
      ? undefined
      : ["changed", "Its content is another."];
  } catch (error) {
    if (error instanceof ClipError && error.code === "aborted") throw error;
    const { code, message, cause } = error as NodeJS.ErrnoException;
    const isGone = code === "ENOENT" || (cause as NodeJS.ErrnoException | undefined)?.code === "ENOENT";
    return isGone ? ["missing", "There is no such file."] : ["unreadable", message];
  }
}
