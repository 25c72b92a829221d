import { throwIfAborted } from "../../../errors.js";
import { checkColumns, checkRow } from "../../check-row.js";
import { type Column, FACTS, type Fact, type Row, rowId } from "../../row.js";
import { checkCount, checkQueries, MOST_BATCH, MOST_ROWS } from "../bounds.js";
import type { Filter } from "../filter.js";
import type {
  Change,
  Match,
  NearestOptions,
  OptimiseOptions,
  ScanOptions,
  Store,
  StoreIdentity,
  StoreStats,
} from "../store.js";
import type { MilvusAddress } from "./address.js";
import type { Connection } from "./client.js";
import { filterExpression, isIn, quoted } from "./expression.js";
import { indexOf, optimise } from "./indexing.js";
import { nearest } from "./nearest.js";
import { countRows, IDS_AT_ONCE, readRows, removeIds, rowsAtOnce, writeRows } from "./requests.js";
import { COLUMNS } from "./rows.js";

/** A collection of a Milvus server: many processes on many machines may read and write it at once. */
export class MilvusStore implements Store {
  readonly kind = "milvus";
  readonly address: string;
  readonly identity: StoreIdentity;
  readonly #connection: Connection;
  readonly #collection: string;
  /** Queries wait while this process exchanges the index. */
  #ready: Promise<unknown> = Promise.resolve();

  constructor(connection: Connection, { shown, collection }: MilvusAddress, identity: StoreIdentity) {
    this.#connection = connection;
    this.#collection = collection;
    this.address = shown;
    this.identity = identity;
  }

  /**
   * As the interface says, but for one thing: a call of more than 16 MB is several requests, of which the first may be there when a
   * later one fails. The same call again makes it whole.
   */
  async put(rows: readonly Row[]): Promise<void> {
    if (rows.length === 0) return;
    checkCount("the number of rows", rows.length, MOST_ROWS);
    for (const row of rows) checkRow(row, this.identity.model.dim);
    const last = [...new Map(rows.map((row) => [row.id, row])).values()];
    await writeRows(this.#connection, this.#collection, COLUMNS, last);
  }

  async patch(changes: readonly Change[]): Promise<void> {
    if (changes.length === 0) return;
    checkCount("the number of changes", changes.length, MOST_ROWS);
    for (const { id, ...columns } of changes) checkColumns(id, columns);
    const named = new Set(["id" as Column, ...changes.flatMap((change) => Object.keys(change) as Column[])]);
    if (named.size === 1) return;
    const moves = named.has("path") || named.has("time");
    const columns = moves ? COLUMNS : [...named];
    const found = await this.#rowsOf([...new Set(changes.map(({ id }) => id))], columns);
    for (const { id, ...values } of changes) {
      const row = found.get(id);
      if (row) found.set(id, { ...row, ...values });
    }
    const rows = [...found.values()];
    if (rows.length === 0) return;
    if (!moves) return writeRows(this.#connection, this.#collection, columns, rows);
    const moved = rows.map((row) => ({ ...row, id: rowId(row.path, row.time) }));
    const now = new Map(moved.map((row) => [row.id, row]));
    // The new row first: a process that is killed in between leaves both, never none.
    await writeRows(this.#connection, this.#collection, COLUMNS, [...now.values()]);
    const gone = [...found.keys()].filter((id) => !now.has(id));
    await removeIds(this.#connection, this.#collection, gone);
  }

  async remove(ids: readonly string[]): Promise<void> {
    await removeIds(this.#connection, this.#collection, ids);
  }

  async get<C extends Column = Fact>(
    ids: readonly string[],
    columns: readonly C[] = FACTS as readonly Fact[] as readonly C[],
  ): Promise<(Pick<Row, C | "id"> | undefined)[]> {
    const found = await this.#rowsOf([...new Set(ids)], columns);
    return ids.map((id) => found.get(id));
  }

  async *scan<C extends Column = Fact>(options: ScanOptions<C> = {}): AsyncGenerator<Pick<Row, C | "id">[]> {
    const {
      filter = {},
      batch = 1_000,
      columns = FACTS as readonly Fact[] as readonly C[],
      signal,
    } = options;
    checkCount("batch", batch, MOST_BATCH);
    const where = filterExpression(filter);
    // Ids are hex digits; "" is before all of them.
    let last = "";
    for (;;) {
      const rows: Pick<Row, C | "id">[] = [];
      while (rows.length < batch) {
        throwIfAborted(signal);
        await this.#ready;
        const limit = Math.min(batch - rows.length, rowsAtOnce(columns, this.identity.model.dim));
        const after = `id > ${quoted(last)} and (${where})`;
        const page = await readRows(this.#connection, this.#collection, after, columns, limit);
        rows.push(...page);
        last = page.at(-1)?.id ?? last;
        if (page.length < limit) break;
      }
      if (rows.length > 0) yield rows;
      if (rows.length < batch) return;
    }
  }

  async nearest(queries: readonly Float32Array[], options: NearestOptions): Promise<Match[][]> {
    checkQueries(queries, options, this.identity.model.dim);
    const where = options.filter && filterExpression(options.filter);
    await this.#ready;
    return nearest(this.#connection, this.#collection, queries, where, options);
  }

  async count(filter?: Filter): Promise<number> {
    const where = filter === undefined ? "" : filterExpression(filter);
    await this.#ready;
    return countRows(this.#connection, this.#collection, where);
  }

  async stats(): Promise<StoreStats> {
    const rows = await this.count();
    return { rows, bytes: null, index: await indexOf(this.#connection, this.#collection) };
  }

  async state(): Promise<string> {
    return String(await this.count());
  }

  async damaged(): Promise<ReadonlySet<string>> {
    return new Set();
  }

  async optimise(options: OptimiseOptions = {}): Promise<void> {
    const work = optimise(this.#connection, this.#collection, await this.count(), options);
    this.#ready = work.catch(() => undefined);
    await work;
  }

  /** The server keeps order among many writers: nothing is held. */
  async hold(): Promise<AsyncDisposable> {
    return { [Symbol.asyncDispose]: async () => undefined };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#connection.close();
  }

  async #rowsOf<C extends Column>(
    ids: readonly string[],
    columns: readonly C[],
  ): Promise<Map<string, Pick<Row, C | "id">>> {
    const found = new Map<string, Pick<Row, C | "id">>();
    const atOnce = Math.min(IDS_AT_ONCE, rowsAtOnce(columns, this.identity.model.dim));
    for (let from = 0; from < ids.length; from += atOnce) {
      const part = ids.slice(from, from + atOnce);
      await this.#ready;
      const rows = await readRows(this.#connection, this.#collection, isIn("id", part), columns, part.length);
      for (const row of rows) found.set(row.id, row);
    }
    return found;
  }
}
