import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { imageOptions } from "../../image/options.js";
import { isObjects, objectsFolder } from "../objects/address.js";
import { type ObjectOptions, Objects } from "../objects/objects.js";
import { readPicture } from "./read-ahead.js";
import { hashFile } from "./videos.js";
import { type FoundFile, rowPath, Walk, type WalkError } from "./walk.js";

export interface SourcesOptions {
  /** False: videos of folders are left out; those of object storage always are. Default true. */
  readonly videos?: boolean;
  readonly s3?: ObjectOptions;
  readonly signal?: AbortSignal;
}

const { maxBytes } = imageOptions();

/** Where pictures are listed and read: folders of this machine, and object storage under `s3://`. */
export class Sources implements AsyncDisposable {
  readonly #options: SourcesOptions;
  readonly #walk: Walk;
  #objects: Promise<Objects> | undefined;

  constructor(options: SourcesOptions = {}) {
    this.#options = options;
    this.#walk = new Walk({ videos: options.videos ?? true, signal: options.signal });
  }

  /** What lies in a folder, or under an `s3://` address. Raises `input.none` where nothing is there at all, and `aborted`. */
  async *files(root: string): AsyncGenerator<FoundFile | WalkError> {
    if (isObjects(root)) yield* (await this.#opened()).list(root, this.#options.signal);
    else yield* this.#walk.files(root);
  }

  /** How the paths of rows below a root begin, without a slash at its end. */
  rowPath(root: string): string {
    return isObjects(root) ? objectsFolder(root) : rowPath(resolve(root));
  }

  /** A picture's bytes; of an object at most `most`. Raises `input.file`, `input.object` and `image.too-large`. */
  async read(path: string, most = maxBytes): Promise<Uint8Array> {
    if (!isObjects(path)) return readPicture(path);
    return (await this.#opened()).read(path, Math.min(most, maxBytes));
  }

  /** Size of a picture, bytes, and when it was last changed, ms. Raises `input.object`, and the system's error of a file. */
  async facts(path: string): Promise<{ readonly bytes: number; readonly modified: number }> {
    if (isObjects(path)) return (await this.#opened()).facts(path);
    const { size, mtimeMs } = await stat(path);
    return { bytes: size, modified: Math.trunc(mtimeMs) };
  }

  /** SHA-256 of a picture's bytes, 64 hex digits; an object of more than `most` bytes raises `image.too-large`. Raises as `read`, and `aborted`. */
  async hash(path: string, most: number, signal?: AbortSignal): Promise<string> {
    if (!isObjects(path)) return hashFile(path, signal);
    return createHash("sha256")
      .update(await this.read(path, most))
      .digest("hex");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#objects) (await this.#objects)[Symbol.dispose]();
  }

  #opened(): Promise<Objects> {
    this.#objects ??= Objects.open(this.#options.s3);
    return this.#objects;
  }
}
