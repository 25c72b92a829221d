import { open, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { ClipError, cannotWrite } from "../../errors.js";
import { partialName } from "../../models/atomic.js";
import { makeFolder } from "../../models/folder.js";

/** Told before pictures are read and heads are trained: an adapter's file can be written there. Raises `usage.out`. */
export async function checkOut(path: string): Promise<void> {
  if ((await stat(path).catch(() => undefined))?.isDirectory())
    throw new ClipError("usage.out", `Expected a file for the adapter but ${path} is a folder.`);
  const partial = partialName(path);
  try {
    await makeFolder(dirname(path));
    await (await open(partial, "wx")).close();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === undefined ? undefined : WHY[code];
    if (why === undefined) throw cannotWrite(path, error);
    throw new ClipError("usage.out", `Expected to write ${path} but ${why}.`, { cause: error });
  } finally {
    await rm(partial, { force: true }).catch(() => undefined);
  }
}

/** What the system says, in words. */
const WHY: Readonly<Record<string, string>> = {
  ENOENT: "its folder can't be made",
  ENOTDIR: "a part of its path is a file",
  EACCES: "its folder may not be written to",
  EPERM: "its folder may not be written to",
  EROFS: "its disk can only be read",
  ENOSPC: "its disk is full",
};
