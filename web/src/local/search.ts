import type { WebClip } from "../../../src/browser/index";
import { ClipError } from "../../../src/browser/index";
import { sha256Bytes } from "../../../src/browser/sha256";
import type { Encoder } from "../../../src/encoder";
import { filterOf } from "../../../src/search/find/filters";
import { parseQuery } from "../../../src/search/find/parse";
import type { QueryPart } from "../../../src/search/find/query";
import { searchStore } from "../../../src/search/find/search";
import { type Fact, type Row, rowId } from "../../../src/search/row";
import type { Filter } from "../../../src/search/store/filter";
import type { Database, Hit, SearchFilter, SearchResponse, StoredPicture, Uploaded } from "../api";
import type { Library } from "./library";

/** What the one database of a browser is called. */
export const DATABASE = "pictures";
const THUMBNAIL = 256;

/** A request of /v1/search as the page writes it. */
export interface SearchAsked {
  readonly text?: string;
  readonly query?: string;
  readonly image?: string;
  readonly like?: string;
  readonly crop?: readonly [number, number, number, number];
  readonly filter?: SearchFilter;
  readonly minRelevance?: number;
  readonly all?: boolean;
  readonly diverse?: number;
  readonly top?: number;
  readonly cursor?: string;
}

const isoDate = (ms: number): string => new Date(ms).toISOString();
const dateOf = ({ taken, modified }: Pick<Row, "taken" | "modified">): number => taken ?? modified;

/** The pictures of this browser: put in, looked for, shown. */
export class LocalSearch {
  readonly #clip: WebClip;
  readonly #library: Library;
  /** Addresses of pictures for as long as the page is open. */
  readonly #originals = new Map<string, string>();
  readonly #small = new Map<string, string>();

  constructor(clip: WebClip, library: Library) {
    this.#clip = clip;
    this.#library = library;
  }

