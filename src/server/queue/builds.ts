import { ClipError } from "../../errors.js";
import type { Asker } from "./batcher.js";
import { BusyError } from "./busy.js";
import { FairQueue, type Waiting } from "./fair-queue.js";
import { Pace } from "./pace.js";

/** Sets of so many prompts begin at once: half a second of a large text tower. Larger ones wait for each other. */
const SMALL = 256;

/** Makes it: `signal` fires when nobody waits any more; `told` is to hear how many of all its prompts are done. */
export type Making<T> = (signal: AbortSignal, told: (done: number, all: number) => void) => Promise<T>;

/** Something that is made once for all who ask for it. */
interface Build<T> extends Waiting {
  readonly made: Promise<T>;
  readonly stop: AbortController;
  readonly start: () => Promise<void>;
  readonly large: boolean;
  /** Prompts still to be computed; all of them until it is known that some were. */
  left: number;
  /** Who waits. */
  waiters: number;
}

/**
 * Sets of labels are computed by turns of clients: large ones one after the other, small ones at once beside them. What nobody
 * waits for any more is given up, and what would wait longer than `maxQueueMs` is refused (`server.busy`).
 */
export class Builds<T> {
  readonly #maxQueueMs: number;
  readonly #clock: () => number;
  readonly #pace = new Pace();
  readonly #queue = new FairQueue<Build<T>>();
  readonly #open = new Map<string, Build<T>>();
  #largeRuns = false;
  #running = 0;

  constructor(maxQueueMs: number, clock: () => number = () => performance.now()) {
    this.#maxQueueMs = maxQueueMs;
    this.#clock = clock;
  }

  /** Builds that run or wait. */
  get size(): number {
    return this.#open.size;
  }

  /** What `key` names, made by the first who asks. Raises `server.busy`, `aborted`, and what making it raises. */
  async get(key: string, prompts: number, { client, priority, signal }: Asker, make: Making<T>): Promise<T> {
    if (signal?.aborted) throw givenUp();
    const build = this.#open.get(key) ?? this.#begin(key, prompts, { client, priority }, make);
    build.waiters += 1;
    const leave = new Promise<never>((_, reject) => {
      signal?.addEventListener("abort", () => reject(givenUp()), { once: true });
    });
    try {
      return await Promise.race([build.made, leave]);
    } finally {
      build.waiters -= 1;
      if (build.waiters === 0) build.stop.abort();
    }
  }

  #begin(key: string, prompts: number, asker: Pick<Asker, "client" | "priority">, make: Making<T>): Build<T> {
    const large = prompts > SMALL;
    this.#admit(large);
    const stop = new AbortController();
    let done: (value: T) => void = () => {};
    let fail: (error: unknown) => void = () => {};
    const made = new Promise<T>((resolve, reject) => {
      [done, fail] = [resolve, reject];
    });
    // Those who wait hear of it; where nobody does any more there is nobody to tell.
    made.catch(() => undefined);
    const build: Build<T> = {
      ...asker,
      kind: "",
      made,
      stop,
      large,
      left: prompts,
      waiters: 0,
      start: async () => {
        const began = this.#clock();
        const beside = this.#running++;
        let computed = 0;
        try {
          const told = (prompts: number, all: number): void => {
            computed = all;
            build.left = all - prompts;
          };
          done(await make(stop.signal, told));
          if (computed > 0) this.#pace.ran(computed, (this.#clock() - began) / (1 + beside));
        } catch (error) {
          fail(error);
        } finally {
          this.#running -= 1;
          if (this.#open.get(key) === build) this.#open.delete(key);
        }
      },
    };
    this.#open.set(key, build);
    stop.signal.addEventListener("abort", () => {
      // Whoever asks from now on begins anew.
      if (this.#open.get(key) === build) this.#open.delete(key);
      this.#queue.remove((waiting) => waiting === build);
      fail(givenUp());
    });
    if (large) {
      this.#queue.push(build);
      this.#pump();
    } else void build.start();
    return build;
  }

  /** Raises `server.busy` where what comes now would wait too long for what came before. A large one is no reason to refuse small ones. */
  #admit(large: boolean): void {
    const known = this.#pace.msAnItem;
    if (known === undefined) return;
    const left = [...this.#open.values()].reduce((sum, one) => sum + (one.large && !large ? 0 : one.left), 0);
    if (left * known > this.#maxQueueMs) throw new BusyError(Math.max(1, Math.ceil((left * known) / 2000)));
  }

  #pump(): void {
    if (this.#largeRuns) return;
    const [next] = this.#queue.take(1);
    if (!next) return;
    this.#largeRuns = true;
    void next.start().then(() => {
      this.#largeRuns = false;
      this.#pump();
    });
  }
}

function givenUp(): ClipError {
  return new ClipError("aborted", "The request was given up.");
}
