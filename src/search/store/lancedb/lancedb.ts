import type { Table } from "@lancedb/lancedb";
import type { Schema } from "apache-arrow";
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
import { Checksums } from "./checksums.js";
import { isMissingFile, orStoreError } from "./failure.js";
import { Flush } from "./flush.js";
import { folderBytes } from "./folder.js";
import type { Native } from "./native.js";
import { nearest } from "./nearest.js";
import { indexOf, optimise } from "./optimise.js";
import { COLUMNS, type LanceEncoding, rowsOf, tableOf } from "./rows.js";
import { scanIds } from "./scan.js";
import { filterSql, isIn, quoted } from "./sql.js";
import { Writing } from "./writing.js";

/** Ids a condition: a text of 35 kB. */
const IDS_AT_ONCE = 1_000;

function* chunks<T>(items: readonly T[], size: number): Generator<T[]> {
  for (let from = 0; from < items.length; from += size) yield items.slice(from, from + size);
}

/** What a folder of LanceDB was opened as. */
export interface LanceParts {
  readonly native: Native;
  /** With strong consistency: each call sees what other processes have written. */
  readonly table: Table;
  readonly schema: Schema;
  readonly folder: string;
  readonly address: string;
  readonly identity: StoreIdentity;
}

/** A store in a folder, in this process; other processes may read it at the same time, and write in turns. */
export class LanceStore implements Store {
  readonly kind = "lancedb";
  readonly address: string;
  readonly identity: StoreIdentity;
  readonly #parts: LanceParts;
  readonly #writing: Writing;
  readonly #checksums: Checksums;
  readonly #flush: Flush;

  constructor(parts: LanceParts) {
    this.#parts = parts;
    this.address = parts.address;
    this.identity = parts.identity;
    this.#writing = new Writing(parts.folder);
    this.#checksums = new Checksums(parts.folder, parts.identity.encoding as LanceEncoding);
    this.#flush = new Flush(parts.folder);
  }

  async put(rows: readonly Row[]): Promise<void> {
    if (rows.length === 0) return;
    checkCount("the number of rows", rows.length, MOST_ROWS);
    for (const row of rows) checkRow(row, this.identity.model.dim);
    const last = [...new Map(rows.map((row) => [row.id, row])).values()];
    await this.#write(() => this.#merge(COLUMNS, last));
  }

