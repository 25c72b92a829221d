import { join } from "node:path";
import { ClipError } from "../../../errors.js";
import { acquireLock, type HeldLock, lockHolder } from "../../../models/lock.js";

/** How long, ms, one call waits while another process writes: a batch takes some hundredths of a second. */
const PATIENCE_MS = 10_000;

/** The lock file's name in the folder of a store. */
export const LOCK = "write.lock";

/** Who may write to a folder: one process at a time, and within it one call after another. */
export class Writing {
  readonly #folder: string;
  readonly #path: string;
  #held: HeldLock | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(folder: string) {
    this.#folder = folder;
    this.#path = join(folder, LOCK);
  }

  /** Runs `work` when all earlier calls are done, under the lock. Raises `search.busy`. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(() => this.locked(work));
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Runs `work` under the lock, beside other calls of this process that hold it. Raises `search.busy`. */
  async locked<T>(work: () => Promise<T>): Promise<T> {
    if (this.#held?.lost.aborted) throw await this.#busy("took it over while this one slept");
    if (this.#held) return work();
    await using _lock = await this.#take(PATIENCE_MS);
    return await work();
  }

  /** Resolves when all calls so far are done, well or not. */
  async settled(): Promise<void> {
    await this.#last;
  }

  /** Takes the lock at once, until it is disposed of. Raises `search.busy`. */
  async hold(): Promise<AsyncDisposable> {
    if (this.#held) throw await this.#busy("is writing to it");
    const lock = await this.#take(0);
    this.#held = lock;
    return {
      [Symbol.asyncDispose]: async () => {
        await this.#last;
        this.#held = undefined;
        await lock[Symbol.asyncDispose]();
      },
    };
  }

  /** The longest wait is `patience` ms. */
  #take(patience: number): Promise<HeldLock> {
    const end = Date.now() + patience;
    return acquireLock(this.#path, {
      onWait: async () => {
        if (Date.now() >= end) throw await this.#busy("is writing to it");
      },
    });
  }

  async #busy(what: string): Promise<ClipError> {
    const holder = await lockHolder(this.#path);
    const who =
      holder?.pid === undefined ? "a process on another machine" : `process ${holder.pid} of this machine`;
    return new ClipError(
      "search.busy",
      `Expected to be the only one that writes to the store ${this.#folder} but ${who} ${what}.`,
    );
  }
}
