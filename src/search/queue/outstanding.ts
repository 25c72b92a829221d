import { setTimeout as sleep } from "node:timers/promises";
import type { JobsOptions, Queue } from "bullmq";
import type { Redis } from "ioredis";
import { throwIfAborted } from "../../errors.js";
import { type Batch, type BatchResult, batchId } from "./batch.js";
import { keyOf, type QueueConnection } from "./connection.js";

/** Batches that are in Redis at a time: 32,000 files, some 10 MB; enough for a thousand workers. */
const MOST_OUTSTANDING = 1_000;
/** Pause, ms, between two looks at what is done. */
const POLL_MS = 250;
/** Seconds for which results stay whose coordinator is gone. */
const KEPT_S = 24 * 60 * 60;

/** How often, and after which pauses, a batch is tried. */
export interface Tries {
  /** Most tries; then the batch is a dead letter. Default 10: with pauses from 1 s, doubled each time, some 8 minutes. */
  readonly attempts?: number;
  /** Pause before the second try, ms. */
  readonly backoffMs?: number;
}

/** A batch that is done, well or not. */
export type Settled = { readonly batch: Batch } & (
  | { readonly result: BatchResult }
  | { readonly dead: string }
);

/**
 * The batches of a run that are in the queue. Redis is asked for all of them at each look, so that nothing is lost where it forgets some
 * (one that is killed may forget its last second): those are put into it again.
 */
export class Outstanding {
  readonly #queue: Queue;
  readonly #redis: Redis;
  readonly #options: JobsOptions;
  readonly #batches = new Map<string, Batch>();
  readonly #onSettled: (settled: Settled) => void;

  constructor(
    queue: Queue,
    { redis }: QueueConnection,
    onSettled: (settled: Settled) => void,
    { attempts = 10, backoffMs = 1_000 }: Tries = {},
  ) {
    this.#queue = queue;
    this.#redis = redis;
    this.#onSettled = onSettled;
    this.#options = {
      attempts,
      backoff: { type: "exponential", delay: backoffMs },
      removeOnComplete: { age: KEPT_S },
      removeOnFail: false,
    };
  }

  get count(): number {
    return this.#batches.size;
  }

  /** Puts a batch into the queue; waits while there are too many. Raises `aborted`. */
  async add(batch: Batch, signal?: AbortSignal): Promise<void> {
    while (this.count >= MOST_OUTSTANDING) await this.#look(signal);
    const id = batchId(batch);
    this.#batches.set(id, batch);
    await this.#put(id, batch);
  }

  /** Resolves when all batches are done, well or not. Raises `aborted`. */
  async settle(signal?: AbortSignal): Promise<void> {
    while (this.count > 0) await this.#look(signal);
  }

  async #put(id: string, batch: Batch): Promise<void> {
    await this.#queue.add("batch", batch, { ...this.#options, jobId: id });
  }

  async #look(signal?: AbortSignal): Promise<void> {
    throwIfAborted(signal);
    await this.#sweep();
    if (this.count > 0) await sleep(POLL_MS, undefined, signal ? { signal } : {}).catch(() => undefined);
    throwIfAborted(signal);
  }

  /** One look at all batches. */
  async #sweep(): Promise<void> {
    const ids = [...this.#batches.keys()];
    const [completed, failed] = await Promise.all([
      this.#redis.zmscore(keyOf("completed"), ...ids),
      this.#redis.zmscore(keyOf("failed"), ...ids),
    ]);
    const open: string[] = [];
    for (const [i, id] of ids.entries()) {
      if (completed[i] !== null) await this.#complete(id);
      else if (failed[i] !== null) await this.#bury(id);
      else open.push(id);
    }
    const asked = this.#redis.pipeline();
    for (const id of open) asked.exists(keyOf(id));
    for (const [i, [, isThere]] of ((await asked.exec()) ?? []).entries()) {
      if (isThere === 0) await this.#put(open[i]!, this.#batches.get(open[i]!)!);
    }
  }

  /** Takes the result, and the job out of Redis. */
  async #complete(id: string): Promise<void> {
    const text = await this.#redis.hget(keyOf(id), "returnvalue");
    await this.#queue.remove(id);
    // Forgotten by Redis between two questions: it is put again at the next look.
    if (text === null) return;
    this.#settle(id, { result: JSON.parse(text) as BatchResult });
  }

  /** A dead letter stays in Redis, to be looked at and replayed. */
  async #bury(id: string): Promise<void> {
    const reason = await this.#redis.hget(keyOf(id), "failedReason");
    this.#settle(id, { dead: reason ?? "no reason was kept" });
  }

  #settle(id: string, how: { result: BatchResult } | { dead: string }): void {
    const batch = this.#batches.get(id)!;
    this.#batches.delete(id);
    this.#onSettled({ batch, ...how });
  }
}
