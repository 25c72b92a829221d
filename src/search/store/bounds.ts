import { ClipError } from "../../errors.js";
import type { NearestOptions } from "./store.js";

/** Most matches of one query: some hundred pages of results; more is a scan. */
export const MOST_MATCHES = 10_000;
/** Queries a call: the passages of a long lesson. */
export const MOST_QUERIES = 1_000;
/** Rows that one call writes: 20 MB of vectors of 512 numbers, and as much as 500 MB of thumbnails. */
export const MOST_ROWS = 10_000;
/** Rows a batch of a scan: 10,000 with their thumbnails are 500 MB. */
export const MOST_BATCH = 10_000;

/** Raises `search.options` where a number is not a whole one from 1 to `most`. */
export function checkCount(name: string, value: number, most: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= most) return;
  throw new ClipError(
    "search.options",
    `Expected ${name} to be a whole number from 1 to ${most} but received ${value}.`,
  );
}

/** Raises `search.options` where there are too many queries or one has another length than the store's vectors. */
export function checkQueries(queries: readonly Float32Array[], { k }: NearestOptions, dim: number): void {
  checkCount("k", k, MOST_MATCHES);
  checkCount("the number of queries", Math.max(1, queries.length), MOST_QUERIES);
  for (const query of queries) {
    if (query.length === dim && query.every(Number.isFinite)) continue;
    throw new ClipError(
      "search.options",
      `Expected queries of ${dim} finite numbers but received one of ${query.length} or one that is not finite.`,
    );
  }
}
