import { createHash } from "node:crypto";
import { constants, createReadStream } from "node:fs";
import { copyFile, link, lstat, open, rename, rm, unlink, utimes } from "node:fs/promises";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { partialName, publishFile } from "../../models/atomic.js";
import { makeFolder } from "../../models/folder.js";

/** SHA-256 of a file's bytes, 64 hex digits. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

export async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT" || error.code === "ENOTDIR") return false;
      throw error;
    },
  );
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? "";
/** File systems without hard links. */
const NO_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"]);

/** Gives a file a second name; never in the place of another. True where file systems allow it, false where they don't. */
async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (NO_LINKS.has(codeOf(error)) || codeOf(error) === "EXDEV") return false;
    throw error;
  }
}

/** A copy under a name of its own beside `to`, synced, with the same times, that has the bytes of `from`. */
async function copied(from: string, to: string): Promise<string> {
  const partial = partialName(to);
  try {
    await copyFile(from, partial, constants.COPYFILE_EXCL);
    const handle = await open(partial, "r+");
    await handle.sync().finally(() => handle.close());
    const { atime, mtime } = await lstat(from);
    await utimes(partial, atime, mtime);
    if ((await hashFile(partial)) !== (await hashFile(from))) throw new Error(`the copy of ${from} differs`);
    return partial;
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

/**
 * Moves a file to a name that nothing has, also to another file system; makes missing folders. At no moment is the file without a
 * whole copy, and nothing that is there is written over. Raises the system's error: `EEXIST` where the name is taken.
 */
export async function moveFile(from: string, to: string): Promise<void> {
  await makeFolder(dirname(to));
  if (await linked(from, to)) {
    await unlink(from);
    return;
  }
  if (await isThere(to)) throw Object.assign(new Error(`${to} is there already`), { code: "EEXIST" });
  try {
    // Without links the look just before has to be enough: the names are ours, in a folder that was made for this.
    await rename(from, to);
  } catch (error) {
    if (codeOf(error) !== "EXDEV") throw error;
    const partial = await copied(from, to);
    try {
      if (await linked(partial, to)) await unlink(partial);
      else await publishFile(partial, to);
    } finally {
      await rm(partial, { force: true });
    }
    await unlink(from);
  }
}
