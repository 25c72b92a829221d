import { ClipError, type ErrorCode } from "../../../errors.js";

const FULL = /No space left|ENOSPC|EDQUOT|Disk quota|StorageFull|os error (28|122)\b/i;

/** What its engine says where a file is cut, gone or full of other bytes; the last is what it gives up with. */
const DAMAGED =
  /corrupt|not found|invalid magic|fill whole buffer|sufficient data|size is too small|Invalid format|failed to decode|panic/i;

/** Its sentences end with the place in its source and the same again. */
function firstSentence(message: string): string {
  return message.split(/, \/\S+\.rs:\d+|\n/, 1)[0]!.slice(0, 300);
}

/** True where a file was not there: damage, or another process that has just cleaned up. */
export function isMissingFile(thrown: unknown): boolean {
  return thrown instanceof Error && /not found/i.test(thrown.message);
}

/** What the engine, or the file system, threw → `search.disk`, `search.corrupt` or `search.store`, with the folder in its words. */
export function asStoreError(thrown: unknown, folder: string): ClipError {
  if (thrown instanceof ClipError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const make = (code: ErrorCode, text: string): ClipError => new ClipError(code, text, { cause: thrown });
  if (FULL.test(message)) {
    return make(
      "search.disk",
      `Expected room on the disk for the store ${folder} but it is full; nothing of this call was written.`,
    );
  }
  const why = firstSentence(message);
  if (DAMAGED.test(message)) {
    return make("search.corrupt", `Expected a whole store at ${folder} but its files are damaged (${why}).`);
  }
  return make("search.store", `Expected the store ${folder} to answer but it failed (${why}).`);
}

/** Runs `work`; what it throws becomes a ClipError about this folder. */
export async function orStoreError<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    throw asStoreError(thrown, folder);
  }
}
