import type { Row } from "../row.js";
import type { Store } from "../store/store.js";

/** Rows a put: fewer make many small files of a database on disk. */
const ROWS = 512;
/** Rows that wait for longer, ms, are put too: what a `kill -9` costs at most. */
const LONGEST_MS = 10_000;

/** Rows of some files that belong together, and what is to happen when they are in the store. */
interface Waiting {
  readonly rows: readonly Row[];
  readonly done: () => void;
}

/** Puts rows in batches, each while the next pictures are computed; at most two batches are in memory. */
export class Writer {
  readonly #store: Store;
  #waiting: Waiting[] = [];
  #count = 0;
  #since = 0;
  #putting: Promise<void> = Promise.resolve();
  #failed: { readonly error: unknown } | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  /** All of a call come into the store at once. Raises what an earlier put raised. */
  async add(rows: readonly Row[], done: () => void): Promise<void> {
    if (this.#count === 0) this.#since = performance.now();
    this.#waiting.push({ rows, done });
    this.#count += rows.length;
    if (this.#count >= ROWS || performance.now() - this.#since > LONGEST_MS) await this.#start();
    this.#check();
  }

  /** When it resolves, all rows are in the store. Raises `search.*`. */
  async flush(): Promise<void> {
    await this.#start();
    await this.#putting;
    this.#check();
  }

  async #start(): Promise<void> {
    await this.#putting;
    const [waiting, rows] = [this.#waiting, this.#waiting.flatMap((one) => one.rows)];
    this.#waiting = [];
    this.#count = 0;
    if (rows.length === 0 || this.#failed) return;
    this.#putting = this.#store.put(rows).then(
      () => {
        for (const { done } of waiting) done();
      },
      (error: unknown) => {
        this.#failed = { error };
      },
    );
  }

  #check(): void {
    if (this.#failed) throw this.#failed.error;
  }
}
