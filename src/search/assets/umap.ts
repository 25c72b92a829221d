import { throwIfAborted } from "../../errors.js";
import { seeded } from "../../math/random.js";
import { turn } from "./turn.js";

/** Neighbours that UMAP keeps together, and how near they may come: its authors' defaults. */
const NEIGHBOURS = 15;
const LEAST_DISTANCE = 0.1;
/** Epochs between two reports of progress. */
const REPORTED = 10;

/** Fewer rows lie in a line. */
const LEAST_ROWS = 4;

export interface UmapOptions {
  readonly signal?: AbortSignal | undefined;
  /** Epochs, and of how many. */
  readonly onStep?: ((done: number, total: number) => void) | undefined;
}

/** Vectors → places on a plane by UMAP, the same for the same seed. Its first part (the neighbours of all) takes one turn. Raises `aborted`. */
export async function umap(
  vectors: readonly Float32Array[],
  seed: number,
  { signal, onStep }: UmapOptions = {},
): Promise<[number, number][]> {
  if (vectors.length < LEAST_ROWS) return vectors.map((_, i) => [i, 0]);
  // Loaded here: commands that draw no map need no library for it.
  const { UMAP } = await import("umap-js");
  const map = new UMAP({
    nComponents: 2,
    nNeighbors: Math.min(NEIGHBOURS, vectors.length - 1),
    minDist: LEAST_DISTANCE,
    random: seeded(seed),
  });
  const epochs = map.initializeFit(vectors.map((vector) => Array.from(vector)));
  for (let epoch = 0; epoch < epochs; epoch++) {
    map.step();
    if (epoch % REPORTED !== 0) continue;
    throwIfAborted(signal);
    onStep?.(epoch, epochs);
    await turn();
  }
  return map.getEmbedding().map(([x, y]) => [x!, y!]);
}
