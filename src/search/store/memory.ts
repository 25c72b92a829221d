import { throwIfAborted } from "../../errors.js";
import { topK } from "../../math/top-k.js";
import { checkColumns, checkRow } from "../check-row.js";
import { type Column, FACTS, type Fact, type Row, rowId } from "../row.js";
import { checkCount, checkQueries, MOST_BATCH, MOST_ROWS } from "./bounds.js";
import type { Filter } from "./filter.js";
import { compileFilter } from "./matches.js";
import type {
  Change,
  Match,
  NearestOptions,
  ScanOptions,
  Store,
  StoreIdentity,
  StoreStats,
} from "./store.js";
import { Vectors } from "./vectors.js";

/** A row without its vector, which lies in the array at `position`. */
interface Entry {
  readonly row: Omit<Row, "vector">;
  position: number;
}

/** Rows of a scan, and of all matches of a filter, in the order of ids (which are ASCII). */
const byId = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

/** A store that is gone with its process: all searches are exact. Also what other stores are tested against. */
export class MemoryStore implements Store {
  readonly kind = "memory";
  readonly address = "memory:";
  readonly #entries = new Map<string, Entry>();
  /** Ids by the position of their vectors. */
  readonly #ids: string[] = [];
  readonly #vectors: Vectors;
  #writes = 0;

  constructor(readonly identity: StoreIdentity) {
    this.#vectors = new Vectors(identity.model.dim);
  }

  async put(rows: readonly Row[]): Promise<void> {
    checkCount("the number of rows", Math.max(1, rows.length), MOST_ROWS);
    for (const row of rows) checkRow(row, this.identity.model.dim);
    this.#vectors.reserve(rows.length);
    this.#writes += 1;
    for (const row of rows) this.#set(row);
  }

  async patch(changes: readonly Change[]): Promise<void> {
    checkCount("the number of changes", Math.max(1, changes.length), MOST_ROWS);
    for (const { id, ...columns } of changes) checkColumns(id, columns);
    const after = new Map<string, Row>();
    for (const { id, ...columns } of changes) {
      const row = after.get(id) ?? this.#read(id, [...FACTS, "thumbnail", "vector"]);
      if (row) after.set(id, { ...row, ...columns });
    }
    this.#writes += 1;
    for (const id of after.keys()) this.#drop(id);
    for (const row of after.values()) this.#set({ ...row, id: rowId(row.path, row.time) });
  }

  async remove(ids: readonly string[]): Promise<void> {
    this.#writes += 1;
    for (const id of ids) this.#drop(id);
  }

  async get<C extends Column = Fact>(
    ids: readonly string[],
    columns: readonly C[] = FACTS as readonly Fact[] as readonly C[],
  ): Promise<(Pick<Row, C | "id"> | undefined)[]> {
    return ids.map((id) => this.#read(id, columns));
  }

  async *scan<C extends Column = Fact>(options: ScanOptions<C> = {}): AsyncGenerator<Pick<Row, C | "id">[]> {
    const {
      filter = {},
      batch = 1_000,
      columns = FACTS as readonly Fact[] as readonly C[],
      signal,
    } = options;
    checkCount("batch", batch, MOST_BATCH);
    const ids = this.#matching(filter).sort(byId);
    for (let from = 0; from < ids.length; from += batch) {
      throwIfAborted(signal);
      const rows = await this.get(ids.slice(from, from + batch), columns);
      yield rows.filter((row) => row !== undefined);
    }
  }

  async nearest(queries: readonly Float32Array[], options: NearestOptions): Promise<Match[][]> {
    checkQueries(queries, options, this.identity.model.dim);
    const { k, filter, signal } = options;
    const positions =
      filter && Uint32Array.from(this.#matching(filter), (id) => this.#entries.get(id)!.position);
    return queries.map((query) => {
      throwIfAborted(signal);
      const scores = this.#vectors.dots(query, positions);
      return topK(scores, scores.length, k).map((at) => ({
        id: this.#ids[positions === undefined ? at : positions[at]!]!,
        similarity: scores[at]!,
      }));
    });
  }

  async count(filter?: Filter): Promise<number> {
    return filter ? this.#matching(filter).length : this.#entries.size;
  }

  async stats(): Promise<StoreStats> {
    return { rows: this.#entries.size, bytes: this.#vectors.bytes, index: null };
  }

  async state(): Promise<string> {
    return String(this.#writes);
  }

  async damaged(): Promise<ReadonlySet<string>> {
    return new Set();
  }

  async optimise(): Promise<void> {}

  async hold(): Promise<AsyncDisposable> {
    return { [Symbol.asyncDispose]: async () => undefined };
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #matching(filter: Filter): string[] {
    const matches = compileFilter(filter);
    return [...this.#entries.values()].filter(({ row }) => matches(row)).map(({ row }) => row.id);
  }

  #set({ vector, ...row }: Row): void {
    const position = this.#entries.get(row.id)?.position ?? this.#vectors.count;
    this.#vectors.set(position, vector);
    this.#ids[position] = row.id;
    this.#entries.set(row.id, { row: { ...row, labels: [...row.labels] }, position });
  }

  #drop(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#entries.delete(id);
    this.#vectors.remove(entry.position);
    const moved = this.#ids.pop()!;
    if (moved === id) return;
    this.#ids[entry.position] = moved;
    this.#entries.get(moved)!.position = entry.position;
  }

  #read<C extends Column>(id: string, columns: readonly C[]): Pick<Row, C | "id"> | undefined {
    const entry = this.#entries.get(id);
    if (entry === undefined) return undefined;
    const out: Partial<Record<Column, unknown>> = { id };
    for (const column of columns) {
      out[column] =
        column === "vector"
          ? this.#vectors.at(entry.position)
          : entry.row[column as Exclude<Column, "vector">];
    }
    return out as Pick<Row, C | "id">;
  }
}
