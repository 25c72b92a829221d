import { FACTS, type Fact, type Row } from "../../search/row.js";
import type { Store } from "../../search/store/store.js";

/** A row with its small picture. */
export type ShownRow = Pick<Row, Fact | "thumbnail">;

/** Pages that were told lately. */
const MOST_PAGES = 64;
/** Rows that are read at once, from the one that is asked for on: a screen of a page. */
const AT_ONCE = 32;
/** How long, ms, a row is told without looking again. */
const KEPT_MS = 10_000;
/** Rows that are kept: some 15 kB each. */
const MOST_KEPT = 1_000;

interface Kept {
  readonly at: number;
  readonly row: Promise<ShownRow | undefined>;
}

/** Rows whose small pictures are asked for one by one, as pages of hits are shown: read together, since each look costs a store as much as many. */
export class Shown {
  readonly #store: Store;
  readonly #kept = new Map<string, Kept>();
  #pages: readonly (readonly string[])[] = [];

  constructor(store: Store) {
    this.#store = store;
  }

  /** A page was told: its small pictures are asked for next. */
  note(ids: readonly string[]): void {
    this.#pages = [ids, ...this.#pages].slice(0, MOST_PAGES);
  }

  /** A row as it was at most ten seconds ago; undefined where there is none. Raises what the store raises. */
  get(id: string): Promise<ShownRow | undefined> {
    const known = this.#fresh(id);
    if (known) return known.row;
    const page = this.#pages.find((ids) => ids.includes(id)) ?? [id];
    const first = page.indexOf(id);
    const wanted = page.slice(first, first + AT_ONCE).filter((one) => !this.#fresh(one));
    const reading = this.#store.get(wanted, [...FACTS, "thumbnail"]);
    const at = performance.now();
    for (const [i, one] of wanted.entries()) {
      const kept: Kept = { at, row: reading.then((rows) => rows[i]) };
      // The next one who asks tries again.
      kept.row.catch(() => this.#kept.get(one) === kept && this.#kept.delete(one));
      this.#kept.delete(one);
      this.#kept.set(one, kept);
    }
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MOST_KEPT) break;
      this.#kept.delete(oldest);
    }
    return this.#kept.get(id)!.row;
  }

  #fresh(id: string): Kept | undefined {
    const kept = this.#kept.get(id);
    return kept && performance.now() - kept.at < KEPT_MS ? kept : undefined;
  }
}
