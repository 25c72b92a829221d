import type {
  Download,
  Evaluation,
  EvaluationBody,
  EvaluationList,
  KeyBody,
  KeyInfo,
  NewKey,
} from "../server/wire/manage.js";
import type { Asker, CallOptions } from "./ask.js";

/** Keys of the server: for keys with the scope `write`, or, while none is needed, from the server's own machine. */
export class Keys {
  readonly #asker: Asker;

  constructor(asker: Asker) {
    this.#asker = asker;
  }

  async list(options?: CallOptions): Promise<KeyInfo[]> {
    type List = { readonly keys: KeyInfo[] };
    return (await this.#asker.ask<List>("GET", "/v1/keys", options)).body.keys;
  }

  /** `key` of the answer is told this once. Default scope: read. */
  async create(body: KeyBody, options?: CallOptions): Promise<NewKey> {
    return (await this.#asker.ask<NewKey>("POST", "/v1/keys", { ...sent(body, options), once: true })).body;
  }

  async remove(id: string, options?: CallOptions): Promise<void> {
    await this.#asker.ask("DELETE", `/v1/keys/${encodeURIComponent(id)}`, options);
  }
}

/** Models on their way to the server's machine: those that are served, one at a time. */
export class Downloads {
  readonly #asker: Asker;

  constructor(asker: Asker) {
    this.#asker = asker;
  }

  async list(options?: CallOptions): Promise<Download[]> {
    type List = { readonly downloads: Download[] };
    return (await this.#asker.ask<List>("GET", "/v1/downloads", options)).body.downloads;
  }

  /** Raises `server.running` (409) while another one is on its way. */
  async start(model: string, options?: CallOptions): Promise<Download> {
    return (await this.#asker.ask<Download>("POST", "/v1/downloads", sent({ model }, options))).body;
  }

  async cancel(model: string, options?: CallOptions): Promise<void> {
    await this.#asker.ask("DELETE", `/v1/downloads/${encodeURIComponent(model)}`, options);
  }
}

/** Evaluations on folders of the server that its operator allowed, and their reports. */
export class Evaluations {
  readonly #asker: Asker;

  constructor(asker: Asker) {
    this.#asker = asker;
  }

  /** The one that runs and all reports, the newest first; `report` is an address that works without a key for an hour. */
  async list(options?: CallOptions): Promise<EvaluationList> {
    return (await this.#asker.ask<EvaluationList>("GET", "/v1/evaluations", options)).body;
  }

  async folders(options?: CallOptions): Promise<string[]> {
    type List = { readonly folders: string[] };
    return (await this.#asker.ask<List>("GET", "/v1/evaluations/folders", options)).body.folders;
  }

  /** Raises `server.running` (409) while another one runs, `server.off` (403) where no folder is allowed. */
  async start(body: EvaluationBody, options?: CallOptions): Promise<Evaluation> {
    return (await this.#asker.ask<Evaluation>("POST", "/v1/evaluations", sent(body, options))).body;
  }

  /** Ends one that runs, or removes a report. */
  async remove(id: string, options?: CallOptions): Promise<void> {
    await this.#asker.ask("DELETE", `/v1/evaluations/${encodeURIComponent(id)}`, options);
  }
}

function sent(body: unknown, options: CallOptions = {}) {
  const json = JSON.stringify(body);
  return { ...options, headers: { "content-type": "application/json" }, body: () => json };
}
