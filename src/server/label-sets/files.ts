import type { Dirent } from "node:fs";
import { readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { ClipError } from "../../errors.js";
import { isOrphan, partialName, writeNewFile } from "../../models/atomic.js";
import { MOST_LABEL_BYTES } from "../../zeroshot/label-file/limits.js";

/** Versions of a set that are kept, the newest: enough to undo an afternoon's work. */
const KEPT = 50;

/** A version's file: eight digits, so that names sort as numbers do. */
const VERSION_FILE = /^v(\d{8})\.json$/;

const fileOf = (version: number): string => `v${String(version).padStart(8, "0")}.json`;

/** Names in a folder; `undefined` where there is no such folder. What is broken otherwise is raised: it is no empty one. */
async function namesIn(folder: string): Promise<Dirent[] | undefined> {
  return readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw error;
  });
}

/**
 * Names of the sets that lie in a folder; `undefined` where there is no folder. Removes what a killed process left
 * half-written.
 */
export async function setNames(folder: string): Promise<string[] | undefined> {
  const entries = await namesIn(folder);
  for (const { name } of entries?.filter((entry) => isOrphan(entry.name)) ?? [])
    await rm(join(folder, name), { recursive: true, force: true });
  return entries
    ?.filter((entry) => entry.isDirectory() && !entry.name.endsWith(".partial"))
    .map(({ name }) => name);
}

/** Versions of a set, the oldest first. */
export async function versionsOf(folder: string): Promise<number[]> {
  const names = ((await namesIn(folder)) ?? []).map(({ name }) => name);
  for (const name of names.filter(isOrphan)) await rm(join(folder, name), { force: true });
  return names
    .flatMap((name) => VERSION_FILE.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

/** What names the file of a version: another one for a file that was written anew. `undefined`: taken away meanwhile. */
export async function stampOf(folder: string, version: number): Promise<string | undefined> {
  const found = await stat(join(folder, fileOf(version))).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  return found && `${version} ${found.ino} ${found.mtimeMs}`;
}

/** The text of a version and when it was written. */
export async function readVersion(folder: string, version: number): Promise<{ text: string; written: Date }> {
  const path = join(folder, fileOf(version));
  const { size, mtime } = await stat(path);
  if (size > 2 * MOST_LABEL_BYTES)
    throw new ClipError(
      "labels.file",
      `Expected at most ${2 * MOST_LABEL_BYTES} bytes of labels but ${path} has ${size}.`,
    );
  return { text: await readFile(path, "utf8"), written: mtime };
}

/** Writes a version, whole or not at all, and removes those that are too old. False where another server was first. */
export async function writeVersion(folder: string, version: number, text: string): Promise<boolean> {
  if (!(await writeNewFile(join(folder, fileOf(version)), text))) return false;
  for (const old of (await versionsOf(folder)).slice(0, -KEPT))
    await rm(join(folder, fileOf(old)), { force: true });
  return true;
}

/** Removes a set at once: a folder of another name is nobody's set, even where the process is killed in between. */
export async function removeSet(folder: string): Promise<void> {
  const gone = partialName(folder);
  await rename(folder, gone);
  await rm(gone, { recursive: true, force: true });
}
