import { open, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { ClipError, cannotWrite, type ErrorCode } from "../errors.js";
import { partialName } from "../models/atomic.js";
import { makeFolder } from "../models/folder.js";

/** Told before long work: the file of its result (`the report`) can be written there. Raises `code`. */
export async function checkWritable(path: string, what: string, code: ErrorCode): Promise<void> {
  if (path === "") throw new ClipError(code, `Expected a file for ${what} but received "".`);
  if ((await stat(path).catch(() => undefined))?.isDirectory())
    throw new ClipError(code, `Expected a file for ${what} but ${path} is a folder.`);
  const partial = partialName(path);
  try {
    await makeFolder(dirname(path));
    await (await open(partial, "wx")).close();
  } catch (error) {
    const why = WHY[(error as NodeJS.ErrnoException).code ?? ""];
    const message =
      why === undefined ? cannotWrite(path, error).message : `Expected to write ${path} but ${why}.`;
    throw new ClipError(code, message, { cause: error });
  } finally {
    await rm(partial, { force: true }).catch(() => undefined);
  }
}

/** What the system says, in words. */
const WHY: Readonly<Record<string, string>> = {
  ENOENT: "its folder can't be made",
  EEXIST: "a part of its path is a file",
  ENOTDIR: "a part of its path is a file",
  EACCES: "its folder may not be written to",
  EPERM: "its folder may not be written to",
  EROFS: "its disk can only be read",
  ENOSPC: "its disk is full",
};
