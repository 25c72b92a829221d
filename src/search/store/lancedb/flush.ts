import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { TABLE } from "./folder.js";

/** Times of files are as coarse as this on some file systems, ms. */
const COARSE_MS = 2_000;
/** Where a file can't be synced there is nothing that could be done about it: shares, and files that are cleaned up meanwhile. */
const NO_SYNC = new Set(["ENOENT", "EINVAL", "ENOTSUP", "EPERM", "EACCES", "EISDIR"]);

async function sync(path: string): Promise<void> {
  try {
    const file = await open(path, "r");
    await file.sync().finally(() => file.close());
  } catch (error) {
    if (!NO_SYNC.has((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}

/** LanceDB leaves what it has written to the system, which may lose it with the power: each call's files are brought to the disk here. */
export class Flush {
  readonly #folder: string;
  readonly #since = Date.now() - COARSE_MS;
  readonly #known = new Set<string>();

  constructor(folder: string) {
    this.#folder = join(folder, `${TABLE}.lance`);
  }

  /** Resolves when all files that are new since the last call, and their names, are on the disk. */
  async new(): Promise<void> {
    const entries = await readdir(this.#folder, { withFileTypes: true, recursive: true });
    const fresh = entries
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => ({ parentPath, path: join(parentPath, name) }))
      .filter(({ path }) => !this.#known.has(path));
    const folders = new Set<string>();
    for (const { parentPath, path } of fresh) {
      const time = (await stat(path).catch(() => undefined))?.mtimeMs ?? 0;
      if (time >= this.#since) {
        await sync(path);
        folders.add(parentPath);
      }
      this.#known.add(path);
    }
    for (const folder of folders) await sync(folder);
  }
}
