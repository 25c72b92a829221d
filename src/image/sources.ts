import { constants } from "node:fs";
import { open, stat } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type GlobOptions, glob, isDynamicPattern } from "tinyglobby";
import { ClipError, throwIfAborted } from "../errors.js";
import { type FetchOptions, guardedFetch } from "./guarded-fetch.js";
import { type ImageInput, type InputBounds, readDataUrl, readHeld, tooLarge } from "./input.js";
import type { Picture } from "./pixels.js";

export { type ImageInput, inputId, type RawPixels } from "./input.js";

export interface SourceOptions extends InputBounds {
  /** Given: http(s) addresses are fetched with these guards; absent: they are refused. */
  readonly fetchUrls?: FetchOptions;
}

/** Endings that a folder's pictures have. */
export const PICTURE_ENDINGS = "jpg,jpeg,jpe,png,webp,gif,tif,tiff,avif,dcm".split(",");

/** What files of videos end with. */
export const VIDEO_ENDINGS = "mp4,m4v,mov,mkv,webm,avi,mpg,mpeg,mts,m2ts,wmv,flv,ogv,3gp,y4m".split(",");

/** What files of point clouds and meshes end with. */
export const SHAPE_ENDINGS = "ply,obj,off,xyz,pts,npy,pcd,stl,glb".split(",");

async function readFile(path: string, most: number): Promise<Uint8Array> {
  // Without waiting: opening a pipe for reading would else block until someone writes to it.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch(
    (error: NodeJS.ErrnoException) => {
      const why =
        error.code === "ENOENT"
          ? "there is no such file"
          : error.code === "EACCES"
            ? "it may not be read"
            : error.message;
      throw new ClipError("input.file", `Expected a picture at ${path} but ${why}.`, { cause: error });
    },
  );
  try {
    const info = await file.stat();
    if (!info.isFile())
      throw new ClipError(
        "input.file",
        `Expected a file at ${path} but it is ${info.isDirectory() ? "a folder" : "a device or pipe"}.`,
      );
    if (info.size > most) throw tooLarge(info.size, most);
    return await file.readFile().catch((error: NodeJS.ErrnoException) => {
      throw new ClipError("input.file", `The picture at ${path} can't be read: ${error.message}.`, {
        cause: error,
      });
    });
  } finally {
    await file.close();
  }
}

async function readAddress(address: string, options: SourceOptions): Promise<Uint8Array> {
  if (/^data:/i.test(address))
    return readDataUrl(address, options.maxBytes, (text) => Buffer.from(text, "base64"));
  if (/^https?:/i.test(address)) {
    if (options.fetchUrls) return guardedFetch(address, options.maxBytes, options.fetchUrls);
    throw new ClipError(
      "input.url",
      `Expected a file but received the address ${address.slice(0, 100)}, and fetching is off unless fetchUrls (--fetch) is given.`,
    );
  }
  return readFile(address, options.maxBytes);
}

/** Any input → encoded bytes, or a picture where pixels came in. Raises `input.*` and `image.too-large`. */
export async function readInput(input: ImageInput, options: SourceOptions): Promise<Uint8Array | Picture> {
  if (typeof input === "string") return readAddress(input, options);
  if (input instanceof URL)
    return input.protocol === "file:"
      ? readFile(fileURLToPath(input), options.maxBytes)
      : readAddress(input.href, options);
  return readHeld(input, options);
}

/** A path that means a folder: it ends with a slash, or its last part has no ending as every picture's has. */
const FOLDER = /(?:[/\\]|(?:^|[/\\])[^./\\][^./\\]*)$/;

/** Files of a pattern. Raises `aborted`, in the middle of a huge tree too. */
async function list(
  pattern: string | string[],
  options: GlobOptions,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  throwIfAborted(signal);
  if (!signal) return glob(pattern, options);
  // What the system was asked before is still answered, one folder at a time, after the walk has stopped: not waited for.
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      reject(new ClipError("aborted", "The operation was aborted.", { cause: signal.reason }));
    };
    signal.addEventListener("abort", onAbort, { once: true });
    const done = (): void => signal.removeEventListener("abort", onAbort);
    glob(pattern, { ...options, signal })
      .then(resolve, reject)
      .finally(done);
  });
}

/** What is looked for in folders. */
export interface ExpandOptions {
  readonly signal?: AbortSignal | undefined;
  /** Endings of a folder's files; default: those of pictures. */
  readonly endings?: readonly string[];
  /** What messages call them; default: pictures. */
  readonly what?: string;
}

/**
 * Paths, folders (recursive, hidden files left out) and globs → the paths of pictures, each folder and glob sorted.
 * Nothing is opened. Raises `input.none` for a folder or glob without a picture and for a folder that is not there, and
 * `aborted`; a plain path, `-` and an address are passed on as they are.
 */
export async function* expandInputs(
  patterns: Iterable<string>,
  { signal, endings = PICTURE_ENDINGS, what = "pictures" }: ExpandOptions = {},
): AsyncGenerator<string> {
  for (const pattern of patterns) {
    if (/^(?:data|https?):/i.test(pattern)) {
      yield pattern;
      continue;
    }
    if (pattern === "") throw new ClipError("input.none", `Expected ${what} but received an empty name.`);
    const info = await stat(pattern).catch(() => undefined);
    if (info?.isDirectory()) {
      const found = await list(
        `**/*.{${endings.join(",")}}`,
        { cwd: pattern, caseSensitiveMatch: false, onlyFiles: true },
        signal,
      );
      if (found.length === 0)
        throw new ClipError("input.none", `Expected ${what} in the folder ${pattern} but found none.`);
      for (const path of found.sort()) yield join(pattern, path);
    } else if (info === undefined && isDynamicPattern(pattern)) {
      const found = await list(
        pattern,
        { onlyFiles: true, expandDirectories: false, absolute: isAbsolute(pattern) },
        signal,
      );
      if (found.length === 0)
        throw new ClipError("input.none", `Expected ${what} for ${pattern} but nothing matches.`);
      yield* found.sort();
    } else if (info === undefined && pattern !== "-" && FOLDER.test(pattern)) {
      throw new ClipError("input.none", `Expected a picture or folder at ${pattern} but nothing is there.`);
    } else {
      yield pattern;
    }
  }
}
