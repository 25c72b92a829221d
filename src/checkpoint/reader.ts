import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { basename } from "node:path";
import { ClipError } from "../errors.js";

/** Bytes of one read call: Linux and Node refuse more than 2^31 − 1. */
const CHUNK_BYTES = 2 ** 30;

/** Bytes of one file that are asked for at once: Node's largest buffer is 4 GiB, and CLIP's largest tensor is 0.2 GB. */
const MOST_BYTES_AT_ONCE = 2 ** 32 - 1;

/** An open file that is read at offsets, never past its end. */
export class FileReader {
  readonly #fd: number;
  readonly size: number;
  #open = true;

  /** Raises `checkpoint.not-found` or `checkpoint.read`. */
  constructor(readonly path: string) {
    try {
      // Non-blocking (where the system has it), for opening a pipe would else wait for a writer without end.
      this.#fd = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    } catch (error) {
      throw readError(path, error);
    }
    try {
      const stat = fstatSync(this.#fd);
      if (!stat.isFile()) {
        throw new ClipError("checkpoint.format", `Expected ${path} to be a file but it is something else.`);
      }
      this.size = stat.size;
    } catch (error) {
      closeSync(this.#fd);
      throw error;
    }
  }

  /** The file's own name, for messages. */
  get name(): string {
    return basename(this.path);
  }

  /** Exactly `length` bytes from `offset`. Raises `checkpoint.truncated` past the end, `checkpoint.closed` after closing. */
  read(offset: number, length: number): Uint8Array {
    if (!this.#open) {
      throw new ClipError(
        "checkpoint.closed",
        `Expected ${this.name} to be open but its source was already closed.`,
      );
    }
    if (!(offset >= 0 && length >= 0 && offset + length <= this.size)) throw this.truncated(offset + length);
    if (length > MOST_BYTES_AT_ONCE) {
      throw new ClipError(
        "checkpoint.unsafe",
        `Expected at most ${MOST_BYTES_AT_ONCE} bytes in one piece of ${this.name} but it has ${length}.`,
      );
    }
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const count = this.#readSome(bytes, done, Math.min(CHUNK_BYTES, length - done), offset + done);
      if (count === 0) throw this.truncated(offset + length);
      done += count;
    }
    return bytes;
  }

  #readSome(bytes: Uint8Array, at: number, length: number, position: number): number {
    try {
      return readSync(this.#fd, bytes, at, length, position);
    } catch (error) {
      throw readError(this.path, error);
    }
  }

  truncated(wanted: number): ClipError {
    const message = `Expected ${this.name} to have at least ${wanted} bytes but it has ${this.size}: it is truncated or damaged.`;
    return new ClipError("checkpoint.truncated", message);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.#fd);
  }
}

/** A failed file operation as one sentence: `checkpoint.not-found` or `checkpoint.read`. */
export function readError(path: string, error: unknown): ClipError {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ENOENT" || code === "ENOTDIR") {
    return new ClipError("checkpoint.not-found", `Expected a file or folder at ${path} but there is none.`, {
      cause: error,
    });
  }
  return new ClipError("checkpoint.read", `Could not read ${path} (${code ?? String(error)}).`, {
    cause: error,
  });
}
