import type { LabelSetBody, LabelSetInfo, LabelSetPatch, WireLabelSet } from "../server/wire/labels.js";
import type { Asker, CallOptions } from "./ask.js";

/** A set as the server has it, and the mark of its version: give it back with a change that is meant for this version alone. */
export interface StoredLabelSet {
  readonly set: WireLabelSet;
  readonly etag: string;
}

export interface ReadOptions extends CallOptions {
  /** Default: the newest. */
  readonly version?: number;
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

function sent(signal: AbortSignal | undefined): CallOptions {
  return signal === undefined ? {} : { signal };
}

function expected({ etag, create }: WriteOptions): Record<string, string> {
  if (create) return { "if-none-match": "*" };
  return etag === undefined ? {} : { "if-match": etag };
}
