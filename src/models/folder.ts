import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";

/** One folder, whose parent is there; one that is there already is fine. */
async function makeOne(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const there = await stat(path).catch(() => undefined);
    if (!there?.isDirectory()) throw error;
  }
}

/**
 * Makes a folder and those above it, where they are not there already. Unlike Node's own `recursive`, which tries for ever where
 * the system makes no folders (/proc), it then raises what the system says (`ENOENT`, `EACCES`, `ENOTDIR`, …).
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await makeOne(path);
  } catch (error) {
    const above = dirname(path);
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || above === path) throw error;
    await makeFolder(above);
    await makeOne(path);
  }
}
