import { constants } from "node:fs";
import { open, stat } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type GlobOptions, glob, isDynamicPattern } from "tinyglobby";
import { ClipError, throwIfAborted } from "../errors.js";
import { type FetchOptions, guardedFetch } from "./guarded-fetch.js";
import type { Picture } from "./pixels.js";

/** Pixels that are decoded already: u8 [height, width, channels], grey, RGB or RGBA. */
export interface RawPixels {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3 | 4;
}

/**
 * A picture: a path, a `data:` URL, an http(s) URL (only where `fetchUrls` is given), encoded bytes, a Blob, a stream
 * of bytes, or raw pixels.
 */
export type ImageInput =
  | string
  | URL
  | Uint8Array
  | ArrayBuffer
  | Blob
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>
  | RawPixels;

export interface SourceOptions {
  readonly maxBytes: number;
  readonly maxPixels: number;
  /** Given: http(s) addresses are fetched with these guards; absent: they are refused. */
  readonly fetchUrls?: FetchOptions;
}

/** Endings that a folder's pictures have. */
export const PICTURE_ENDINGS = "jpg,jpeg,jpe,png,webp,gif,tif,tiff,avif,dcm".split(",");

/** What files of videos end with. */
export const VIDEO_ENDINGS = "mp4,m4v,mov,mkv,webm,avi,mpg,mpeg,mts,m2ts,wmv,flv,ogv,3gp,y4m".split(",");

/** What files of point clouds and meshes end with. */
export const SHAPE_ENDINGS = "ply,obj,off,xyz,pts,npy,pcd,stl,glb".split(",");

/** What the input is called in messages and results: its path or address, else its position. */
export function inputId(input: ImageInput, position: number): string {
  if (typeof input === "string") return input.startsWith("data:") ? `data:#${position}` : input;
  return input instanceof URL ? input.href : `#${position}`;
}

function tooLarge(found: number, most: number): ClipError {
  return new ClipError("image.too-large", `Expected at most ${most} bytes but the picture has ${found}.`);
}

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

async function readStream(stream: AsyncIterable<Uint8Array>, most: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of stream) {
    if (!(part instanceof Uint8Array))
      throw new ClipError("input.type", `Expected a stream of bytes but received ${typeof part}.`);
    length += part.length;
    if (length > most) throw tooLarge(length, most);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function readDataUrl(url: string, most: number): Uint8Array {
  const comma = url.indexOf(",");
  if (comma < 0) throw new ClipError("input.data-url", "Expected a comma in the data: URL but found none.");
  const payload = url.slice(comma + 1);
  // Base64 gives 3 bytes for 4 characters; an escaped text at most one byte a character.
  if (payload.length > 3 * most) throw tooLarge(payload.length, most);
  const bytes = /;base64$/i.test(url.slice(0, comma))
    ? Buffer.from(payload, "base64")
    : Buffer.from(decodePercent(payload), "latin1");
  if (bytes.length > most) throw tooLarge(bytes.length, most);
  return bytes;
}

function decodePercent(text: string): string {
  return text.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

function checkRaw(raw: RawPixels, most: number): Picture {
  const { data, width, height, channels } = raw;
  const sizes = [width, height].every((side) => Number.isInteger(side) && side > 0);
  if (
    !sizes ||
    ![1, 3, 4].includes(channels) ||
    !(data instanceof Uint8Array) ||
    data.length !== width * height * channels
  ) {
    throw new ClipError(
      "input.raw",
      `Expected width × height × channels bytes of 1, 3 or 4 channels but received ${data?.length} bytes for ${width} × ${height} × ${channels}.`,
    );
  }
  if (width * height > most) {
    throw new ClipError(
      "image.too-large",
      `Expected at most ${most} pixels but the picture has ${width} × ${height}.`,
    );
  }
  return { width, height, mode: channels === 1 ? "L" : channels === 3 ? "RGB" : "RGBA", data };
}

async function readAddress(address: string, options: SourceOptions): Promise<Uint8Array> {
  if (/^data:/i.test(address)) return readDataUrl(address, options.maxBytes);
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
  if (input instanceof Uint8Array) return input;
  if (input instanceof ArrayBuffer) return new Uint8Array(input);
  if (input instanceof Blob) {
    if (input.size > options.maxBytes) throw tooLarge(input.size, options.maxBytes);
    return new Uint8Array(await input.arrayBuffer());
  }
  if (typeof input === "object" && input !== null) {
    if (Symbol.asyncIterator in input)
      return readStream(input as AsyncIterable<Uint8Array>, options.maxBytes);
    if ("data" in input && "channels" in input) return checkRaw(input, options.maxPixels);
  }
  throw new ClipError(
    "input.type",
    `Expected a path, bytes, Blob, stream or raw pixels but received ${input === null ? "null" : typeof input}.`,
  );
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
