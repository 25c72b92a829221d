import { createHash } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import { ClipError } from "../../errors.js";
import { readVersion, removeSet, setNames, versionsOf, writeVersion } from "../label-sets/files.js";
import type { Expected } from "../label-sets/store.js";
import { Turns } from "../queue/turns.js";
import { type Collection, type CollectionInfo, collectionBodySchema } from "../wire/assets.js";

/** Collections of one database: far above what people name. */
const MOST_COLLECTIONS = 1000;
/** Other servers that may be first with a version, one after the other, before a change is given up. */
const MOST_TRIES = 20;

const fileSchema = collectionBodySchema.extend({ name: z.string().max(64) });

/** Strong: it names the version and what is in it. */
export function collectionTag({ version, pictures }: Collection): string {
  const hash = createHash("sha256").update(pictures.join("")).digest("hex");
  return `"${version}-${hash.slice(0, 16)}"`;
}

export function infoOf({ pictures, ...rest }: Collection): CollectionInfo {
  const { name, version, updated } = rest;
  return { name, version, count: pictures.length, updated };
}

/**
 * Collections of pictures, in versions under a folder as label sets are; several servers may share it. A folder's name is a hash, as
 * names may hold whatever letters.
 */
export class Collections {
  readonly #folder: string;
  readonly #changes = new Turns();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** By name. */
  async list(db: string): Promise<CollectionInfo[]> {
    const folders = (await setNames(join(this.#folder, db))) ?? [];
    const found: CollectionInfo[] = [];
    for (const one of folders) {
      const read = await this.#newest(join(this.#folder, db, one));
      if (read) found.push(infoOf(read));
    }
    return found.sort((a, b) => a.name.localeCompare(b.name));
  }

  /** Raises `server.not-found`. */
  async get(db: string, name: string): Promise<Collection> {
    const found = await this.#newest(this.#at(db, name));
    if (found) return found;
    throw new ClipError(
      "server.not-found",
      `Expected the name of a collection but there is no ${JSON.stringify(name)}.`,
    );
  }

  /** Creates a collection or replaces all of it. Raises `server.version`, `usage.request` where there are too many. */
  async put(db: string, name: string, pictures: readonly string[], expected: Expected): Promise<Collection> {
    const own = [...new Set(pictures)];
    return this.#changes.run(async () => {
      const folder = this.#at(db, name);
      for (let i = 0; i < MOST_TRIES; i++) {
        const before = await this.#newest(folder);
        check(name, before, expected);
        if (!before && ((await setNames(join(this.#folder, db))) ?? []).length >= MOST_COLLECTIONS)
          throw new ClipError("usage.request", `Expected at most ${MOST_COLLECTIONS} collections.`);
        if (before && before.pictures.join() === own.join()) return before;
        const next = ((await versionsOf(folder)).at(-1) ?? 0) + 1;
        const text = `${JSON.stringify({ name, pictures: own })}\n`;
        if (await writeVersion(folder, next, text)) return (await this.#newest(folder))!;
      }
      throw new ClipError(
        "server.version",
        `Expected to write a version of ${name} but other servers were first ${MOST_TRIES} times.`,
      );
    });
  }

  /** Raises `server.not-found`, `server.version`. */
  async remove(db: string, name: string, expected: Expected): Promise<void> {
    await this.#changes.run(async () => {
      check(name, await this.get(db, name), expected);
      await removeSet(this.#at(db, name));
    });
  }

  #at(db: string, name: string): string {
    const hash = createHash("sha256").update(name.normalize("NFC")).digest("hex");
    return join(this.#folder, db, hash.slice(0, 32));
  }

  /** The newest version that can be read. */
  async #newest(folder: string): Promise<Collection | undefined> {
    for (const version of (await versionsOf(folder)).reverse()) {
      try {
        const { text, written } = await readVersion(folder, version);
        const { name, pictures } = fileSchema.parse(JSON.parse(text));
        return { name, version, count: pictures.length, updated: written.toISOString(), pictures };
      } catch {
        // A damaged version is passed over: the one before it holds.
      }
    }
    return undefined;
  }
}

function check(name: string, now: Collection | undefined, { match, noneMatch }: Expected): void {
  const tags = (list: string): string[] => list.split(",").map((tag) => tag.trim());
  const matches = (list: string): boolean =>
    now !== undefined && tags(list).some((tag) => tag === "*" || tag === collectionTag(now));
  if ((match === undefined || matches(match)) && (noneMatch === undefined || !matches(noneMatch))) return;
  const found = now ? `is at version ${now.version} (${collectionTag(now)})` : "is not there";
  throw new ClipError("server.version", `Expected the version that the request names but ${name} ${found}.`);
}
