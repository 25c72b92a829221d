import { availableParallelism } from "node:os";
import type { EncodeProgress } from "../../encoder.js";
import { ClipError, throwIfAborted } from "../../errors.js";
import type { Column, Fact, Row } from "../row.js";
import { checkQueries } from "../store/bounds.js";
import type { Filter } from "../store/filter.js";
import type {
  Change,
  Match,
  NearestOptions,
  OptimiseOptions,
  ScanOptions,
  Store,
  StoreStats,
} from "../store/store.js";
import { graphMaker } from "./graph.js";
import { NearIndex } from "./near-index.js";

export interface QuickOptions {
  /** Threads while the index is made; default: one a core. */
  readonly threads?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: EncodeProgress) => void;
}

/** Rows that are held at most: 600,000 × 512 take 1 GB, and the store's own index is fast enough beyond. */
export const MOST_QUICK = 600_000;
/** Matches from which the store's own search is taken. */
const MOST_BY_GRAPH = 1_000;
/** Rows whose vectors are read at a time. */
const BATCH = 5_000;

/**
 * A store with an index of all its vectors in memory: searches without a filter take well below a millisecond, everything else is
 * the store's. What is written through it is found at once; what other processes write, after `refresh`.
 */
export class QuickStore implements Store {
  readonly kind: Store["kind"];
  readonly address: string;
  readonly identity: Store["identity"];
  readonly #store: Store;
  readonly #index: NearIndex;
  /** When each row was made: one that was made anew has another vector. */
  readonly #made = new Map<string, number>();

  constructor(store: Store, index: NearIndex) {
    this.#store = store;
    this.#index = index;
    this.kind = store.kind;
    this.address = store.address;
    this.identity = store.identity;
  }

  async put(rows: readonly Row[]): Promise<void> {
    await this.#store.put(rows);
    await this.#take(rows);
  }

  async patch(changes: readonly Change[]): Promise<void> {
    await this.#store.patch(changes);
    // A row that was moved has a new id.
    if (changes.some(({ path, time }) => path !== undefined || time !== undefined)) await this.refresh();
  }

  async remove(ids: readonly string[]): Promise<void> {
    await this.#store.remove(ids);
    for (const id of ids) this.#drop(id);
    await this.#index.tidy();
  }

  async nearest(queries: readonly Float32Array[], options: NearestOptions): Promise<Match[][]> {
    const { k, filter, exact, signal } = options;
    if (filter || exact || k > MOST_BY_GRAPH) return this.#store.nearest(queries, options);
    checkQueries(queries, options, this.identity.model.dim);
    return queries.map((query) => {
      throwIfAborted(signal);
      return this.#index.nearest(query, k);
    });
  }

  /** Takes in what other processes have written. Reads the ids of all rows, and vectors of new ones. */
  async refresh({ signal, onProgress }: QuickOptions = {}): Promise<void> {
    const gone = new Set(this.#index.ids());
    const total = await this.#store.count();
    if (total > MOST_QUICK) {
      throw new ClipError(
        "search.memory",
        `Expected at most ${MOST_QUICK} rows for an index in memory but ${this.address} has ${total}; its own index is taken without one.`,
      );
    }
    const isFirst = gone.size === 0;
    const columns = isFirst ? (["indexed", "vector"] as const) : (["indexed"] as const);
    let done = 0;
    for await (const batch of this.#store.scan({ columns, batch: BATCH, ...(signal ? { signal } : {}) })) {
      for (const { id } of batch) gone.delete(id);
      const fresh = batch.filter(({ id, indexed }) => this.#made.get(id) !== indexed);
      const rows = isFirst
        ? fresh
        : await this.#store.get(
            fresh.map(({ id }) => id),
            ["indexed", "vector"],
          );
      await this.#take(rows.filter((row) => row !== undefined) as Pick<Row, "id" | "indexed" | "vector">[]);
      done += batch.length;
      onProgress?.({ done, total });
    }
    for (const id of gone) this.#drop(id);
    await this.#index.tidy();
  }

  async #take(rows: readonly Pick<Row, "id" | "indexed" | "vector">[]): Promise<void> {
    await this.#index.set(rows);
    for (const { id, indexed } of rows) this.#made.set(id, indexed);
  }

  #drop(id: string): void {
    this.#index.remove(id);
    this.#made.delete(id);
  }

  async stats(): Promise<StoreStats> {
    return { ...(await this.#store.stats()), index: { kind: "HNSW in memory", rows: this.#index.count } };
  }

  get<C extends Column = Fact>(
    ids: readonly string[],
    columns?: readonly C[],
  ): Promise<(Pick<Row, C | "id"> | undefined)[]> {
    return this.#store.get(ids, columns);
  }

  scan<C extends Column = Fact>(options?: ScanOptions<C>): AsyncGenerator<Pick<Row, C | "id">[]> {
    return this.#store.scan(options);
  }

  count(filter?: Filter): Promise<number> {
    return this.#store.count(filter);
  }

  state(): Promise<string> {
    return this.#store.state();
  }

  damaged(rows: readonly Pick<Row, "id" | "vector">[]): Promise<ReadonlySet<string>> {
    return this.#store.damaged(rows);
  }

  optimise(options?: OptimiseOptions): Promise<void> {
    return this.#store.optimise(options);
  }

  hold(): Promise<AsyncDisposable> {
    return this.#store.hold();
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#store[Symbol.asyncDispose]();
  }
}

/** Documented in `../door.ts`. */
export async function quickStore(store: Store, options: QuickOptions = {}): Promise<QuickStore> {
  const { dim } = store.identity.model;
  const make = graphMaker(dim, options.threads ?? availableParallelism());
  const quick = new QuickStore(store, new NearIndex(make, dim));
  await quick.refresh(options);
  return quick;
}
