import type { Column, Fact, Row } from "../row.js";
import type { Filter } from "./filter.js";

/** How a store keeps the numbers of vectors: 4, 2 or 1 bytes each. */
export type VectorEncoding = "f32" | "f16" | "int8";

/** Which model makes the vectors, as {@link ModelInfo} says it: only those of equal revision may be compared. */
export interface StoreModel {
  readonly name: string;
  /** SHA-256 over weights, compiler version and precision. */
  readonly revision: string;
  /** `mixed`: of an ensemble whose models differ in it. */
  readonly precision: "fp32" | "fp16" | "int8" | "mixed";
  /** Length of a vector. */
  readonly dim: number;
}

/** What a store says of itself; written once, when it is made. */
export interface StoreIdentity {
  readonly model: StoreModel;
  readonly encoding: VectorEncoding;
  /** When it was made, ms since 1970. */
  readonly created: number;
  /** The version of zeroclip that made it. */
  readonly version: string;
}

export interface OpenStoreOptions {
  /** The model in use: a store of another one is refused (`search.model`). Needed where one is made. */
  readonly model?: StoreModel;
  /** True: where there is no store yet, one is made. Default false. */
  readonly create?: boolean;
  /** How a store that is made keeps its vectors. Default: `f16` in a folder, `f32` in memory and on a server. */
  readonly encoding?: VectorEncoding;
  /** What is written into a store that is made as its maker's version; default: the version of zeroclip. */
  readonly version?: string;
  /** Who asks: `user:password` or a key, for stores on a server. */
  readonly token?: string;
}

/** The same with all that a store is made of. */
export type Opening = OpenStoreOptions & { readonly version: string };

/** New values of some columns of one row. A new `path` (a file that was moved) gives the row its new id, too. */
export interface Change extends Partial<Omit<Row, "id" | "vector">> {
  readonly id: string;
}

export interface ScanOptions<C extends Column> {
  readonly filter?: Filter;
  /** Default: all but `vector` and `thumbnail`; `id` is always there. */
  readonly columns?: readonly C[];
  /** Rows a batch, 1..10,000; default 1,000. */
  readonly batch?: number;
  readonly signal?: AbortSignal;
}

export interface NearestOptions {
  /** Most matches a query, 1..10,000. */
  readonly k: number;
  readonly filter?: Filter;
  /** True: every vector is looked at, whatever index there is. */
  readonly exact?: boolean;
  readonly signal?: AbortSignal;
}

/** A row and how near it is. */
export interface Match {
  readonly id: string;
  /** Cosine, −1..1. */
  readonly similarity: number;
}

export interface StoreStats {
  readonly rows: number;
  /** Of all its files, or of its vectors in memory; null where the store can't say. */
  readonly bytes: number | null;
  /** The index that searches use, and how many rows are in it; null: all searches are exact. */
  readonly index: { readonly kind: string; readonly rows: number } | null;
}

/** What `optimise` is at: a share of 0..1 where it is known. */
export interface OptimiseProgress {
  readonly step: "compact" | "index" | "clean";
  readonly done?: number;
}

export interface OptimiseOptions {
  readonly onProgress?: (progress: OptimiseProgress) => void;
  readonly signal?: AbortSignal;
}

/**
 * Rows and their vectors, behind one interface: a folder of LanceDB, memory, a Milvus server. `test/search/store/conformance.ts`
 * holds what each must do. Every call may raise `search.store` (the store's own failure), `search.disk` (no room left),
 * `search.corrupt` and `aborted`; filters raise `search.filter`, numbers out of range `search.options`.
 */
export interface Store extends AsyncDisposable {
  readonly kind: "memory" | "lancedb" | "milvus";
  /** What `openStore` was given. */
  readonly address: string;
  readonly identity: StoreIdentity;

  /**
   * Inserts rows, or replaces those of the same id; of several of one id the last counts. All of a call are there when it resolves, or
   * none; the same call again changes nothing. At most 10,000 rows a call. Raises `search.row` and `search.busy`.
   */
  put(rows: readonly Row[]): Promise<void>;
  /** Changes some columns of rows and leaves their vectors alone; unknown ids are passed over. At most 10,000 a call. Raises as `put`. */
  patch(changes: readonly Change[]): Promise<void>;
  /** Unknown ids are passed over. Raises `search.busy`. */
  remove(ids: readonly string[]): Promise<void>;

  /** One row an id, in order; undefined where there is none. Default columns: all but `vector` and `thumbnail`. */
  get<C extends Column = Fact>(
    ids: readonly string[],
    columns?: readonly C[],
  ): Promise<(Pick<Row, C | "id"> | undefined)[]>;
  /**
   * Batches of rows in the order of their ids. A row that is there from beginning to end of the scan comes exactly once, whatever
   * is written meanwhile; one that is put or removed meanwhile may or may not come.
   */
  scan<C extends Column = Fact>(options?: ScanOptions<C>): AsyncGenerator<Pick<Row, C | "id">[]>;
  /** The k nearest rows of each query (unit length, f32 [dim]), nearest first; fewer where fewer match. */
  nearest(queries: readonly Float32Array[], options: NearestOptions): Promise<Match[][]>;
  count(filter?: Filter): Promise<number>;
  stats(): Promise<StoreStats>;
  /**
   * A short text that is another one once rows were put, changed or removed, by whichever process; on Milvus, where only their number
   * is known, changes of columns alone don't show.
   */
  state(): Promise<string>;

  /**
   * Ids of those of these rows, as they were read, whose vector is another than was put: bits that turned over on a disk. Stores that
   * can't tell (memory, Milvus) name none.
   */
  damaged(rows: readonly Pick<Row, "id" | "vector">[]): Promise<ReadonlySet<string>>;

  /** Makes searches fast after many changes: gathers small files, builds or extends the index, removes old versions. */
  optimise(options?: OptimiseOptions): Promise<void>;
  /**
   * Keeps other processes from writing until it is disposed of: what a long indexing holds. A single writing call without it waits
   * for others' calls. Raises `search.busy`, which says who holds it, at once. Stores that many may write to do nothing here.
   */
  hold(): Promise<AsyncDisposable>;
}
