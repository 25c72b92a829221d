import { ClipError } from "../../errors.js";
import type { Filter } from "../store/filter.js";
import type { Store } from "../store/store.js";

/** Neighbours that a row is compared with. */
const NEIGHBOURS = 10;
/** Rows that are asked for at once. */
const BATCH = 500;
/** Rows of a list: some hundred pages. */
export const MOST_LISTED = 10_000;

export interface ListOptions {
  /** Rows that are listed, 1..10,000; default 100. */
  readonly top?: number;
  readonly filter?: Filter;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

/** A row and its place in a sorted list. */
export interface Listed {
  readonly id: string;
  readonly path: string;
  readonly time: number | null;
  readonly score: number;
}

export function checkTop({ top = 100 }: ListOptions): number {
  if (Number.isInteger(top) && top >= 1 && top <= MOST_LISTED) return top;
  throw new ClipError("search.options", `Expected 1 to ${MOST_LISTED} rows but received ${top}.`);
}

/** The list, not longer than `top`, after some more were put in; by `score`, the largest first, equal ones by path. */
export function best(list: readonly Listed[], top: number): Listed[] {
  return [...list].sort((a, b) => b.score - a.score || (a.path < b.path ? -1 : 1)).slice(0, top);
}

/**
 * The rows that are least like any others, most so first. The score is 1 − the mean cosine with the 10 nearest others, 0..2; copies of one
 * file count as others. Blank pictures are left out. Raises `search.options` and what the store does.
 */
export async function findOutliers(store: Store, options: ListOptions = {}): Promise<Listed[]> {
  const { filter, signal, onProgress } = options;
  const top = checkTop(options);
  const rows: Filter = { and: [{ blank: false }, ...(filter ? [filter] : [])] };
  const total = await store.count(rows);
  let list: Listed[] = [];
  let done = 0;
  const scanning = store.scan({
    filter: rows,
    columns: ["path", "time", "vector"],
    batch: BATCH,
    ...(signal ? { signal } : {}),
  });
  for await (const batch of scanning) {
    const matches = await store.nearest(
      batch.map(({ vector }) => vector),
      { k: NEIGHBOURS + 1, filter: rows, ...(signal ? { signal } : {}) },
    );
    const scored = batch.map(({ id, path, time }, i): Listed => {
      const others = matches[i]!.filter((match) => match.id !== id).slice(0, NEIGHBOURS);
      const mean = others.reduce((sum, { similarity }) => sum + similarity, 0) / Math.max(1, others.length);
      return { id, path, time, score: others.length === 0 ? 0 : 1 - mean };
    });
    list = best([...list, ...scored], top);
    done += batch.length;
    onProgress?.({ done, total: Math.max(total, done) });
  }
  return list;
}
