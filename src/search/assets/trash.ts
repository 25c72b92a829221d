import { randomBytes } from "node:crypto";
import { lstat, rm, rmdir } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import { asClipError, ClipError, cannotWrite, throwIfAborted } from "../../errors.js";
import { writeFileAtomic } from "../../models/atomic.js";
import { makeFolder } from "../../models/folder.js";
import { isObjects } from "../objects/address.js";
import { FACTS, type Row, rowId } from "../row.js";
import type { Store } from "../store/store.js";
import type { DuplicateGroup } from "./duplicates.js";
import { type Batch, JOURNAL, listBatches, type Move, readJournal, writeJournal } from "./journal.js";
import { hashFile, isThere, moveFile } from "./move.js";
import { sidecarPath } from "./sidecar.js";

/** A file that was left where it is, and why. */
export interface Refused {
  readonly path: string;
  readonly error: ClipError;
}

export interface Trashed {
  /** What `undoTrash` takes; undefined: nothing was moved. */
  readonly batch?: string;
  readonly moved: readonly { readonly from: string; readonly to: string }[];
  readonly refused: readonly Refused[];
}

export interface TrashOptions {
  /** The folder that files are moved to; made where it is not there. */
  readonly trash: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

/** Rows of one file: a video's key frames are some thousands. */
const MOST_ROWS = 10_000;

function refusal(path: string, why: string): Refused {
  return {
    path,
    error: new ClipError("search.trash", `Expected ${path} to be as it was indexed but ${why}.`),
  };
}

/** Undefined where the file on disk is the one that was indexed; else why not. */
async function changed(path: string, hash: string): Promise<string | undefined> {
  if (isObjects(path)) return "it is in object storage, where nothing is moved";
  const info = await lstat(path).catch(() => undefined);
  if (info === undefined) return "it is not there";
  if (info.isSymbolicLink()) return "it is a link";
  if (!info.isFile()) return "it is no file";
  return (await hashFile(path)) === hash ? undefined : "it has changed since";
}

async function rowsOf(store: Store, path: string): Promise<Row[]> {
  const rows: Row[] = [];
  const columns = [...FACTS, "vector", "thumbnail"] as const;
  for await (const batch of store.scan({ filter: { paths: [path] }, columns })) {
    rows.push(...batch);
    if (rows.length >= MOST_ROWS) break;
  }
  return rows;
}

/** 20261129T071200123Z-a1b2c3: sorts by time, and two processes never have the same. */
function newId(now: number): string {
  const time = new Date(now).toISOString().replaceAll(/[-:.]/g, "");
  return `${time}-${randomBytes(3).toString("hex")}`;
}

/** Which files of the groups are moved: those that are as they were indexed, of groups whose best copy is there, too. */
async function plan(store: Store, groups: readonly DuplicateGroup[], folder: string, options: TrashOptions) {
  const moves: Move[] = [];
  const refused: Refused[] = [];
  const total = groups.reduce((sum, { others }) => sum + others.length, 0);
  let done = 0;
  const add = (from: string, hash: string | null, rows: readonly Row[]): void => {
    moves.push({ from, to: join(folder, "files", `${moves.length + 1}-${basename(from)}`), hash, rows });
  };
  for (const { best, others } of groups) {
    throwIfAborted(options.signal);
    const lost = await changed(best.path, best.hash);
    for (const { path, hash } of others) {
      const why =
        lost === undefined ? await changed(path, hash) : `the copy to keep, ${best.path}, is not (${lost})`;
      if (why === undefined) {
        add(path, hash, await rowsOf(store, path));
        const sidecar = sidecarPath(path);
        if (await isThere(sidecar)) add(sidecar, null, []);
      } else refused.push(refusal(path, why));
      done += 1;
      options.onProgress?.({ done, total });
    }
  }
  return { moves, refused };
}

/**
 * Moves all but the best copy of each group to a folder of its own in the trash, and takes their rows out of the store. What is moved is
 * written to a journal before anything is, so that `undoTrash` puts everything back also after a crash. A file that has changed since
 * it was indexed, and a group whose best copy is gone, are refused and stay. Raises `search.trash` (also where
 * the trash can't be written), `aborted`.
 */
export async function trashDuplicates(
  store: Store,
  groups: readonly DuplicateGroup[],
  options: TrashOptions,
): Promise<Trashed> {
  const made = Date.now();
  const id = newId(made);
  const trash = resolve(options.trash);
  const folder = join(trash, id);
  const { moves, refused } = await plan(store, groups, folder, options);
  if (moves.length === 0) return { moved: [], refused };
  try {
    await makeFolder(join(folder, "files"));
    // So that an indexer that finds the trash passes it over.
    await writeFileAtomic(join(trash, ".zeroclipignore"), "**\n");
  } catch (error) {
    throw new ClipError("search.trash", cannotWrite(folder, error).message, { cause: error });
  }
  await writeJournal(folder, { id, made, moves });
  const moved: Move[] = [];
  for (const move of moves) {
    if (options.signal?.aborted) break;
    try {
      await moveFile(move.from, move.to);
      moved.push(move);
    } catch (error) {
      refused.push({ path: move.from, error: asClipError(error, "search.trash") });
    }
  }
  await store.remove(moved.flatMap(({ rows }) => rows.map((row) => row.id)));
  throwIfAborted(options.signal);
  return { batch: id, moved: moved.map(({ from, to }) => ({ from, to })), refused };
}

export interface Restored {
  readonly restored: readonly {
    readonly from: string;
    /** Where it is now: its old path, or a name beside it where that is taken. */
    readonly to: string;
  }[];
  readonly refused: readonly Refused[];
}

/** `cat.jpg` → `cat (restored).jpg`, `cat (restored 2).jpg` … */
function besideName(path: string, n: number): string {
  if (n === 0) return path;
  const ending = extname(path);
  const stem = basename(path, ending);
  return join(dirname(path), `${stem} (restored${n === 1 ? "" : ` ${n}`})${ending}`);
}

/** Names that are tried. */
const MOST_NAMES = 1_000;

async function putBack({ from, to }: Move): Promise<string> {
  for (let n = 0; n < MOST_NAMES; n++) {
    const name = besideName(from, n);
    try {
      await moveFile(to, name);
      return name;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
  throw new ClipError("search.trash", `Expected a free name beside ${from} but found none.`);
}

/** Where a picture is that an earlier call put back, or that was never moved: its old path, or a name beside it. */
async function placeOf(from: string, hash: string): Promise<string | undefined> {
  for (let n = 0; n < MOST_NAMES; n++) {
    const name = besideName(from, n);
    if ((await changed(name, hash)) === undefined) return name;
    if (n > 0 && !(await isThere(name))) return undefined;
  }
  return undefined;
}

/** A sidecar's move → the same to the picture's name, which may be another one by now; undefined: its picture is still in the trash. */
async function besidePicture(move: Move, picture: Move | undefined, place: string | undefined) {
  if (picture === undefined || sidecarPath(picture.from) !== move.from) return move;
  if (place !== undefined) return { ...move, from: sidecarPath(place) };
  return (await isThere(picture.to)) ? undefined : move;
}

function rowsAt(rows: readonly Row[], path: string): Row[] {
  return rows.map((row) => ({ ...row, path, id: rowId(path, row.time) }));
}

async function batchOf(trash: string, id: string | undefined): Promise<{ batch: Batch; folder: string }> {
  const ids = await listBatches(trash);
  const chosen = id ?? ids[0];
  if (chosen !== undefined && ids.includes(chosen)) {
    const folder = join(trash, chosen);
    return { batch: await readJournal(folder), folder };
  }
  const found = ids.length === 0 ? "there is none" : `there are ${ids.slice(0, 5).join(", ")}`;
  throw new ClipError(
    "search.trash",
    `Expected ${id === undefined ? "moved files" : `the moved files ${id}`} in ${trash} but ${found}.`,
  );
}

/** Takes a batch's folder away; not where anything but its journal is in it. */
async function removeEmpty(folder: string): Promise<void> {
  await rmdir(join(folder, "files")).catch(() => undefined);
  if (await isThere(join(folder, "files"))) return;
  await rm(join(folder, JOURNAL), { force: true });
  await rmdir(folder).catch(() => undefined);
}

/**
 * Puts the files of a batch (default: the newest) back where they were, with their rows; nothing is written over. A batch that was not
 * moved, or put back, to its end is finished by calling it again. Raises `search.trash`.
 */
export async function undoTrash(store: Store | undefined, trash: string, id?: string): Promise<Restored> {
  const { batch, folder } = await batchOf(resolve(trash), id);
  const restored: { from: string; to: string }[] = [];
  const refused: Refused[] = [];
  // The picture whose sidecar may come next, and where it is.
  let [picture, place]: [Move?, string?] = [];
  for (const move of batch.moves) {
    try {
      // Where it is not in the trash it was not moved, or was put back by a call that was ended before its rows were.
      const isMoved = await isThere(move.to);
      if (move.hash === null) {
        const beside = isMoved ? await besidePicture(move, picture, place) : undefined;
        if (beside) restored.push({ from: move.to, to: await putBack(beside) });
        continue;
      }
      [picture, place] = [move, undefined];
      place = isMoved ? await putBack(move) : await placeOf(move.from, move.hash);
      if (place === undefined) continue;
      if (isMoved) restored.push({ from: move.to, to: place });
      if (move.rows.length > 0) await store?.put(rowsAt(move.rows, place));
    } catch (error) {
      refused.push({ path: move.to, error: asClipError(error, "search.trash") });
    }
  }
  if (refused.length === 0) await removeEmpty(folder);
  return { restored, refused };
}
