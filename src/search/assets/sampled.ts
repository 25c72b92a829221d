import { throwIfAborted } from "../../errors.js";
import { sample } from "../../math/random.js";
import type { Filter } from "../store/filter.js";
import type { Store } from "../store/store.js";

export interface SampleOptions {
  readonly filter?: Filter;
  readonly seed?: number;
  readonly signal?: AbortSignal;
}

/** All rows' ids and paths, in the order of ids, and the vectors of some of them. */
export interface Sampled {
  readonly ids: readonly string[];
  readonly paths: readonly string[];
  /** Positions in `ids`, rising. */
  readonly chosen: readonly number[];
  /** [chosen] of f32 [dim] */
  readonly vectors: readonly Float32Array[];
}

/** Vectors that are fetched at once. */
const BATCH = 1_000;

/** Rows of a store and the vectors of at most `most` of them, the same ones for the same seed and rows. */
export async function sampleStore(store: Store, most: number, options: SampleOptions = {}): Promise<Sampled> {
  const { filter, seed = 1, signal } = options;
  const [ids, paths]: [string[], string[]] = [[], []];
  const scanning = store.scan({
    columns: ["path"],
    batch: 10_000,
    ...(filter ? { filter } : {}),
    ...(signal ? { signal } : {}),
  });
  for await (const rows of scanning) {
    for (const { id, path } of rows) {
      ids.push(id);
      paths.push(path);
    }
  }
  const positions = sample(
    ids.map((_, i) => i),
    most,
    seed,
  );
  const [chosen, vectors]: [number[], Float32Array[]] = [[], []];
  for (let from = 0; from < positions.length; from += BATCH) {
    throwIfAborted(signal);
    const part = positions.slice(from, from + BATCH);
    const rows = await store.get(
      part.map((i) => ids[i]!),
      ["vector"],
    );
    for (const [k, row] of rows.entries()) {
      if (row === undefined) continue;
      chosen.push(part[k]!);
      vectors.push(row.vector);
    }
  }
  return { ids, paths, chosen, vectors };
}
