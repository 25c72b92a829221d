import { readFile, stat } from "node:fs/promises";
import { extname } from "node:path";
import { asClipError, ClipError } from "../../errors.js";
import { writeFileAtomic } from "../../models/atomic.js";
import { mergeSubjects } from "./xmp.js";

/** Bytes of a sidecar: some hold the whole history of a picture's development, a few megabytes. */
const MOST_BYTES = 32 * 1024 * 1024;

/** `full`: `cat.jpg.xmp`, of one file; `stem`: `cat.xmp`, shared by `cat.jpg` and `cat.dng`, as Adobe's programs have it. */
export type SidecarNames = "full" | "stem";

/** Where the sidecar of a picture is. */
export function sidecarPath(path: string, names: SidecarNames = "full"): string {
  return names === "full" ? `${path}.xmp` : `${path.slice(0, path.length - extname(path).length)}.xmp`;
}

async function readSidecar(path: string): Promise<string | undefined> {
  const info = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (info === undefined) return undefined;
  if (!info.isFile() || info.size > MOST_BYTES) {
    throw new ClipError(
      "search.xmp",
      `Expected a sidecar of at most ${MOST_BYTES} bytes at ${path} but it is ${info.isFile() ? "larger" : "no file"}.`,
    );
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await readFile(path));
  } catch (error) {
    throw new ClipError("search.xmp", `Expected a sidecar in UTF-8 at ${path} but it is not; it is left.`, {
      cause: error,
    });
  }
}

/**
 * Puts labels into a picture's sidecar, which is merged where there is one and appears whole or not at all; the picture itself is
 * never opened. True: it was written; false: it says so already. Raises `search.xmp`, which leaves the sidecar as it was.
 */
export async function writeSidecar(
  path: string,
  labels: readonly string[],
  names: SidecarNames = "full",
): Promise<boolean> {
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(path)) {
    throw new ClipError("search.xmp", `Expected a file for a sidecar but ${path} is an address.`);
  }
  const sidecar = sidecarPath(path, names);
  try {
    if (!(await stat(path).catch(() => undefined))?.isFile()) {
      throw new ClipError(
        "search.xmp",
        `Expected a picture at ${path} but it is not there: no sidecar is made.`,
      );
    }
    const merged = mergeSubjects(await readSidecar(sidecar), labels);
    if (merged === undefined) return false;
    await writeFileAtomic(sidecar, merged);
    return true;
  } catch (error) {
    throw asClipError(error, "search.xmp");
  }
}
