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
    const { message } = cannotWrite(path, error);
    throw new ClipError(code, message, { cause: error });
  } finally {
    await rm(partial, { force: true }).catch(() => undefined);
  }
}
