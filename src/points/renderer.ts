import { availableParallelism } from "node:os";
import { ClipError } from "../errors.js";
import { ThreadPool } from "../threads/pool.js";
import { programUrl, type ThreadBounds } from "../threads/thread.js";
import { type DrawnShape, draw, type ShapeJob } from "./draw.js";

/** Drawing keeps a core busy all the time; computing wants the others. */
const MOST = 64;

/** Draws views of shapes on worker threads. */
export interface Renderer extends AsyncDisposable {
  /** Shapes that it takes at once. */
  readonly atOnce: number;
  /** Buffers of `transfer` change hands. Raises `points.*`; `runtime.thread` where this shape ends its thread. */
  draw(job: ShapeJob, transfer?: readonly ArrayBufferLike[]): Promise<DrawnShape>;
}

/**
 * `workers`: threads, 0 (all on this one) to 64; default: one a core, at most 4. Started as they are needed. `bounds`: what one shape may
 * take; a thread that takes more is ended, with all that waits for it. Raises `usage.workers`.
 */
export function openRenderer(
  workers = Math.min(availableParallelism(), 4),
  bounds: ThreadBounds = {},
): Renderer {
  if (!(Number.isInteger(workers) && workers >= 0 && workers <= MOST))
    throw new ClipError("usage.workers", `Expected 0 to ${MOST} workers but received ${workers}.`);
  const pool = new ThreadPool<ShapeJob, DrawnShape>(programUrl("points/worker"), workers, bounds);
  return {
    atOnce: Math.max(1, workers),
    draw: async (job, transfer = []) => (workers === 0 ? draw(job) : pool.thread().call(job, transfer)),
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}
