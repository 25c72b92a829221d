import { throwIfAborted } from "../../errors.js";
import { BENCHMARK_NAMES, CORRUPTION_NAMES, corrupted, SEVERITIES } from "../corrupt/corruptions.js";
import type { MeasureListener } from "./rate.js";
import { answersTo, type Scene } from "./scene.js";

/** Top-1 error, 0..1, at severities 1 to 5. */
export interface CorruptionRow {
  readonly name: string;
  /** One of the fifteen that the mean is of. */
  readonly benchmark: boolean;
  readonly errors: readonly number[];
}

export interface CorruptionFigures {
  readonly pictures: number;
  /** Top-1 error of the pictures as they are. */
  readonly cleanError: number;
  /** Mean top-1 error of the fifteen at five severities. Published means are divided by AlexNet's on ImageNet: this one is not. */
  readonly meanError: number;
  /** How much of it the corruptions add. */
  readonly relativeError: number;
  readonly rows: readonly CorruptionRow[];
}

/** Errors under all corruptions; each picture is corrupted by a seed of its own. Raises `aborted`, `runtime.*`. */
export async function measureCorruptions(
  scene: Scene,
  { signal, onProgress }: MeasureListener = {},
): Promise<CorruptionFigures> {
  const error = async (change?: (square: Uint8Array, i: number) => Promise<Uint8Array>): Promise<number> => {
    throwIfAborted(signal);
    const found = await answersTo(scene, scene.squares, change);
    return found.filter((answer, i) => answer !== scene.truth[i]).length / found.length;
  };
  const cleanError = await error();
  const rows: CorruptionRow[] = [];
  for (const [at, name] of CORRUPTION_NAMES.entries()) {
    const errors: number[] = [];
    for (const severity of SEVERITIES) {
      errors.push(
        await error((square, i) => corrupted(square, name, severity, scene.seed * 65_537 + at * 1009 + i)),
      );
      onProgress?.(at * SEVERITIES.length + severity, CORRUPTION_NAMES.length * SEVERITIES.length);
    }
    rows.push({ name, benchmark: BENCHMARK_NAMES.includes(name), errors });
  }
  const all = rows.filter(({ benchmark }) => benchmark).flatMap(({ errors }) => errors);
  const meanError = all.reduce((sum, value) => sum + value, 0) / all.length;
  return {
    pictures: scene.squares.length,
    cleanError,
    meanError,
    relativeError: meanError - cleanError,
    rows,
  };
}
