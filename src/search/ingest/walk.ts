import type { Dirent, Stats } from "node:fs";
import { opendir, realpath, stat } from "node:fs/promises";
import { join, resolve, sep } from "node:path";
import { asClipError, ClipError, throwIfAborted } from "../../errors.js";
import { PICTURE_ENDINGS, VIDEO_ENDINGS } from "../../image/sources.js";
import { MOST_PATH } from "../check-row.js";
import { type Ignored, NOTHING_IGNORED } from "./ignored.js";
import { CompactMap } from "./seen.js";

/** A picture or video that lies in a folder. */
export interface FoundFile {
  readonly kind: "picture" | "video";
  /** Absolute, with `/` between its parts: the path of its row. */
  readonly path: string;
  readonly bytes: number;
  /** Whole ms since 1970. */
  readonly modified: number;
}

/** What can't be looked at. */
export interface WalkError {
  /** As the path of a row where it can be one; else with what is no text escaped. */
  readonly path: string;
  readonly error: ClipError;
  /** True where files may lie behind it that were not seen: their rows stay. */
  readonly hides: boolean;
}

export interface WalkOptions {
  readonly videos: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Names of a folder that are read at once, so that one with a million files takes no more memory than another. */
const NAMES_AT_ONCE = 1_024;
/** Files whose size and time are asked for at once: network shares answer slowly, and several at a time. */
const STATS_AT_ONCE = 32;

const endingOf = (name: string): string => /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase() ?? "";
const PICTURES: ReadonlySet<string> = new Set(PICTURE_ENDINGS);
const VIDEOS: ReadonlySet<string> = new Set(VIDEO_ENDINGS);

/** The system's path → that of a row. */
export function rowPath(path: string): string {
  return sep === "/" ? path : path.replaceAll(sep, "/");
}

/** Bytes that are no UTF-8 as `\xff`, everything else as it is. */
function escaped(name: Buffer): string {
  return name
    .toString("latin1")
    .replaceAll(/[\x80-\xff]/g, (sign) => `\\x${sign.charCodeAt(0).toString(16)}`);
}

function unreadable(path: string, error: unknown): ClipError {
  const { code, message } = error as NodeJS.ErrnoException;
  const why =
    code === "ENOENT" ? "there is no such file" : code === "EACCES" ? "it may not be read" : message;
  return new ClipError("input.file", `Expected to read ${path} but ${why}.`, { cause: error });
}

function badName(path: string, why: string): ClipError {
  return new ClipError("search.name", `Expected a name that is text but that of ${path} ${why}.`);
}

/** A folder that is to be read. */
interface Place {
  /** As it is called: through a link by the link's name. */
  readonly path: string;
  /** Without any link on the way. */
  readonly real: string;
  /** Relative to the root, "" or with `/` at its end. */
  readonly relative: string;
  readonly ignored: Ignored;
}

/** What stands where pictures are looked for. Raises `input.none` where nothing does. */
export async function statRoot(root: string): Promise<Stats> {
  if (root === "") throw new ClipError("input.none", "Expected a folder but received an empty path.");
  return stat(resolve(root)).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === "ENOENT" ? "nothing is there" : error.message;
    throw new ClipError("input.none", `Expected a folder at ${root} but ${why}.`, { cause: error });
  });
}

/**
 * Walks folders: hidden files and folders and what `.zeroclipignore` names are left out, links are followed, and no folder is read
 * twice, so that there are no circles. Folders come before the links in them: what lies in both is called by its own name.
 */
export class Walk {
  readonly #options: WalkOptions;
  readonly #read = new CompactMap();

  constructor(options: WalkOptions) {
    this.#options = options;
  }