  async database(): Promise<Database> {
    const { name: model, precision } = this.#clip.model;
    const rows = await this.#library.store.count();
    let [from, until] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for await (const some of this.#library.store.scan({ columns: ["taken", "modified"] }))
      for (const row of some) [from, until] = [Math.min(from, dateOf(row)), Math.max(until, dateOf(row))];
    return {
      name: DATABASE,
      rows,
      model,
      precision,
      labels: [],
      ...(rows > 0 ? { from: isoDate(from), until: isoDate(until) } : {}),
      thumbnails: true,
      uploads: true,
      trash: false,
    };
  }

  /** Puts pictures in; each is told of by itself. */
  async add(files: readonly { readonly name: string; readonly file: File }[]): Promise<Uploaded[]> {
    const hashes = await Promise.all(files.map(async ({ file }) => hashOf(file)));
    const known = new Set<string>();
    for await (const rows of this.#library.store.scan({ filter: { hashes }, columns: ["hash"] }))
      for (const { hash } of rows) known.add(hash);
    const rows: Row[] = [];
    const told: Uploaded[] = [];
    const stream = this.#clip.encodeImageStream(
      files.map(({ file }) => file),
      { facts: { thumbnail: THUMBNAIL } },
    );
    let i = 0;
    for await (const { result, facts } of stream) {
      const { name, file } = files[i]!;
      const hash = hashes[i++]!;
      if ("code" in result || !facts) {
        const { code, message } = "code" in result ? result : new ClipError("image.decode", "no facts");
        told.push({ name, error: { code, message } });
        continue;
      }
      const { thumbnail, ...about } = facts;
      const path = `/${name.replace(/^\/+/, "")}`;
      const row: Row = {
        ...about,
        id: rowId(path, null),
        path,
        time: null,
        hash,
        bytes: file.size,
        modified: file.lastModified,
        labels: [],
        caption: null,
        thumbnail,
        indexed: Date.now(),
        vector: result,
      };
      rows.push(row);
      this.#originals.set(row.id, URL.createObjectURL(file));
      if (thumbnail) this.#show(row.id, thumbnail);
      told.push({ name, picture: this.#hit(row), known: known.has(hash) });
    }
    await this.#library.add(rows);
    return told;
  }

  async search(asked: SearchAsked, signal: AbortSignal | undefined): Promise<SearchResponse> {
    const { store } = this.#library;
    const filter = this.#filter(asked.filter);
    const parts = await this.#parts(asked);
    const { top = 50, cursor } = asked;
    if (parts.length === 0) return this.#browse(filter, top, cursor);
    const found = await searchStore(store, this.#clip as unknown as Encoder, parts, {
      k: top,
      ...(filter ? { filter } : {}),
      ...(cursor === undefined ? {} : { cursor }),
      ...(asked.all ? { minRelevance: 0 } : {}),
      ...(asked.minRelevance === undefined ? {} : { minRelevance: asked.minRelevance }),
      ...(asked.diverse === undefined ? {} : { diverse: asked.diverse }),
      ...(signal ? { signal } : {}),
    });
    await this.#showAll(found.hits.map(({ id }) => id));
    return {
      db: DATABASE,
      model: this.#clip.model.name,
      hits: found.hits.map((hit) => ({
        ...this.#hit(hit),
        ...(hit.relevance === null ? {} : { relevance: hit.relevance }),
        similarity: Math.max(-1, Math.min(1, hit.similarity)),
        ...(hit.copies.length === 0 ? {} : { copies: hit.copies.length }),
      })),
      ...(found.next === null ? {} : { next: found.next }),
      noGoodMatch: found.noGoodMatch,
    };
  }

  async picture(id: string): Promise<StoredPicture | undefined> {
    const [row] = await this.#library.store.get([id]);
    if (!row) return undefined;
    await this.#showAll([id]);
    const { hash, taken, modified, indexed, sharpness, blank } = row;
    return {
      ...this.#hit(row),
      hash,
      ...(taken === null ? {} : { taken: isoDate(taken) }),
      modified: isoDate(modified),
      indexed: isoDate(indexed),
      sharpness,
      blank,
    };
  }

  /** All that pass the filter, the newest first; the cursor is how many were shown. */
  async #browse(filter: Filter | undefined, top: number, cursor = "0"): Promise<SearchResponse> {
    const rows: Pick<Row, Fact>[] = [];
    for await (const some of this.#library.store.scan(filter ? { filter } : {})) rows.push(...some);
    rows.sort((a, b) => dateOf(b) - dateOf(a) || (a.id < b.id ? -1 : 1));
    const from = Number(cursor);
    const shown = rows.slice(from, from + top);
    await this.#showAll(shown.map(({ id }) => id));
    return {
      db: DATABASE,
      model: this.#clip.model.name,
      hits: shown.map((row) => this.#hit(row)),
      ...(from + top < rows.length ? { next: String(from + top) } : {}),
      noGoodMatch: false,
      total: rows.length,
    };
  }

  async #parts({ text, query, image, like, crop }: SearchAsked): Promise<QueryPart[]> {
    const [x, y, width, height] = crop ?? [0, 0, 1, 1];
    const cut = crop ? { crop: { x, y, width, height } } : {};
    const parts: QueryPart[] = [
      ...(text === undefined ? [] : [{ text, weight: 1 }]),
      ...(query === undefined ? [] : parseQuery(query)),
    ];
    if (image !== undefined) parts.push({ picture: await (await fetch(image)).blob(), weight: 1, ...cut });
    if (like !== undefined && crop) {
      const original = this.#originals.get(like) ?? this.#small.get(like);
      if (original !== undefined)
        parts.push({ picture: await (await fetch(original)).blob(), weight: 1, ...cut });
    } else if (like !== undefined) parts.push({ like, weight: 1 });
    return parts;
  }

  #filter(asked: SearchFilter | undefined): Filter | undefined {
    if (asked === undefined) return undefined;
    const { folder, since, until, minSize, camera, collection, ids } = asked;
    const words = filterOf({
      ...(since === undefined ? {} : { since }),
      ...(until === undefined ? {} : { until }),
      ...(camera === undefined ? {} : { camera }),
      ...(minSize === undefined ? {} : { minSize: String(minSize) }),
    });
    const collected = collection === undefined ? undefined : this.#library.collections.get(collection);
    const and: Filter[] = [
      ...(words ? [words] : []),
      ...(folder === undefined ? [] : [{ folder: `/${folder.replace(/^\/+/, "")}` }]),
      ...(collection === undefined ? [] : [{ ids: collected?.pictures ?? [] }]),
      ...(ids === undefined ? [] : [{ ids }]),
    ];
    return and.length === 0 ? undefined : { and };
  }

  #show(id: string, thumbnail: Uint8Array): void {
    const jpeg = new Blob([thumbnail as Uint8Array<ArrayBuffer>], { type: "image/jpeg" });
    if (!this.#small.has(id)) this.#small.set(id, URL.createObjectURL(jpeg));
  }

  async #showAll(ids: readonly string[]): Promise<void> {
    const missing = ids.filter((id) => !this.#small.has(id));
    for (const row of await this.#library.store.get(missing, ["thumbnail"]))
      if (row?.thumbnail) this.#show(row.id, row.thumbnail);
  }

  #hit(row: Pick<Row, Fact>): Hit {
    const { id, width, height, bytes, camera, latitude, longitude } = row;
    const path = row.path.slice(1);
    const thumbnail = this.#small.get(id) ?? "";
    return {
      id,
      path,
      name: path.split("/").at(-1) ?? path,
      width,
      height,
      bytes,
      date: isoDate(dateOf(row)),
      labels: [],
      ...(camera === null ? {} : { camera }),
      ...(latitude === null || longitude === null ? {} : { place: { latitude, longitude } }),
      thumbnail,
      // Files of an earlier visit can't be read again: their small pictures are kept.
      picture: this.#originals.get(id) ?? thumbnail,
    };
  }
}

async function hashOf(file: File): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const found = globalThis.crypto.subtle
    ? new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))
    : sha256Bytes(bytes);
  return Array.from(found, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
