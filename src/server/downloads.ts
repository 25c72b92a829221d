import { ClipError } from "../errors.js";
import type { ModelPool } from "./models.js";
import { problemEntry } from "./problems.js";
import type { Download } from "./wire/manage.js";

/** Where models lie, and how they get there. */
export interface ModelStore {
  /** Whether a model is on this machine; undefined where that can't be told without opening it. */
  present(model: string): Promise<boolean | undefined>;
  /** Downloads and verifies one. Raises `download.*`, `model.*`, `usage.pull`, `aborted`. */
  pull(model: string, options: PullCall): Promise<void>;
}

export interface PullCall {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Pick<Download, "file" | "received" | "total" | "bytesPerSecond">) => void;
}

/** Models that are downloaded while the server runs, one at a time. */
export class Downloads {
  readonly #last = new Map<string, Download>();
  #running: { readonly model: string; readonly stop: AbortController } | undefined;

  constructor(
    readonly pool: Pick<ModelPool, "nameOf">,
    readonly store: ModelStore,
    readonly closing: AbortSignal,
  ) {}

  /** The newest of each model, in the order they were asked for. */
  list(): Download[] {
    return [...this.#last.values()];
  }

  /** Begins one. Raises `model.unknown` for a model that is not served, `server.running` while another one runs. */
  start(asked: string): Download {
    const model = this.pool.nameOf(asked);
    if (this.#running)
      throw new ClipError(
        "server.running",
        `Expected one download at a time but ${this.#running.model} is on its way.`,
      );
    const stop = new AbortController();
    this.#running = { model, stop };
    this.#last.delete(model);
    this.#last.set(model, { model, state: "running", received: 0 });
    void this.#run(model, AbortSignal.any([stop.signal, this.closing]));
    return this.#last.get(model)!;
  }

  /** Ends one that runs; what came is kept, and gone on with another time. */
  cancel(asked: string): void {
    const model = this.pool.nameOf(asked);
    if (this.#running?.model !== model)
      throw new ClipError("server.not-found", `Expected a model on its way but ${model} is not.`);
    this.#running.stop.abort();
  }

  async #run(model: string, signal: AbortSignal): Promise<void> {
    const say = (part: Partial<Download>): void => {
      this.#last.set(model, { ...this.#last.get(model)!, ...part });
    };
    try {
      await this.store.pull(model, { signal, onProgress: say });
      say({ state: "done" });
    } catch (error) {
      say(signal.aborted ? { state: "cancelled" } : { state: "failed", error: problemEntry(error) });
    } finally {
      this.#running = undefined;
    }
  }
}
