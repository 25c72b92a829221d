import { join } from "node:path";
import { ClipError } from "../../../errors.js";
import { acquireLock, type HeldLock, lockHolder } from "../../../models/lock.js";

/** How long, ms, one call waits while another process writes: a batch takes some hundredths of a second. */
const PATIENCE_MS = 10_000;

/** The lock file's name in the folder of a store. */
export const LOCK = "write.lock";

/**
 * Who may write to a folder: one process at a time, and within it one call after another. All that a process does at one time goes
 * on under one lock: what takes minutes keeps other processes out, and not its own.
 */
export class Writing {
  readonly #folder: string;
  readonly #path: string;
  #lock: Promise<HeldLock> | undefined;
  #users = 0;
  #releasing: Promise<void> = Promise.resolve();
  #isHeld = false;
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

  /** Runs `work` under the lock, beside other calls of this process. Raises `search.busy`. */
  async locked<T>(work: () => Promise<T>): Promise<T> {
    const lock = await this.#enter(PATIENCE_MS);
    try {
      if (lock.lost.aborted) throw await this.#busy("took it over while this one slept");
      return await work();
    } finally {
      await this.#leave();
    }
  }

  /** Resolves when all calls so far are done, well or not. */
  async settled(): Promise<void> {
    await this.#last;
  }

  /** Takes the lock at once, until it is disposed of. Raises `search.busy`. */
  async hold(): Promise<AsyncDisposable> {
    if (this.#isHeld) throw await this.#busy("is writing to it");
    this.#isHeld = true;
    const free = (): void => {
      this.#isHeld = false;
    };
    await this.#enter(0).catch((error: unknown) => {
      free();
      throw error;
    });
    return {
      [Symbol.asyncDispose]: async () => {
        await this.settled();
        free();
        await this.#leave();
      },
    };
  }

  async #enter(patience: number): Promise<HeldLock> {
    this.#users += 1;
    this.#lock ??= this.#releasing.then(() => this.#take(patience));
    const lock = this.#lock;
    try {
      return await lock;
    } catch (error) {
      this.#users -= 1;
      if (this.#lock === lock) this.#lock = undefined;
      throw error;
    }
  }

  /** The last one gives the lock back. */
  async #leave(): Promise<void> {
    this.#users -= 1;
    if (this.#users > 0 || this.#lock === undefined) return;
    const lock = this.#lock;
    this.#lock = undefined;
    // Where the file can't be removed, it is stale soon, and another's.
    this.#releasing = lock.then((held) => held[Symbol.asyncDispose]()).catch(() => undefined);
    await this.#releasing;
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
