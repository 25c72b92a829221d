import { availableParallelism } from "node:os";
import { ClipError } from "../errors.js";
import { ThreadPool } from "../threads/pool.js";
import { programUrl, startThread, type Thread } from "../threads/thread.js";
import type { PictureJob, PreparedPicture } from "./prepare.js";

/**
 * Encoded and decoded bytes from which a picture goes to a worker: smaller ones are resized in a fraction of a millisecond
 * (a JPEG of 224 px has 10 KB; of 800 × 600, which takes 2 ms, 60 KB). docs/runtime.md has the measurements.
 */
const LARGE_ENCODED = 48 * 1024;
const LARGE_PIXELS = 512 * 512 * 3;

/** Decoding runs on libuv's threads, of which there are four unless UV_THREADPOOL_SIZE says else: more workers would wait. */
const MOST_BY_DEFAULT = 4;
const MOST = 64;

/** Makes squares of pictures, on worker threads where that pays. */
export interface Preparer extends AsyncDisposable {
  /** Pictures that it takes at once. */
  readonly atOnce: number;
  /** Picture → its squares, one a view. Raises `image.*`; `runtime.thread` where this picture ends its thread. */
  prepare(job: PictureJob): Promise<PreparedPicture>;
}

/**
 * `workers`: threads for large pictures, 0 (all on this thread) to 64; default: one a core, at most 4. None is started before
 * the second large picture. `program`: another file than worker.js, for tests. Raises `usage.workers`.
 */
export function openPreparer(workers?: number, program = programUrl("image/worker")): Preparer {
  const most = workers ?? Math.min(availableParallelism(), MOST_BY_DEFAULT);
  if (!(Number.isInteger(most) && most >= 0 && most <= MOST)) {
    throw new ClipError("usage.workers", `Expected 0 to ${MOST} workers but received ${most}.`);
  }
  return new ThreadedPreparer(most, program);
}

/** On this thread; sharp is loaded with the first picture. */
async function preparePicture(job: PictureJob): Promise<PreparedPicture> {
  const prepare = await import("./prepare.js");
  return prepare.preparePicture(job);
}

type PictureThread = Thread<PictureJob, PreparedPicture>;

class ThreadedPreparer implements Preparer {
  readonly atOnce: number;
  readonly #pool: ThreadPool<PictureJob, PreparedPicture>;
  #large = 0;
  /** A thread of this program answered once, so that it can run here at all (a bundler may have left its file behind). */
  #proven = false;

  constructor(most: number, program: URL) {
    this.#pool = new ThreadPool(program, most);
    this.atOnce = Math.max(MOST_BY_DEFAULT, 2 * most);
  }

  async prepare(job: PictureJob): Promise<PreparedPicture> {
    if (this.#pool.most === 0 || !isLarge(job) || this.#large++ === 0) return preparePicture(job);
    const sent = { ...job, source: tight(job.source) };
    try {
      return await this.#ask(this.#pool.thread(), sent);
    } catch (error) {
      if (!(error instanceof ClipError && error.code === "runtime.thread")) throw error;
      if (!this.#proven) return preparePicture(job);
    }
    // Its thread ended: perhaps by a neighbour, so that it may try once more, alone.
    await using thread = startThread<PictureJob, PreparedPicture>(this.#pool.program);
    return await this.#ask(thread, sent);
  }

  async #ask(thread: PictureThread, job: PictureJob): Promise<PreparedPicture> {
    try {
      const prepared = await thread.call(job);
      this.#proven = true;
      return prepared;
    } catch (error) {
      if (thread.alive) this.#proven = true;
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool[Symbol.asyncDispose]();
  }
}

function isLarge({ source }: PictureJob): boolean {
  return source instanceof Uint8Array ? source.length >= LARGE_ENCODED : source.data.length >= LARGE_PIXELS;
}

/** A copy of a part would bring its whole buffer along. */
function tight(source: PictureJob["source"]): PictureJob["source"] {
  const cut = <T extends Uint8Array | Uint16Array>(data: T): T =>
    (data.byteLength === data.buffer.byteLength ? data : data.slice()) as T;
  return source instanceof Uint8Array ? cut(source) : { ...source, data: cut(source.data) };
}
