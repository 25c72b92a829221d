import { ClipError } from "../errors.js";

/** Pictures a run where nothing was asked for: on two cores larger batches gain little and make the first answer wait. */
export const BATCH = 8;
export const MOST_BATCH = 256;

/** Squares a core: of ViT-B/32's, 8 take 5 MB between two layers; 16 a core (32 on two) took 2 to 6 % longer each. */
const SQUARES_A_CORE = 8;

/** Squares that one run of a tower is given at most: on a GPU all that there are. */
export function squaresAtOnce(device: string, threads: number): number {
  return device === "cpu" || device === "wasm" ? SQUARES_A_CORE * threads : MOST_BATCH;
}

/** Sizes that `auto` tries, in this order. */
const SIZES = [1, 2, 4, 8, 16, 32, 64] as const;

/** Milliseconds in which no further run is begun; one run may end behind it. */
const BUDGET_MS = 1_000;

/** A larger batch must be faster by this to be worth its memory and its wait. */
const WORTH = 1.03;

/** Further rounds, as time allows. */
const ROUNDS = 4;

/** Sizes whose first look was this near the best are looked at again: the first run of a size also makes room. */
const NEAR = 1.2;

/** What a size is measured with. */
export interface BatchTrial {
  /** One run of so many pictures. Raises `runtime.run` where the graph takes no such number. */
  run(pictures: number): Promise<void>;
  /** Bytes that the process holds. */
  residentBytes(): number;
  /** Milliseconds of any clock. */
  now(): number;
  /** Bytes of a picture's pixels on their way, which the run's own memory comes on top of. */
  readonly pictureBytes: number;
  /** Bound of pixels and activations. */
  readonly mostBytes: number;
}

/** Number of pictures a run → the number as asked. Raises `usage.batch-size`. */
export function checkBatchSize(size: number): number {
  if (Number.isInteger(size) && size >= 1 && size <= MOST_BATCH) return size;
  throw new ClipError(
    "usage.batch-size",
    `Expected a batch size from 1 to ${MOST_BATCH}, or auto, but received ${size}.`,
  );
}

/**
 * The smallest size within 3 % of the fastest. Each next size is tried only where what the last one took says that time and
 * memory allow it.
 */
export async function measureBatchSize(trial: BatchTrial): Promise<number> {
  const { run, now, pictureBytes, mostBytes } = trial;
  await run(1);
  const [began, held] = [now(), trial.residentBytes()];
  const left = (): number => BUDGET_MS - (now() - began);
  /** Milliseconds a picture, by size. */
  const best = new Map<number, number>();
  const look = async (size: number): Promise<void> => {
    const start = now();
    await run(size);
    best.set(size, Math.min(best.get(size) ?? Infinity, (now() - start) / size));
  };
  let bytes = 0;
  for (const size of SIZES) {
    const expected = size * (best.get(size / 2) ?? 0);
    // What the run of half the size needed was there before: twice the growth since, and the pixels.
    if (size > 1 && (expected > left() || 2 * bytes + size * pictureBytes > mostBytes)) break;
    if (!(await succeeds(() => look(size)))) break;
    bytes = Math.max(2 * bytes, trial.residentBytes() - held);
    if (size > 1 && bytes + size * pictureBytes > mostBytes) {
      best.delete(size);
      break;
    }
  }
  const fastest = (): number => Math.min(...best.values());
  for (let round = 0; round < ROUNDS; round++) {
    for (const size of [...best.keys()].toReversed()) {
      const ms = best.get(size)!;
      if (ms <= NEAR * fastest() && size * ms <= left()) await look(size);
    }
  }
  return Math.min(...[...best].filter(([, ms]) => ms <= WORTH * fastest()).map(([size]) => size));
}

/** False where the graph takes one picture only. */
async function succeeds(look: () => Promise<void>): Promise<boolean> {
  try {
    await look();
    return true;
  } catch (error) {
    if (error instanceof ClipError && error.code === "runtime.run") return false;
    throw error;
  }
}
