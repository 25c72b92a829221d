import { resolve } from "node:path";
import { ClipError } from "../../errors.js";
import { type Overview, overviewOf } from "../../search/find/overview.js";
import type { Store } from "../../search/store/store.js";
import type { ModelPool } from "../models.js";
import type { Asker } from "../queue/batcher.js";
import { LIMITS } from "../wire/limits.js";
import { ServedEncoder } from "./encoder.js";
import { Places, rootsOf } from "./places.js";
import { Shown } from "./shown.js";

export interface DatabaseParts {
  readonly name: string;
  readonly store: Store;
  /** The name that opens its model. */
  readonly model: string;
  /** Folders whose files may be shown; none: those that its files lie in. */
  readonly folders: readonly string[];
  readonly showsPaths: boolean;
  /** Where pictures that are added are kept; undefined: none may be. */
  readonly uploads?: string;
  /** Where duplicates are moved to; undefined: none may be. */
  readonly trash?: string;
}

/** How long what was seen of a database is told without looking again, ms; and by how much longer than the look took. */
const [FRESH_MS, SHARE] = [5_000, 20];
/** The same for Milvus, which can't say that tags have changed. */
const UNTOLD_MS = 60_000;

interface Looked {
  readonly state: string;
  readonly overview: Overview;
  readonly places: Places;
  /** When it was seen, and when it was last known to be so, ms. */
  readonly seen: number;
  readonly at: number;
  readonly took: number;
}

/** A database that is served. */
export class Database {
  readonly name: string;
  readonly store: Store;
  readonly model: string;
  readonly uploads: string | undefined;
  readonly trash: string | undefined;
  /** Its rows, as their small pictures are asked for. */
  readonly shown: Shown;
  readonly #parts: DatabaseParts;
  #looked: Looked | undefined;
  #looking: Promise<Looked> | undefined;

  constructor(parts: DatabaseParts) {
    this.#parts = parts;
    this.name = parts.name;
    this.store = parts.store;
    this.model = parts.model;
    this.uploads = parts.uploads;
    this.trash = parts.trash;
    this.shown = new Shown(parts.store);
  }

  /** What it holds; some seconds old while it is being written to. */
  async overview(): Promise<Overview> {
    return (await this.#look()).overview;
  }

  /** Where its files lie. */
  async places(): Promise<Places> {
    return (await this.#look()).places;
  }

  /** Lends its model for as long as `work` takes; errors say nothing of the machine's folders. */
  async use<T>(pool: ModelPool, asker: Asker, work: (encoder: ServedEncoder) => Promise<T>): Promise<T> {
    return this.told(() => pool.use(this.model, (serving) => work(new ServedEncoder(serving, asker))));
  }

  /** Work whose errors name the database instead of its address, and files as they are told. */
  async told<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ClipError) || error.constructor !== ClipError) throw error;
      throw new ClipError(error.code, this.cleaned(error.message), { cause: error });
    }
  }

  cleaned(message: string): string {
    if (this.#parts.showsPaths) return message;
    const { address } = this.store;
    const own = [address, resolve(address), this.trash ?? "", this.uploads ?? ""]
      .filter((text) => text !== "" && text !== "memory:")
      .sort((a, b) => b.length - a.length);
    const named = own.reduce((text, one) => text.replaceAll(one, this.name), message);
    return this.#looked?.places.cleaned(named) ?? named;
  }

  async #look(): Promise<Looked> {
    const known = this.#looked;
    if (known === undefined) return this.#anew();
    const age = performance.now() - known.at;
    if (age < FRESH_MS) return known;
    const tells = this.store.kind !== "milvus" || performance.now() - known.seen < UNTOLD_MS;
    if (tells && (await this.store.state()) === known.state) {
      this.#looked = { ...known, at: performance.now() };
      return known;
    }
    // A look at a million rows takes seconds: what was seen before is told meanwhile.
    if (age > SHARE * known.took) this.#anew().catch(() => undefined);
    return known;
  }

  #anew(): Promise<Looked> {
    this.#looking ??= this.#see().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #see(): Promise<Looked> {
    const began = performance.now();
    const state = await this.store.state();
    const overview = await overviewOf(this.store, { labels: LIMITS.databaseLabels });
    const { folders, showsPaths, uploads } = this.#parts;
    // Where it may be added to, that folder is one of its own from the beginning.
    const given = folders.length > 0 ? folders : overview.roots;
    const places = new Places(rootsOf([...given, ...(uploads ? [uploads] : [])]), showsPaths);
    const at = performance.now();
    this.#looked = { state, overview, places, seen: at, at, took: at - began };
    return this.#looked;
  }
}
