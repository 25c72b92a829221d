import { mkdir, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClipError } from "../errors.js";
import { isOrphan, partialName } from "./atomic.js";

/** Whose work it is; the name of the folder and the code of the error say it. */
export type ScratchRoom = "quantize" | "robust";

const stemOf = (room: ScratchRoom): string => `zeroclip-${room}`;

/** What a system says of a folder that can't be written to. */
const NO_ROOM = new Set(["ENOSPC", "EDQUOT", "EROFS", "EACCES", "EPERM", "ENOENT", "ENOTDIR"]);

/**
 * A folder for graphs that are of use only while a model is quantised or attacked, in the system's for temporary files. It is gone
 * afterwards; what a killed process left there is removed by the next. Raises `quantize.scratch` or `robust.scratch` where it can't
 * be written to.
 */
export async function withScratch<T>(room: ScratchRoom, use: (folder: string) => Promise<T>): Promise<T> {
  const place = tmpdir();
  const folder = partialName(join(place, stemOf(room)));
  try {
    await sweep(place, stemOf(room));
    await mkdir(folder, { mode: 0o700 });
    return await use(folder);
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    if (error instanceof ClipError || !NO_ROOM.has(code)) throw error;
    throw new ClipError(
      `${room}.scratch`,
      `Expected room for a copy of the tower in ${place} (TMPDIR names another folder) but received ${message}.`,
      { cause: error },
    );
  } finally {
    // Where the place itself is wrong this fails too, and the first error is the one that helps.
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}

async function sweep(place: string, stem: string): Promise<void> {
  for (const name of await readdir(place)) {
    if (!name.startsWith(`${stem}.`) || !isOrphan(name)) continue;
    // On a machine of several people it may be somebody else's.
    await rm(join(place, name), { recursive: true, force: true }).catch(() => undefined);
  }
}
