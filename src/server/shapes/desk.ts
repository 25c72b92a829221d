import { availableParallelism } from "node:os";
import { gate } from "../../encode/prefetch.js";
import { asClipError, ClipError, throwIfAborted } from "../../errors.js";
import type { DrawnShape } from "../../points/draw.js";
import { SERVED_LIMITS } from "../../points/limits.js";
import { openRenderer, type Renderer } from "../../points/renderer.js";
import type { ViewOptions } from "../../points/view/render.js";
import { BusyError } from "../queue/busy.js";

/** A shape of a request and what the answer calls it. */
export interface NamedShape {
  readonly name: string;
  /** The file, or what is wrong with how it was given. */
  readonly bytes: Uint8Array | ClipError;
}

/** How a shape is drawn. */
export interface Drawing extends ViewOptions {
  /** Pixels of a side. */
  readonly size: number;
  readonly outline: boolean;
}

/** Threads that draw; the others compute. */
const THREADS = Math.min(2, availableParallelism());

/** What one shape may take: a million triangles from ten sides take some seconds, and the objects of 8 MB of JSON a tenth of this. */
const BOUNDS = { mostMs: 20_000, heapMb: 256 };

/** Shapes that wait to be drawn; above it 429. */
const MOST_WAITING = 32;

/** Draws the shapes of all requests on its threads; what one of them does to its thread is its own error. */
export class ShapeDesk implements AsyncDisposable {
  #renderer: Renderer | undefined;
  readonly #turn = gate(THREADS);
  #waiting = 0;

  /** A shape → its views, or what is wrong with it. Raises nothing: `server.busy` and `aborted` are given, too. */
  async draw(
    { name, bytes }: NamedShape,
    { size, outline, ...options }: Drawing,
    signal: AbortSignal | undefined,
  ): Promise<DrawnShape | ClipError> {
    if (bytes instanceof ClipError) return bytes;
    if (this.#waiting >= MOST_WAITING + THREADS) return new BusyError(2);
    this.#waiting += 1;
    try {
      return await this.#turn(async () => {
        throwIfAborted(signal);
        this.#renderer ??= openRenderer(THREADS, BOUNDS);
        const job = { input: { bytes, name }, size, options, limits: SERVED_LIMITS, outline };
        // A file that has its memory to itself changes hands; a small one may lie beside others.
        const isAlone = bytes.byteLength > 0 && bytes.byteLength === bytes.buffer.byteLength;
        return await this.#renderer.draw(job, isAlone ? [bytes.buffer] : []);
      });
    } catch (error) {
      const known = asClipError(error, "points.read");
      if (known.code !== "runtime.thread") return known;
      return new ClipError(
        "points.too-large",
        `Expected a shape that is read and drawn within ${BOUNDS.mostMs / 1000} s and ${BOUNDS.heapMb} MiB but ${name} takes more.`,
        { cause: known },
      );
    } finally {
      this.#waiting -= 1;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#renderer?.[Symbol.asyncDispose]();
  }
}
