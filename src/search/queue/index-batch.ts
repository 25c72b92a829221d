import type { Encoder } from "../../encoder.js";
import { ClipError } from "../../errors.js";
import { modelOf } from "../ingest/model.js";
import { PictureStep } from "../ingest/pictures.js";
import type { Job, ReadJob } from "../ingest/read-ahead.js";
import { Tally } from "../ingest/report.js";
import type { Run } from "../ingest/run.js";
import { CompactMap } from "../ingest/seen.js";
import { Snapshot } from "../ingest/snapshot.js";
import type { Sources } from "../ingest/sources.js";
import { VideoStep } from "../ingest/videos.js";
import { Writer } from "../ingest/writer.js";
import { checkModel } from "../store/identity.js";
import type { Store } from "../store/store.js";
import type { Batch, BatchResult } from "./batch.js";

export interface BatchParts {
  readonly store: Store;
  readonly encoder: Encoder;
  readonly sources: Sources;
}

/** Failures of one kind of a file that may be none the next time: a share or a bucket that does not answer. */
const PASSING = /^input\./;

/** Bytes of files whose content is looked up together. */
const MOST_BYTES = 128 * 1024 * 1024;

/** Files with their bytes, after the snapshot was told which of their contents the store has: one question a batch. */
async function* lookedUp(
  files: AsyncGenerator<ReadJob>,
  store: Store,
  snapshot: Snapshot,
): AsyncGenerator<ReadJob> {
  let [part, bytes]: [ReadJob[], number] = [[], 0];
  const known = async (): Promise<ReadJob[]> => {
    const hashes = part.flatMap(({ read }) => (read instanceof ClipError ? [] : [read.hash]));
    if (hashes.length > 0) {
      for await (const rows of store.scan({ filter: { hashes }, columns: ["hash"] })) {
        for (const { hash } of rows) snapshot.learn(hash);
      }
    }
    const done = part;
    [part, bytes] = [[], 0];
    return done;
  };
  for await (const file of files) {
    part.push(file);
    if (!(file.read instanceof ClipError)) bytes += file.read.bytes.length;
    if (bytes > MOST_BYTES) yield* await known();
  }
  yield* await known();
}

/** A tally that also keeps the first failure that may be none the next time; a file that is gone stays gone. */
class BatchTally extends Tally {
  passing: ClipError | undefined;

  override fail(path: string, error: ClipError): void {
    const isGone = (error.cause as NodeJS.ErrnoException | undefined)?.code === "ENOENT";
    if (PASSING.test(error.code) && !isGone) this.passing ??= error;
    super.fail(path, error);
  }
}

/**
 * Puts the files of a batch into its database. It may be done any number of times, by several workers at once: what is there with the
 * same size and time is left alone, and what is there with the same content is not computed again. Raises `search.*`, and
 * the first failure of a file that may be read the next time; what was computed is kept.
 */
export async function indexBatch(
  batch: Batch,
  { store, encoder, sources }: BatchParts,
): Promise<BatchResult> {
  checkModel(batch.model.identity, modelOf(encoder), batch.db);
  const tally = new BatchTally();
  const paths = batch.files.map(({ path }) => path);
  const snapshot = await Snapshot.read(store, undefined, { paths });
  const run: Run = {
    ...{ store, encoder, snapshot, tally },
    writer: new Writer(store),
    taken: new CompactMap(),
    thumbnail: batch.thumbnail ?? undefined,
    signal: undefined,
    read: (path) => sources.read(path),
    lookUp: (files) => lookedUp(files, store, snapshot),
    now: () => Date.now(),
    step: () => undefined,
  };
  const jobs = batch.files.flatMap((file): Job[] => {
    const state = snapshot.stateOf(file);
    if (state !== "same") return [{ ...file, state }];
    tally.add("unchanged");
    return [];
  });
  await new PictureStep(run).index(jobs.filter(({ kind }) => kind === "picture"));
  await new VideoStep(run, batch.frames).index(jobs.filter(({ kind }) => kind === "video"));
  await run.writer.flush();
  if (tally.passing) throw tally.passing;
  const { unchanged, added, changed, moved, copied, touched, frames, errors } = tally.report();
  return { unchanged, added, changed, moved, copied, touched, frames, errors };
}
