import type { Hash } from "node:crypto";
import { constants } from "node:fs";
import { copyFile, type FileHandle, open, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { publishFile } from "./atomic.js";
import { type Checksum, createHasher, hashInto } from "./checksum.js";
import type { HeldLock } from "./lock.js";

/** Left by a process that ended in an orderly way: nobody writes to it any more. */
const keptName = (target: string): string => `${target}.kept.partial`;

async function leftovers(target: string): Promise<{ path: string; size: number }[]> {
  const folder = dirname(target);
  const found: { path: string; size: number }[] = [];
  for (const name of await readdir(folder)) {
    if (!name.startsWith(`${basename(target)}.`) || !name.endsWith(".partial")) continue;
    const path = join(folder, name);
    const facts = await stat(path).catch(() => undefined);
    if (facts?.isFile()) found.push({ path, size: facts.size });
  }
  return found.sort((a, b) => b.size - a.size);
}

/** Bytes that a process has got of this file so far. */
export async function bytesOnTheWay(target: string): Promise<number> {
  return (await leftovers(target))[0]?.size ?? 0;
}

/** Removes what unfinished downloads of this file left behind. */
export async function removePartials(target: string): Promise<void> {
  for (const { path } of await leftovers(target).catch(() => [])) await rm(path, { force: true });
}

/** A file on its way: the bytes from its beginning on, hashed as they come, under a name that only we write to. */
export class PartialFile implements AsyncDisposable {
  private closed = false;
  private published = false;

  private constructor(
    private readonly target: string,
    private readonly path: string,
    private readonly handle: FileHandle,
    private readonly checksum: Checksum,
    private hasher: Hash,
    private length: number,
  ) {}

  /**
   * Opens the partial file of `target`, going on where an earlier process stopped. What that one left is renamed to
   * our own name where nobody can still be writing to it, and copied otherwise; more than `maxBytes` is thrown away.
   */
  static async open(
    target: string,
    checksum: Checksum,
    maxBytes: number,
    lock: HeldLock,
    signal?: AbortSignal,
  ): Promise<PartialFile> {
    const path = `${target}.${lock.token}.partial`;
    const dead = lock.takenFrom?.provenDead ? `${target}.${lock.takenFrom.token}.partial` : undefined;
    const found = (await leftovers(target)).filter((file) => file.size <= maxBytes);
    const best = found[0];
    if (best !== undefined) {
      const abandoned = best.path === keptName(target) || best.path === dead;
      await (abandoned ? rename(best.path, path) : copyFile(best.path, path, constants.COPYFILE_FICLONE));
    }
    for (const other of await leftovers(target)) {
      if (other.path !== path) await rm(other.path, { force: true });
    }
    const handle = await open(path, constants.O_RDWR | constants.O_CREAT, 0o666);
    try {
      const hasher = createHasher(checksum);
      const length = best === undefined ? 0 : await hashInto(hasher, path, signal);
      return new PartialFile(target, path, handle, checksum, hasher, length);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Bytes that are there. */
  get received(): number {
    return this.length;
  }

  /** True when the bytes so far are the whole file. */
  isWhole(): boolean {
    return this.digest() === this.checksum.hex;
  }

  /** Hex digest of the bytes so far. */
  digest(): string {
    return this.hasher.copy().digest("hex");
  }

  async append(chunk: Uint8Array): Promise<void> {
    let written = 0;
    while (written < chunk.length) {
      const { bytesWritten } = await this.handle.write(
        chunk,
        written,
        chunk.length - written,
        this.length + written,
      );
      written += bytesWritten;
    }
    this.hasher.update(chunk);
    this.length += chunk.length;
  }

  /** Forgets all bytes. */
  async restart(): Promise<void> {
    await this.handle.truncate(0);
    this.hasher = createHasher(this.checksum);
    this.length = 0;
  }

  /** The verified file under its final name. */
  async publish(): Promise<void> {
    await this.handle.sync();
    await this.close();
    await publishFile(this.path, this.target);
    this.published = true;
  }

  /** Unless published, what has come is kept for the next process to go on from. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
    if (this.published) return;
    if (this.length === 0) await rm(this.path, { force: true });
    else await rename(this.path, keptName(this.target)).catch(() => undefined);
  }

  private async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.handle.close();
  }
}
