import { createRequire } from "node:module";
import { ClipError } from "../../errors.js";

/** A graph of near neighbours over vectors of bytes (HNSW, by USearch): approximate, and much faster than looking at all. */
export interface Graph {
  /** Adds vectors f32 [keys, dim] under keys that were never used. */
  add(keys: readonly number[], vectors: Float32Array): void;
  /** About the `count` nearest keys to a unit vector, nearest first. */
  nearest(vector: Float32Array, count: number): number[];
}

/** Edges of a node, and how many nodes are kept open while building and searching: chosen by `bench/search.mjs`. */
const CONNECTIVITY = 16;
const OPEN_ADDING = 128;
const OPEN_SEARCHING = 96;

type Library = typeof import("usearch");

/**
 * A way to make empty graphs. Raises `search.native` where the machine has no USearch: it is an optional package with binaries for
 * x64 and arm64 of Linux (glibc) and macOS.
 */
export function graphMaker(dim: number, threads: number): () => Graph {
  let library: Library;
  try {
    // Its module for `import` calls itself without end (2.25.3); the one for `require` is whole.
    library = createRequire(import.meta.url)("usearch") as Library;
  } catch (cause) {
    throw new ClipError(
      "search.native",
      "Expected the optional package usearch for an index in memory but it can't be loaded on this machine.",
      { cause },
    );
  }
  const { Index, MetricKind, ScalarKind } = library;
  return () => {
    const index = new Index({
      dimensions: dim,
      metric: MetricKind.Cos,
      quantization: ScalarKind.I8,
      connectivity: CONNECTIVITY,
      expansion_add: OPEN_ADDING,
      expansion_search: OPEN_SEARCHING,
      multi: false,
    });
    return {
      add: (keys, vectors) => index.add(BigUint64Array.from(keys, BigInt), vectors, threads),
      nearest: (vector, count) => {
        if (index.size() === 0) return [];
        return Array.from(index.search(vector, count, 1).keys, Number);
      },
    };
  };
}
