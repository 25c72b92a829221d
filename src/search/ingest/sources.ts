import { resolve } from "node:path";
import { imageOptions } from "../../image/options.js";
import { isObjects, objectsFolder } from "../objects/address.js";
import { type ObjectOptions, Objects } from "../objects/objects.js";
import { readPicture } from "./read-ahead.js";
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

  /** A picture's bytes. Raises `input.file`, `input.object` and `image.too-large`. */
  async read(path: string): Promise<Uint8Array> {
    if (!isObjects(path)) return readPicture(path);
    return (await this.#opened()).read(path, maxBytes);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#objects) (await this.#objects)[Symbol.dispose]();
  }

  #opened(): Promise<Objects> {
    this.#objects ??= Objects.open(this.#options.s3);
    return this.#objects;
  }
}
