import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { throwIfAborted } from "../errors.js";
import { writeFileAtomic } from "./atomic.js";

/** Files remembered; the oldest go first. */
const MOST_REMEMBERED = 500;

/** A file's hash is believed while these stay as they were. */
interface Remembered {
  readonly size: number;
  readonly mtimeMs: number;
  readonly inode: number;
  readonly sha256: string;
}

export interface HashOptions {
  readonly signal?: AbortSignal | undefined;
  /** Bytes hashed so far and in all. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/**
 * SHA-256 (hex) of each file's content. What was hashed before and has kept size, time and inode is not read again: the
 * hashes are remembered in `hashes.json` in the given folder. Rejects as `fs` does.
 */
export async function hashFiles(
  files: readonly string[],
  folder: string,
  options: HashOptions = {},
): Promise<string[]> {
  const index = join(folder, "hashes.json");
  const known = await readIndex(index);
  const facts = await Promise.all(
    files.map(async (file) => ({ path: resolve(file), facts: await stat(file) })),
  );
  const fresh = facts.filter(({ path, facts: f }) => !matches(known.get(path), f));
  const total = fresh.reduce((sum, { facts: f }) => sum + f.size, 0);
  let done = 0;
  for (const { path, facts: f } of fresh) {
    const hash = createHash("sha256");
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
      throwIfAborted(options.signal);
      hash.update(chunk);
      done += chunk.length;
      options.onProgress?.(done, total);
    }
    put(known, path, f, hash.digest("hex"));
  }
  if (fresh.length > 0) await writeIndex(index, known);
  return facts.map(({ path }) => known.get(path)!.sha256);
}

/** Makes hashes known that were computed while the files were written: `hashFiles` does not read them then. */
export async function rememberHashes(
  files: readonly { readonly path: string; readonly sha256: string }[],
  folder: string,
): Promise<void> {
  const index = join(folder, "hashes.json");
  const known = await readIndex(index);
  for (const { path, sha256 } of files) put(known, resolve(path), await stat(path), sha256);
  await writeIndex(index, known);
}

type Facts = { readonly size: number; readonly mtimeMs: number; readonly ino: number };

function put(
  known: Map<string, Remembered>,
  path: string,
  { size, mtimeMs, ino }: Facts,
  sha256: string,
): void {
  known.delete(path);
  known.set(path, { size, mtimeMs, inode: ino, sha256 });
}

/** A folder that can't be written to costs time at the next opening, and nothing else. */
async function writeIndex(path: string, known: ReadonlyMap<string, Remembered>): Promise<void> {
  const kept = JSON.stringify(Object.fromEntries([...known].slice(-MOST_REMEMBERED)));
  await writeFileAtomic(path, kept).catch(() => undefined);
}

function matches(known: Remembered | undefined, facts: Facts): boolean {
  return known?.size === facts.size && known.mtimeMs === facts.mtimeMs && known.inode === facts.ino;
}

/** An index that is absent or damaged is an empty one: it only saves time. */
async function readIndex(path: string): Promise<Map<string, Remembered>> {
  try {
    const entries = Object.entries(JSON.parse(await readFile(path, "utf8")) as Record<string, Remembered>);
    return new Map(entries.filter(([, entry]) => /^[0-9a-f]{64}$/.test(entry?.sha256)));
  } catch {
    return new Map();
  }
}
