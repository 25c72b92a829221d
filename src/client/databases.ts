import type {
  Collection,
  CollectionInfo,
  DuplicatesResponse,
  PictureMap,
  PictureMapRunning,
  RestoredResponse,
  TrashBody,
  TrashedResponse,
} from "../server/wire/assets.js";
import type { Database, StoredPicture, UploadResponse } from "../server/wire/search.js";
import { type Asker, type CallOptions, queryOf } from "./ask.js";
import type { WriteOptions } from "./label-sets.js";
import { type ClientPicture, formOf } from "./pictures.js";

export interface DuplicatesOptions extends CallOptions {
  /** Least cosine of pictures that look alike, 0..1; default 0.7. */
  readonly threshold?: number;
  /** Groups a page, 1..500; default 50. */
  readonly top?: number;
  /** `cursor` of the page before. */
  readonly cursor?: string;
}

/** A collection as the server has it, and the mark of its version: give it back with a change that is meant for this version alone. */
export interface StoredCollection {
  readonly collection: Collection;
  readonly etag: string;
}

/** Databases of pictures, and what is kept beside them. */
export class Databases {
  readonly #asker: Asker;

  constructor(asker: Asker) {
    this.#asker = asker;
  }

  async list(options?: CallOptions): Promise<Database[]> {
    type List = { readonly databases: Database[] };
    return (await this.#asker.ask<List>("GET", "/v1/databases", options)).body.databases;
  }

  /** One picture with all that is known of it. Raises `server.not-found`. */
  async picture(db: string, id: string, options?: CallOptions): Promise<StoredPicture> {
    const path = `${pathOf(db)}/pictures/${encodeURIComponent(id)}`;
    return (await this.#asker.ask<StoredPicture>("GET", path, options)).body;
  }

  /** Adds pictures (bytes, 1..64): they are found at once. What is wrong with one of them stands in its entry. */
  async upload(
    db: string,
    pictures: readonly ClientPicture[],
    options: CallOptions = {},
  ): Promise<UploadResponse> {
    const body = (): FormData => formOf(pictures);
    const accept = (status: number, answer: unknown): boolean =>
      status < 500 && Array.isArray((answer as { pictures?: unknown } | undefined)?.pictures);
    const asked = { ...options, body, accept };
    return (await this.#asker.ask<UploadResponse>("POST", `${pathOf(db)}/pictures`, asked)).body;
  }

  /** Groups of pictures that show the same, a page at a time. */
  async duplicates(db: string, options: DuplicatesOptions = {}): Promise<DuplicatesResponse> {
    const { threshold, top, cursor, signal } = options;
    const path = `${pathOf(db)}/duplicates${queryOf({ threshold, top, cursor })}`;
    return (await this.#asker.ask<DuplicatesResponse>("GET", path, sent(signal))).body;
  }

  /** Moves pictures of groups to the server's trash; at least one of each group has to stay. */
  async trash(db: string, body: TrashBody, options?: CallOptions): Promise<TrashedResponse> {
    const asked = { ...json(body), ...options, once: true };
    return (await this.#asker.ask<TrashedResponse>("POST", `${pathOf(db)}/duplicates/trash`, asked)).body;
  }

  /** Puts back what a call of `trash` moved: `undo` of its answer. */
  async undoTrash(db: string, undo: string, options?: CallOptions): Promise<RestoredResponse> {
    const asked = { ...json({ undo }), ...options };
    return (await this.#asker.ask<RestoredResponse>("POST", `${pathOf(db)}/trash/undo`, asked)).body;
  }

  /** The map of a database, or how far it is while the server makes it: ask again after a second. */
  async map(db: string, options?: CallOptions): Promise<PictureMap | PictureMapRunning> {
    return (await this.#asker.ask<PictureMap | PictureMapRunning>("GET", `${pathOf(db)}/map`, options)).body;
  }

  async collections(db: string, options?: CallOptions): Promise<CollectionInfo[]> {
    type List = { readonly collections: CollectionInfo[] };
    return (await this.#asker.ask<List>("GET", `${pathOf(db)}/collections`, options)).body.collections;
  }

  async collection(db: string, name: string, options?: CallOptions): Promise<StoredCollection> {
    const { body, headers } = await this.#asker.ask<Collection>("GET", collectionPath(db, name), options);
    return { collection: body, etag: headers.get("etag") ?? "" };
  }

  /** Creates a collection or replaces all of it; ids of pictures, 0..10,000. */
  async putCollection(
    db: string,
    name: string,
    pictures: readonly string[],
    options: WriteOptions = {},
  ): Promise<CollectionInfo> {
    const { headers, body } = json({ pictures });
    const asked = {
      ...sent(options.signal),
      body,
      headers: { ...headers, ...expected(options) },
    };
    return (await this.#asker.ask<CollectionInfo>("PUT", collectionPath(db, name), asked)).body;
  }

  async deleteCollection(db: string, name: string, options: WriteOptions = {}): Promise<void> {
    const asked = { ...sent(options.signal), headers: expected(options) };
    await this.#asker.ask("DELETE", collectionPath(db, name), asked);
  }
}

function pathOf(db: string): string {
  return `/v1/databases/${encodeURIComponent(db)}`;
}

function collectionPath(db: string, name: string): string {
  return `${pathOf(db)}/collections/${encodeURIComponent(name)}`;
}

/** A JSON body, made once. */
export function json(body: unknown) {
  const text = JSON.stringify(body);
  return { headers: { "content-type": "application/json" }, body: () => text };
}

export function sent(signal: AbortSignal | undefined): CallOptions {
  return signal === undefined ? {} : { signal };
}

export function expected({ etag, create }: WriteOptions): Record<string, string> {
  if (create) return { "if-none-match": "*" };
  return etag === undefined ? {} : { "if-match": etag };
}
