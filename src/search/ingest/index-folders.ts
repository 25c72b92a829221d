import type { Encoder } from "../../encoder.js";
import { ClipError } from "../../errors.js";
import type { ObjectOptions } from "../objects/objects.js";
import { checkCount } from "../store/bounds.js";
import { checkModel } from "../store/identity.js";
import type { Store } from "../store/store.js";
import { modelOf } from "./model.js";
import { PictureStep } from "./pictures.js";
import type { Job } from "./read-ahead.js";
import { removeGone, type Walked } from "./removed.js";
import { type IndexFailure, type IndexReport, Tally } from "./report.js";
import type { Run } from "./run.js";
import { CompactMap } from "./seen.js";
import { Snapshot } from "./snapshot.js";
import { Sources } from "./sources.js";
import { VideoStep } from "./videos.js";
import { Writer } from "./writer.js";

/** How far a run is. */
export interface IndexProgress {
  readonly step: "look" | "index" | "remove";
  /** Pictures and videos found so far. */
  readonly found: number;
  /** Of the new and changed files: done, and all, where all have been found. */
  readonly done: number;
  readonly total?: number;
  readonly failed: number;
}

export interface IndexOptions {
  readonly store: Store;
  /** Opened for the model of the store. */
  readonly encoder: Encoder;
  /** False: videos are left out. Default true. */
  readonly videos?: boolean;
  /** Most key frames of a video, 1..1,000; default 100. */
  readonly frames?: number;
  /** How objects of `s3://` addresses are reached. */
  readonly s3?: ObjectOptions;
  /** Longest side of thumbnails, pixels, 16..1,024; absent: none are kept. */
  readonly thumbnail?: number;
  /** New and changed files that are read at most; the next run goes on. */
  readonly limit?: number;
  /** True: rows go also where a folder has nothing in it any more, which else counts as a share that is away. */
  readonly removeAll?: boolean;
  /** What is being computed is kept; then `aborted` is raised. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: IndexProgress) => void;
  /** Told of the first 1,000 files that fail, as they do. */
  readonly onFailure?: (failure: IndexFailure) => void;
}

/** Files that are sorted together, the newest first: a million paths would take 200 MB. */
const LOT = 50_000;
const FRAMES = 100;
const MOST_FRAMES = 1_000;
const MOST_THUMBNAIL_SIDE = 1_024;
const MOST_LIMIT = 2 ** 31;

const EMPTY = new ClipError("image.empty", "Expected a picture but it is empty (0 bytes).");

function checkOptions({ frames = FRAMES, thumbnail = 16, limit = 1, encoder, store }: IndexOptions): void {
  checkCount("frames", frames, MOST_FRAMES);
  checkCount("limit", limit, MOST_LIMIT);
  checkCount("thumbnail", thumbnail, MOST_THUMBNAIL_SIDE);
  checkModel(store.identity.model, modelOf(encoder), store.address);
}

/** What was seen on the way through the folders. */
export interface Looked {
  readonly seen: CompactMap;
  readonly hidden: string[];
  readonly walked: Walked[];
}

/** New and changed files in lots, the newest first. */
export async function* lots(
  folders: readonly string[],
  sources: Sources,
  { limit = Infinity }: Pick<IndexOptions, "limit">,
  { snapshot, tally, step }: Pick<Run, "snapshot" | "tally" | "step">,
  { seen, hidden, walked }: Looked,
): AsyncGenerator<Job[]> {
  let lot: Job[] = [];
  let taken = 0;
  for (const folder of folders) {
    const before = tally.get("found");
    for await (const file of sources.files(folder)) {
      seen.set(file.path);
      if ("error" in file) {
        tally.fail(file.path, file.error);
        if (file.hides) hidden.push(file.path);
        continue;
      }
      tally.add("found");
      if (tally.get("found") % 1_000 === 0) step(0);
      const state = snapshot.stateOf(file);
      if (state === "same") tally.add("unchanged");
      else if (file.bytes === 0) tally.fail(file.path, EMPTY);
      else if (taken++ >= limit) tally.add("left");
      else lot.push({ ...file, state });
      if (lot.length < LOT) continue;
      yield newestFirst(lot);
      lot = [];
    }
    walked.push({ folder: sources.rowPath(folder), empty: tally.get("found") === before });
  }
  yield newestFirst(lot);
}

function newestFirst(lot: Job[]): Job[] {
  return lot.sort((a, b) => b.modified - a.modified || (a.path < b.path ? -1 : 1));
}

/**
 * Makes a store hold what lies in some folders, or under `s3://bucket/prefix`: new and changed pictures and videos are computed, the newest first; those that
 * were moved or copied take the vector of the same content; rows of files that are gone go, where the folder could be looked at.
 * What can't be read is told in the report and stops nothing. Where a run ends early (a signal, `kill -9`, a full disk), the
 * next one goes on: no picture is lost or there twice. Raises `input.none` for a folder that is not there, `search.*`, `aborted`,
 * and what the model raises.
 */
export async function indexFolders(folders: readonly string[], options: IndexOptions): Promise<IndexReport> {
  checkOptions(options);
  const { store, encoder, signal, onProgress, frames = FRAMES, thumbnail, removeAll = false } = options;
  await using _held = await store.hold();
  await using sources = new Sources(options);
  const tally = new Tally(options.onFailure);
  const looked: Looked = { seen: new CompactMap(), hidden: [], walked: [] };
  const at: { step: IndexProgress["step"]; done: number; known: number; all: boolean } = {
    step: "look",
    done: 0,
    known: 0,
    all: false,
  };
  const step = (files = 1): void => {
    at.done += files;
    onProgress?.({
      step: at.step,
      found: tally.get("found"),
      done: at.done,
      ...(at.all ? { total: at.known } : {}),
      failed: tally.get("failed"),
    });
  };
  const run: Run = {
    ...{ store, encoder, tally, thumbnail, signal, step },
    snapshot: await Snapshot.read(store, signal),
    writer: new Writer(store),
    taken: new CompactMap(),
    read: (path) => sources.read(path),
    now: () => Date.now(),
  };
  const [pictures, videos] = [new PictureStep(run), new VideoStep(run, frames)];
  for await (const lot of lots(folders, sources, options, run, looked)) {
    at.step = "index";
    at.known += lot.length;
    at.all = looked.walked.length === folders.length;
    step(0);
    await pictures.index(lot.filter(({ kind }) => kind === "picture"));
    await videos.index(lot.filter(({ kind }) => kind === "video"));
    await run.writer.flush();
    if (signal?.aborted) {
      const message = `Stopped after ${at.done} of ${at.all ? at.known : `at least ${at.known}`} files; the next run goes on.`;
      throw new ClipError("aborted", message, { cause: signal.reason });
    }
  }
  at.step = "remove";
  step(0);
  await removeGone(store, looked.walked, { ...looked, removeAll, signal }, tally);
  return tally.report();
}