  /** Raises `input.none` where nothing is there at all, and `aborted`. */
  async *files(root: string): AsyncGenerator<FoundFile | WalkError> {
    const path = resolve(root);
    const info = await statRoot(root);
    if (!info.isDirectory()) {
      const kind = this.#kindOf(path);
      if (kind === undefined)
        throw new ClipError("input.none", `Expected a folder at ${root} but it is a file.`);
      yield found(kind, path, info);
      return;
    }
    const links: Place[] = [];
    const waiting: Place[] = [{ path, real: await realpath(path), relative: "", ignored: NOTHING_IGNORED }];
    // The last one first, so that what waits is no more than the folders beside the way down.
    for (let next = waiting.pop(); next; next = waiting.pop() ?? links.pop()) {
      yield* this.#folder(next, waiting, links);
    }
  }

  #kindOf(name: string): FoundFile["kind"] | undefined {
    const ending = endingOf(name);
    if (PICTURES.has(ending)) return "picture";
    return this.#options.videos && VIDEOS.has(ending) ? "video" : undefined;
  }

  async *#folder(place: Place, waiting: Place[], links: Place[]): AsyncGenerator<FoundFile | WalkError> {
    throwIfAborted(this.#options.signal);
    if (this.#read.has(place.real)) return;
    this.#read.set(place.real);
    let ignored = place.ignored;
    try {
      ignored = await place.ignored.below(place.relative, place.path);
    } catch (error) {
      yield { path: rowPath(place.path), error: asClipError(error, "search.ignore"), hides: false };
    }
    const here = { ...place, ignored };
    let files: Promise<FoundFile | WalkError | undefined>[] = [];
    try {
      const names = await opendir(place.path, {
        encoding: "buffer" as BufferEncoding,
        bufferSize: NAMES_AT_ONCE,
      });
      for await (const entry of names) {
        throwIfAborted(this.#options.signal);
        files.push(this.#entry(here, entry as unknown as Dirent<Buffer>, waiting, links));
        if (files.length < STATS_AT_ONCE) continue;
        for (const file of await Promise.all(files)) if (file) yield file;
        files = [];
      }
    } catch (error) {
      if (error instanceof ClipError) throw error;
      const path = rowPath(place.path);
      yield { path, error: unreadable(path, error), hides: true };
    }
    for (const file of await Promise.all(files)) if (file) yield file;
  }

  async #entry(
    place: Place,
    entry: Dirent<Buffer>,
    waiting: Place[],
    links: Place[],
  ): Promise<FoundFile | WalkError | undefined> {
    const name = entry.name.toString("utf8");
    if (name.startsWith(".")) return undefined;
    const isText = Buffer.from(name, "utf8").equals(entry.name) && !/\p{Surrogate}/u.test(name);
    const path = join(place.path, isText ? name : escaped(entry.name));
    const relative = place.relative + name;
    // Some network shares don't say what an entry is.
    const isKnown = entry.isFile() || entry.isDirectory();
    const kind = this.#kindOf(name);
    if (entry.isFile() && kind === undefined) return undefined;
    if (place.ignored.has(entry.isDirectory() ? `${relative}/` : relative)) return undefined;
    const folder = { path, real: join(place.real, name), relative: `${relative}/`, ignored: place.ignored };
    if (!isText || path.length > MOST_PATH) {
      const why = isText ? `is longer than ${MOST_PATH} characters` : "is no UTF-8";
      return { path: rowPath(path), error: badName(rowPath(path), why), hides: false };
    }
    if (entry.isDirectory()) {
      waiting.push(folder);
      return undefined;
    }
    try {
      const info = await stat(path);
      if (info.isDirectory() && !isKnown && !place.ignored.has(`${relative}/`)) {
        links.push({ ...folder, real: await realpath(path) });
      }
      return info.isFile() && kind ? found(kind, path, info) : undefined;
    } catch (error) {
      // Removed since its name was read.
      if (isKnown && (error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      // A link to nowhere may have been anything: a folder on a share that is away, too.
      const row = rowPath(path);
      return { path: row, error: unreadable(row, error), hides: !isKnown };
    }
  }
}

function found(kind: FoundFile["kind"], path: string, { size, mtimeMs }: Stats): FoundFile {
  const modified = Math.trunc(mtimeMs) || 0;
  return { kind, path: rowPath(path), bytes: size, modified: Number.isSafeInteger(modified) ? modified : 0 };
}
