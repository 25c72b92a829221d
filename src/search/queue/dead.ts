import type { Batch } from "./batch.js";
import { connectQueue, openQueue, queueError } from "./connection.js";

/** A batch that failed too often. */
export interface DeadLetter {
  readonly id: string;
  readonly db: string;
  readonly reason: string;
  readonly tries: number;
  /** When it failed last, ms since 1970. */
  readonly failed: number;
  readonly paths: readonly string[];
}

/** Letters that are read at a time. */
const PAGE = 100;

/** Dead letters, the newest first. Raises `search.address` and `search.queue`. */
export async function* deadLetters(address: string): AsyncGenerator<DeadLetter> {
  await using connection = await connectQueue(address);
  const queue = await openQueue(connection);
  try {
    for (let from = 0; ; from += PAGE) {
      const jobs = await queue.getFailed(from, from + PAGE - 1);
      for (const job of jobs) {
        const { db, files } = (job.data ?? {}) as Partial<Batch>;
        yield {
          id: String(job.id),
          // What is no batch is a dead letter, too.
          db: typeof db === "string" ? db : "",
          reason: job.failedReason ?? "",
          tries: job.attemptsMade,
          failed: job.finishedOn ?? 0,
          paths: Array.isArray(files) ? files.map((file) => String(file?.path)) : [],
        };
      }
      if (jobs.length < PAGE) return;
    }
  } catch (error) {
    throw queueError(error, connection.shown);
  } finally {
    await queue.close();
  }
}

/** Puts dead letters back into the queue, all or those of the given ids, with all their tries → how many. Raises as `deadLetters`. */
export async function replayDead(address: string, ids?: readonly string[]): Promise<number> {
  const wanted: string[] = [];
  for await (const { id } of deadLetters(address)) if (!ids || ids.includes(id)) wanted.push(id);
  await using connection = await connectQueue(address);
  const queue = await openQueue(connection);
  let replayed = 0;
  try {
    for (const id of wanted) {
      const job = await queue.getJob(id);
      if (!job || !(await job.isFailed())) continue;
      await job.retry("failed", { resetAttemptsMade: true, resetAttemptsStarted: true });
      replayed += 1;
    }
    return replayed;
  } catch (error) {
    throw queueError(error, connection.shown);
  } finally {
    await queue.close();
  }
}