  async patch(changes: readonly Change[]): Promise<void> {
    if (changes.length === 0) return;
    checkCount("the number of changes", changes.length, MOST_ROWS);
    for (const { id, ...columns } of changes) checkColumns(id, columns);
    const named = new Set(changes.flatMap((change) => Object.keys(change) as Column[]));
    if (named.size === 1) return;
    const moves = named.has("path") || named.has("time");
    const columns = moves ? COLUMNS : [...named];
    await this.#write(async () => {
      const found = await this.#rowsOf([...new Set(changes.map(({ id }) => id))], columns);
      for (const { id, ...values } of changes) {
        const row = found.get(id);
        if (row) found.set(id, { ...row, ...values });
      }
      const rows = [...found.values()];
      if (rows.length === 0) return;
      if (!moves) return this.#merge(columns, rows);
      const moved = rows.map((row) => ({ ...row, id: rowId(row.path, row.time) }));
      const now = new Map(moved.map((row) => [row.id, row]));
      // The new row first: a process that is killed in between leaves both, never none.
      await this.#merge(COLUMNS, [...now.values()]);
      await this.#delete([...found.keys()].filter((id) => !now.has(id)));
    });
  }

  async remove(ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await this.#write(() => this.#delete(ids));
  }

  async get<C extends Column = Fact>(
    ids: readonly string[],
    columns: readonly C[] = FACTS as readonly Fact[] as readonly C[],
  ): Promise<(Pick<Row, C | "id"> | undefined)[]> {
    const found = await this.#read(() => this.#rowsOf([...new Set(ids)], columns));
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
    const where = filterSql(filter);
    const ids = await this.#read(() => scanIds(this.#parts.table, where));
    for (let from = 0; from < ids.count; from += batch) {
      throwIfAborted(signal);
      const part = ids.slice(from, from + batch);
      const within = `id >= ${quoted(part[0]!)} AND id <= ${quoted(part.at(-1)!)} AND (${where})`;
      const found = await this.#read(() => this.#select(within, columns));
      const rows = part.flatMap((id) => found.get(id) ?? []);
      if (rows.length > 0) yield rows;
    }
  }

  async nearest(queries: readonly Float32Array[], options: NearestOptions): Promise<Match[][]> {
    checkQueries(queries, options, this.identity.model.dim);
    const where = options.filter && filterSql(options.filter);
    return this.#read(() => nearest(this.#parts.table, queries, where, options));
  }

  async count(filter: Filter = {}): Promise<number> {
    const where = filterSql(filter);
    return this.#read(() => this.#parts.table.countRows(where));
  }

  async stats(): Promise<StoreStats> {
    return this.#read(async () => ({
      rows: await this.#parts.table.countRows(),
      bytes: await folderBytes(this.#parts.folder),
      index: await indexOf(this.#parts.table),
    }));
  }

  /** The number of the table's version: writing makes a new one. */
  async state(): Promise<string> {
    return this.#read(async () => String(await this.#parts.table.version()));
  }

  async optimise(options: OptimiseOptions = {}): Promise<void> {
    const { native, table, folder } = this.#parts;
    await orStoreError(folder, () => optimise(table, native.lance, this.#writing, options));
    await this.#write(async () => this.#checksums.tidy(await scanIds(table, "true")));
  }

  damaged(rows: readonly Pick<Row, "id" | "vector">[]): Promise<ReadonlySet<string>> {
    return orStoreError(this.#parts.folder, () => this.#checksums.differing(rows));
  }

  hold(): Promise<AsyncDisposable> {
    return orStoreError(this.#parts.folder, () => this.#writing.hold());
  }

  /** Waits for what is being written. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing.settled();
    this.#parts.table.close();
  }

  #write(work: () => Promise<void>): Promise<void> {
    const flushed = async (): Promise<void> => {
      await work();
      await this.#flush.new();
    };
    return orStoreError(this.#parts.folder, () => this.#writing.run(flushed));
  }

  /** Another process that cleans up may take a file from under a query; the second look is at the newest version. */
  #read<T>(work: () => Promise<T>): Promise<T> {
    return orStoreError(this.#parts.folder, async () => {
      try {
        return await work();
      } catch (thrown) {
        if (!isMissingFile(thrown)) throw thrown;
        await this.#parts.table.checkoutLatest();
        return await work();
      }
    });
  }

  async #merge<C extends Column>(columns: readonly C[], rows: readonly Pick<Row, C>[]): Promise<void> {
    const { native, table, schema } = this.#parts;
    const builder = table.mergeInsert("id").whenMatchedUpdateAll();
    const isWhole = columns.length === COLUMNS.length;
    if (isWhole) await this.#checksums.note(rows as readonly Row[]);
    await (isWhole ? builder.whenNotMatchedInsertAll() : builder).execute(
      tableOf(native.arrow, schema, columns, rows),
    );
  }

  async #delete(ids: readonly string[]): Promise<void> {
    for (const part of chunks(ids, IDS_AT_ONCE)) await this.#parts.table.delete(isIn("id", part));
  }

  async #rowsOf<C extends Column>(
    ids: readonly string[],
    columns: readonly C[],
  ): Promise<Map<string, Pick<Row, C | "id">>> {
    const found = new Map<string, Pick<Row, C | "id">>();
    for (const part of chunks(ids, IDS_AT_ONCE)) {
      for (const [id, row] of await this.#select(isIn("id", part), columns)) found.set(id, row);
    }
    return found;
  }

  async #select<C extends Column>(
    where: string,
    columns: readonly C[],
  ): Promise<Map<string, Pick<Row, C | "id">>> {
    const wanted = [...new Set<C | "id">(["id", ...columns])];
    const table = await this.#parts.table.query().where(where).select(wanted).toArrow();
    const rows = table.batches.flatMap((batch) => rowsOf(batch, wanted));
    return new Map(rows.map((row) => [row.id, row]));
  }
}
