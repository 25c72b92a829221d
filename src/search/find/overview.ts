import type { Store } from "../store/store.js";
import { dateOf } from "./browse.js";

/** What a store holds, in short. */
export interface Overview {
  readonly rows: number;
  /** The most frequent first, equally frequent ones by name. */
  readonly labels: readonly { readonly label: string; readonly count: number }[];
  /** When its oldest and newest picture were taken (else changed), ms since 1970; null: it is empty. */
  readonly first: number | null;
  readonly last: number | null;
  /** True: its first rows have thumbnails. */
  readonly thumbnails: boolean;
  /** The folders that all its files lie in: one, or one a first part of their paths (drives, buckets, `/home` and `/mnt`). */
  readonly roots: readonly string[];
}

export interface OverviewOptions {
  /** Labels that are told, 1 and above; default 200. */
  readonly labels?: number;
  readonly signal?: AbortSignal;
}

/** Rows a batch of the scan: of small columns. */
const BATCH = 10_000;
/** Rows that are asked whether they have thumbnails. */
const LOOKED_AT = 50;
/** Labels that are counted: a store with more has texts, not labels. */
const MOST_COUNTED = 200_000;
/** Roots: a store with more first parts is of `/` itself. */
const MOST_ROOTS = 16;

/** `s3://bucket`, `C:`, `/home` and what follows. */
const PARTS = /^([a-z][a-z0-9+.-]+:\/\/[^/]*|[a-z]:|\/[^/]*)(.*)$/is;

/** Folders that files lie in, as they come by. */
class Roots {
  readonly #common = new Map<string, readonly string[]>();

  add(path: string): void {
    const [, first = "", rest = ""] = PARTS.exec(path) ?? [];
    const folders = rest.split("/").slice(1, -1);
    // A file in `/` itself: there is no narrower folder.
    const key = rest === "" ? "" : first;
    const before = this.#common.get(key);
    if (before === undefined) this.#common.set(key, folders);
    else if (before.length > 0) {
      const differs = before.findIndex((name, i) => folders[i] !== name);
      if (differs >= 0) this.#common.set(key, before.slice(0, differs));
    }
  }

  list(): string[] {
    const found = [...this.#common].map(([first, folders]) => [first, ...folders].join("/"));
    return found.length > MOST_ROOTS || found.includes("") ? ["/"] : found.sort();
  }
}

/** What a store holds, from one look at all its rows. Raises `aborted` and what the store raises. */
export async function overviewOf(store: Store, options: OverviewOptions = {}): Promise<Overview> {
  const { labels: most = 200, signal } = options;
  const signalled = signal ? { signal } : {};
  let thumbnails = false;
  for await (const some of store.scan({ columns: ["thumbnail"], batch: LOOKED_AT, ...signalled })) {
    thumbnails = some.some(({ thumbnail }) => thumbnail !== null);
    break;
  }
  const counts = new Map<string, number>();
  const roots = new Roots();
  let rows = 0;
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const columns = ["path", "taken", "modified", "labels"] as const;
  for await (const batch of store.scan({ columns, batch: BATCH, ...signalled })) {
    rows += batch.length;
    for (const row of batch) {
      roots.add(row.path);
      first = Math.min(first, dateOf(row));
      last = Math.max(last, dateOf(row));
      for (const label of row.labels) {
        const before = counts.get(label);
        if (before !== undefined || counts.size < MOST_COUNTED) counts.set(label, (before ?? 0) + 1);
      }
    }
  }
  const sorted = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return {
    rows,
    labels: sorted.slice(0, most).map(([label, count]) => ({ label, count })),
    first: rows > 0 ? first : null,
    last: rows > 0 ? last : null,
    thumbnails,
    roots: roots.list(),
  };
}
