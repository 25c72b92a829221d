import { randomBytes } from "node:crypto";
import { link, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { makeFolder } from "./folder.js";
import { isGone, thisPlace } from "./place.js";

/** A name beside `path` that no other process or call uses; a rename from it to `path` stays on one file system. */
export function partialName(path: string): string {
  return `${path}.${thisPlace()}-${process.pid}-${randomBytes(6).toString("hex")}.partial`;
}

/** True for a name of `partialName` whose process no longer lives; of one at another place nothing is known. */
export function isOrphan(name: string): boolean {
  const [, place, pid] = /\.([0-9a-f]{16})-(\d+)-[0-9a-f]{12}\.partial$/.exec(name) ?? [];
  return place === thisPlace() && isGone(Number(pid));
}

/** Makes a rename inside the folder survive a power cut; systems that can't open a folder (Windows) are left alone. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => undefined);
  try {
    await handle?.sync().catch(() => undefined);
  } finally {
    await handle?.close();
  }
}

/** A whole, synced and closed file → its final name, at once; what had that name is replaced. */
export async function publishFile(partial: string, target: string): Promise<void> {
  await rename(partial, target);
  await syncFolder(dirname(target));
}

/**
 * A whole folder → its final name, at once. True when it is now there; false when another process was first (then
 * the own folder is removed and the other's stands).
 */
export async function publishFolder(partial: string, target: string): Promise<boolean> {
  try {
    await rename(partial, target);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== "ENOTEMPTY" && code !== "EEXIST" && code !== "EPERM") throw error;
    await rm(partial, { recursive: true, force: true });
    return false;
  }
  await syncFolder(dirname(target));
  return true;
}

/** Writes and syncs a partial file beside `path`, and gives it to `publish`; it is gone afterwards whatever happens. */
async function withPartial<T>(
  path: string,
  data: string | Uint8Array,
  publish: (partial: string) => Promise<T>,
  mode = 0o666,
): Promise<T> {
  await makeFolder(dirname(path));
  const partial = partialName(path);
  try {
    const handle = await open(partial, "wx", mode);
    try {
      await handle.writeFile(data);
      await handle.sync();
    } finally {
      await handle.close();
    }
    return await publish(partial);
  } finally {
    await rm(partial, { force: true });
  }
}

/** Writes a small file so that it appears whole or not at all: unique partial name, fsync, rename. `mode`: who may read it. */
export function writeFileAtomic(path: string, data: string | Uint8Array, mode?: number): Promise<void> {
  return withPartial(path, data, (partial) => publishFile(partial, path), mode);
}

/** File systems without hard links: there the last one to write wins. */
export const NO_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"]);

/** As `writeFileAtomic`, but never in the place of another file: false where one of that name is there already. */
export function writeNewFile(path: string, data: string | Uint8Array): Promise<boolean> {
  return withPartial(path, data, async (partial) => {
    try {
      await link(partial, path);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? "";
      if (code === "EEXIST") return false;
      if (!NO_LINKS.has(code)) throw error;
      await publishFile(partial, path);
      return true;
    }
    await syncFolder(dirname(path));
    return true;
  });
}
