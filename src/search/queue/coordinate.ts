import { resolve } from "node:path";
import type { Queue } from "bullmq";
import { ClipError } from "../../errors.js";
import { type IndexOptions, type IndexProgress, type Looked, lots } from "../ingest/index-folders.js";
import { removeGone } from "../ingest/removed.js";
import { type IndexReport, Tally } from "../ingest/report.js";
import { CompactMap } from "../ingest/seen.js";
import { Snapshot } from "../ingest/snapshot.js";
import { Sources } from "../ingest/sources.js";
import { checkModel } from "../store/identity.js";
import type { StoreModel } from "../store/store.js";
import { type Batch, type BatchResult, batches } from "./batch.js";
import { connectQueue, openQueue, type QueueConnection, queueError } from "./connection.js";
import { Outstanding, type Settled, type Tries } from "./outstanding.js";
import { lockRun } from "./run-lock.js";

export interface CoordinateOptions extends Omit<IndexOptions, "encoder">, Tries {
  /** `redis://…` */
  readonly queue: string;
  /** What workers open, as on their command lines, and what it must be. */
  readonly model: { readonly spec: string; readonly identity: StoreModel };
}

const FRAMES = 100;
const COUNTS = ["unchanged", "added", "changed", "moved", "copied", "touched", "frames"] as const;

/** Jobs of this database that an earlier run left, dead ones too: what they were for is listed anew. */
async function removeLeft(queue: Queue, db: string): Promise<void> {
  for (const job of await queue.getJobs(["waiting", "delayed", "prioritized", "failed"])) {
    if (job && (job.data as Partial<Batch> | undefined)?.db === db) await job.remove().catch(() => undefined);
  }
}

/** A database as workers open it: a folder by its whole path. */
export function sharedAddress(address: string): string {
  return /^[a-z][a-z0-9+.-]+:\/\//i.test(address) ? address : resolve(address);
}

/** What workers did → the report of the run. */
function count(tally: Tally, settled: Settled): void {
  if ("dead" in settled) {
    const error = new ClipError("search.dead", settled.dead);
    for (const { path } of settled.batch.files) tally.fail(path, error);
    return;
  }
  const result: BatchResult = settled.result;
  for (const name of COUNTS) tally.add(name, result[name]);
  for (const { path, code, message } of result.errors) tally.fail(path, new ClipError(code, message));
}

/**
 * As `indexFolders`, but workers do the computing: new and changed files go into a queue in batches, at most a thousand at a time; what
 * workers report is gathered. A killed worker's, Redis' and store's batches are done again; ended early, the next run goes on. Batches
 * that failed too often are told as failures (`search.dead`) and stay in the queue. Raises as `indexFolders`, `search.queue` and
 * `search.busy`.
 */
export async function indexByQueue(
  folders: readonly string[],
  options: CoordinateOptions,
): Promise<IndexReport> {
  checkModel(options.store.identity.model, options.model.identity, options.store.address);
  await using connection = await connectQueue(options.queue);
  const db = sharedAddress(options.store.address);
  try {
    await using _lock = await lockRun(connection, db);
    const queue = await openQueue(connection);
    try {
      await removeLeft(queue, db);
      return await run(folders, options, db, queue, connection);
    } finally {
      await queue.close();
    }
  } catch (error) {
    throw queueError(error, connection.shown);
  }
}

async function run(
  folders: readonly string[],
  options: CoordinateOptions,
  db: string,
  queue: Queue,
  connection: QueueConnection,
): Promise<IndexReport> {
  const { store, model, frames = FRAMES, thumbnail, removeAll = false, signal, onProgress } = options;
  await using sources = new Sources(options);
  const tally = new Tally(options.onFailure);
  const looked: Looked = { seen: new CompactMap(), hidden: [], walked: [] };
  const at: { step: IndexProgress["step"]; done: number; known: number } = {
    step: "look",
    done: 0,
    known: 0,
  };
  const step = (files = 1): void => {
    at.done += files;
    const isAll = looked.walked.length === folders.length;
    const counts = { found: tally.get("found"), done: at.done, failed: tally.get("failed") };
    onProgress?.({ step: at.step, ...counts, ...(isAll ? { total: at.known } : {}) });
  };
  const outstanding = new Outstanding(
    queue,
    connection,
    (settled) => {
      count(tally, settled);
      step(settled.batch.files.length);
    },
    options,
  );
  try {
    const snapshot = await Snapshot.read(store, signal);
    for await (const lot of lots(folders, sources, options, { snapshot, tally, step }, looked)) {
      at.step = "index";
      at.known += lot.length;
      for (const files of batches(lot)) {
        const job = { formatVersion: 1, db, model, frames, thumbnail: thumbnail ?? null, files } as const;
        await outstanding.add(job, signal);
      }
    }
    step(0);
    await outstanding.settle(signal);
  } catch (error) {
    if (!signal?.aborted) throw error;
    const left =
      outstanding.count > 0 ? `; workers go on with ${outstanding.count} batches that are in the queue` : "";
    throw new ClipError("aborted", `Stopped after ${at.done} files${left}. The same command goes on.`, {
      cause: error,
    });
  }
  at.step = "remove";
  step(0);
  await removeGone(store, looked.walked, { ...looked, removeAll, signal }, tally);
  return tally.report();
}
