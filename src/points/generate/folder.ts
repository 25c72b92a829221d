import { join } from "node:path";
import { ClipError, cannotWrite, throwIfAborted } from "../../errors.js";
import { writeFileAtomic } from "../../models/atomic.js";
import { plyBytes } from "../write-ply.js";
import { KIND_NAMES, type MakeOptions, makeShape } from "./generate.js";

export interface GenerateOptions extends MakeOptions {
  /** Shapes of each kind, 1 to 100,000; default 10. */
  readonly count?: number;
  /** Default: all kinds. */
  readonly kinds?: readonly string[];
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

const MOST = 100_000;

/** Shapes of a seed and those of the next have none in common: each has so many of its own. */
const SEEDS_APART = MOST;

/**
 * Made shapes in a folder with one folder a kind (`chair/00001.ply`, …), as `eval` and `fewshot` read them. Other seeds give other shapes.
 * Raises `points.kind`, `usage.points`, `usage.out` where it can't be written, `aborted`.
 */
export async function generateShapes(folder: string, options: GenerateOptions = {}): Promise<number> {
  const { count = 10, kinds = KIND_NAMES, seed = 1, signal, onProgress, ...make } = options;
  if (!(Number.isInteger(count) && count >= 1 && count <= MOST))
    throw new ClipError("usage.points", `Expected 1 to ${MOST} shapes of each kind but received ${count}.`);
  if (folder === "")
    throw new ClipError("usage.out", "Expected a folder for the shapes but received an empty name.");
  const total = count * kinds.length;
  let done = 0;
  for (const kind of kinds) {
    for (let i = 1; i <= count; i++) {
      throwIfAborted(signal);
      const shape = makeShape(kind, { ...make, seed: seed * SEEDS_APART + i });
      const file = join(folder, kind.replaceAll(" ", "_"), `${String(i).padStart(5, "0")}.ply`);
      await writeFileAtomic(file, plyBytes(shape)).catch((error: unknown) => {
        throw cannotWrite(file, error);
      });
      onProgress?.({ done: ++done, total });
    }
  }
  return total;
}
