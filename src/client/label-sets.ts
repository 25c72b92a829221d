import type { Examples, ExamplesAdded } from "../server/wire/examples.js";
import type { LabelSetBody, LabelSetInfo, LabelSetPatch, WireLabelSet } from "../server/wire/labels.js";
import { type Asker, type CallOptions, queryOf } from "./ask.js";
import { type ClientPicture, formOf } from "./pictures.js";

/** A set as the server has it, and the mark of its version: give it back with a change that is meant for this version alone. */
export interface StoredLabelSet {
  readonly set: WireLabelSet;
  readonly etag: string;
}

export interface ReadOptions extends CallOptions {
  /** Default: the newest. */
  readonly version?: number;
}

export interface ExamplesOptions extends CallOptions {
  /** Default: the server's first. */
  readonly model?: string;
}

export interface WriteOptions extends CallOptions {
  /** The version that is changed: raises `server.version` (412) where another one is the newest by now. */
  readonly etag?: string;
  /** True: raises `server.version` (412) where there is such a set already. */
  readonly create?: boolean;
}

/** The server's label sets. A change is in the answers of the next request; every version is kept. */
export class LabelSets {
  readonly #asker: Asker;

  constructor(asker: Asker) {
    this.#asker = asker;
  }

  /** All of them, those that ship with zeroclip (`ready`) among them. */
  async list(options?: CallOptions): Promise<LabelSetInfo[]> {
    type List = { readonly labelSets: LabelSetInfo[] };
    return (await this.#asker.ask<List>("GET", "/v1/label-sets", options)).body.labelSets;
  }

  async get(name: string, { version, signal }: ReadOptions = {}): Promise<StoredLabelSet> {
    const query = version === undefined ? "" : `?version=${version}`;
    const { body, headers } = await this.#asker.ask<WireLabelSet>("GET", pathOf(name) + query, sent(signal));
    return { set: body, etag: headers.get("etag") ?? "" };
  }

  /** Versions that are kept, oldest first. */
  async versions(name: string, options?: CallOptions): Promise<number[]> {
    type List = { readonly versions: number[] };
    return (await this.#asker.ask<List>("GET", `${pathOf(name)}/versions`, options)).body.versions;
  }

  /** Creates a set or replaces all of it. */
  put(name: string, body: LabelSetBody, options: WriteOptions = {}): Promise<LabelSetInfo> {
    return this.#write("PUT", name, body, options);
  }

  /** Adds, replaces and removes labels: only new words are computed. */
  patch(name: string, patch: LabelSetPatch, options: WriteOptions = {}): Promise<LabelSetInfo> {
    return this.#write("PATCH", name, patch, options);
  }

  /** Removes a set with all its versions. */
  async delete(name: string, options: WriteOptions = {}): Promise<void> {
    await this.#asker.ask("DELETE", pathOf(name), { ...sent(options.signal), headers: expected(options) });
  }

  /** What a set has learnt from pictures, for a model (default: the server's first). */
  async examples(name: string, { model, signal }: ExamplesOptions = {}): Promise<Examples> {
    const path = examplesPath(name, { model });
    return (await this.#asker.ask<Examples>("GET", path, sent(signal))).body;
  }

  /**
   * Pictures (1..64, as bytes) of one label, by its id or name: answers with the set change at once, from the second label with
   * pictures on. The same picture counts once.
   */
  async addExamples(
    name: string,
    label: string,
    pictures: readonly ClientPicture[],
    { model, signal }: ExamplesOptions = {},
  ): Promise<ExamplesAdded> {
    const body = (): FormData => formOf(pictures, { label, model });
    const path = examplesPath(name, {});
    return (await this.#asker.ask<ExamplesAdded>("POST", path, { ...sent(signal), body })).body;
  }

  /** Forgets the pictures of one label, or of all. */
  async removeExamples(
    name: string,
    label?: string,
    { model, signal }: ExamplesOptions = {},
  ): Promise<Examples> {
    const path = examplesPath(name, { label, model });
    return (await this.#asker.ask<Examples>("DELETE", path, sent(signal))).body;
  }

  async #write(
    method: string,
    name: string,
    body: LabelSetBody | LabelSetPatch,
    options: WriteOptions,
  ): Promise<LabelSetInfo> {
    const json = JSON.stringify(body);
    const headers = { ...expected(options), "content-type": "application/json" };
    const asked = { ...sent(options.signal), headers, body: () => json };
    return (await this.#asker.ask<LabelSetInfo>(method, pathOf(name), asked)).body;
  }
}

function pathOf(name: string): string {
  return `/v1/label-sets/${encodeURIComponent(name)}`;
}

function examplesPath(name: string, query: Readonly<Record<string, string | undefined>>): string {
  return `${pathOf(name)}/examples${queryOf(query)}`;
}

function sent(signal: AbortSignal | undefined): CallOptions {
  return signal === undefined ? {} : { signal };
}

function expected({ etag, create }: WriteOptions): Record<string, string> {
  if (create) return { "if-none-match": "*" };
  return etag === undefined ? {} : { "if-match": etag };
}
