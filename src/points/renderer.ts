import { availableParallelism } from "node:os";
import { ClipError } from "../errors.js";
import { ThreadPool } from "../threads/pool.js";
import { programUrl } from "../threads/thread.js";
import { type DrawnShape, draw, type ShapeJob } from "./draw.js";

/** Drawing keeps a core busy all the time; computing wants the others. */
const MOST = 64;

/** Draws views of shapes on worker threads. */
export interface Renderer extends AsyncDisposable {
  /** Shapes that it takes at once. */
  readonly atOnce: number;
  /** Raises `points.*`; `runtime.thread` where this shape ends its thread. */
  draw(job: ShapeJob): Promise<DrawnShape>;
}

/** `workers`: threads, 0 (all on this one) to 64; default: one a core, at most 4. Started as they are needed. Raises `usage.workers`. */
export function openRenderer(workers = Math.min(availableParallelism(), 4)): Renderer {
  if (!(Number.isInteger(workers) && workers >= 0 && workers <= MOST))
    throw new ClipError("usage.workers", `Expected 0 to ${MOST} workers but received ${workers}.`);
  const pool = new ThreadPool<ShapeJob, DrawnShape>(programUrl("points/worker"), workers);
  return {
    atOnce: Math.max(1, workers),
    draw: async (job) => (workers === 0 ? draw(job) : pool.thread().call(job)),
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}
