import { ClipError, type ModelInfo } from "../../../src/browser/index";
import type { Row } from "../../../src/search/row";
import { MemoryStore } from "../../../src/search/store/memory";

const NAME = "zeroclip-pictures";
const ROWS = "rows";
const COLLECTIONS = "collections";

/** Ids of pictures under a name. */
export interface KeptCollection {
  readonly name: string;
  readonly version: number;
  readonly updated: string;
  readonly pictures: readonly string[];
}

/** A row as it is kept: vectors of another model are of no use. */
interface KeptRow {
  readonly id: string;
  readonly revision: string;
  readonly row: Row;
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function openKept(): Promise<IDBDatabase> {
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore(ROWS, { keyPath: "id" });
    request.result.createObjectStore(COLLECTIONS, { keyPath: "name" });
  };
  return done(request);
}

/** The browser's database, opened anew where the browser closed it: site data are cleared while the page is open. */
class Kept {
  #database: IDBDatabase;

  constructor(database: IDBDatabase) {
    this.#database = database;
  }

  /** Raises `local.store` where it can't be opened again. */
  async transaction(stores: string[], mode: IDBTransactionMode): Promise<IDBTransaction> {
    try {
      return this.#database.transaction(stores, mode);
    } catch {
      try {
        this.#database.close();
        this.#database = await openKept();
        return this.#database.transaction(stores, mode);
      } catch (cause) {
        const message = "Expected to keep something in this browser but its database can't be opened.";
        throw new ClipError("local.store" as "runtime.run", message, { cause });
      }
    }
  }
}

/** Pictures of this browser: vectors, facts and small pictures, kept from one visit to the next where the browser keeps anything. */
export class Library {
  readonly store: MemoryStore;
  readonly collections = new Map<string, KeptCollection>();
  readonly #revision: string;
  readonly #kept: Kept | undefined;

  private constructor(model: ModelInfo, version: string, kept: Kept | undefined) {
    const { name, revision, precision, dim } = model;
    this.store = new MemoryStore({
      model: { name, revision, precision, dim },
      encoding: "f32",
      created: Date.now(),
      version,
    });
    this.#revision = revision;
    this.#kept = kept;
  }

  static async open(model: ModelInfo, version: string): Promise<Library> {
    const kept = await openKept().then(
      (database) => new Kept(database),
      () => undefined,
    );
    const library = new Library(model, version, kept);
    if (!kept) return library;
    const reading = await kept.transaction([ROWS, COLLECTIONS], "readonly");
    const [rows, collections] = await Promise.all([
      done(reading.objectStore(ROWS).getAll() as IDBRequest<KeptRow[]>),
      done(reading.objectStore(COLLECTIONS).getAll() as IDBRequest<KeptCollection[]>),
    ]);
    const own = rows.filter(({ revision }) => revision === model.revision);
    await library.store.put(own.map(({ row }) => row));
    for (const one of collections) library.collections.set(one.name, one);
    return library;
  }

  async add(rows: readonly Row[]): Promise<void> {
    const writing = (await this.#kept?.transaction([ROWS], "readwrite"))?.objectStore(ROWS);
    // What the browser has no room for is found until the page is closed.
    for (const row of rows)
      writing
        ?.put({ id: row.id, revision: this.#revision, row } satisfies KeptRow)
        .addEventListener("error", (event) => event.preventDefault());
    await this.store.put(rows);
  }

  /** Puts a collection in place of that of its name; undefined takes it away. */
  async collect(name: string, collection: KeptCollection | undefined): Promise<void> {
    const writing = (await this.#kept?.transaction([COLLECTIONS], "readwrite"))?.objectStore(COLLECTIONS);
    if (collection) {
      this.collections.set(name, collection);
      writing?.put(collection);
    } else {
      this.collections.delete(name);
      writing?.delete(name);
    }
  }

  /** Bytes of vectors and small pictures. */
  async bytes(): Promise<number> {
    let bytes = 0;
    for await (const rows of this.store.scan({ columns: ["vector", "thumbnail"] }))
      for (const { vector, thumbnail } of rows) bytes += vector.byteLength + (thumbnail?.byteLength ?? 0);
    return bytes;
  }

  async clear(): Promise<void> {
    const writing = await this.#kept?.transaction([ROWS, COLLECTIONS], "readwrite");
    writing?.objectStore(ROWS).clear();
    writing?.objectStore(COLLECTIONS).clear();
    const ids: string[] = [];
    for await (const rows of this.store.scan({ columns: [] })) ids.push(...rows.map(({ id }) => id));
    await this.store.remove(ids);
    this.collections.clear();
  }
}
