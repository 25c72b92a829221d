import type { Embedding } from "../math/unit.js";
import { MemoryCache } from "./memory.js";
import { type StoreOptions, VectorStore } from "./vector-store.js";

export interface EmbeddingCacheOptions {
  /** Most bytes in memory; 0 for none. */
  readonly memoryBytes: number;
  readonly store: StoreOptions;
}

/** Embeddings by 16-byte hash: in memory, and on disk beneath. Nothing that goes wrong is raised: the work is done again. */
export class EmbeddingCache implements AsyncDisposable {
  readonly #memory: MemoryCache;
  readonly #store: VectorStore;

  constructor({ memoryBytes, store }: EmbeddingCacheOptions) {
    this.#memory = new MemoryCache(memoryBytes);
    this.#store = new VectorStore(store);
  }

  /** One embedding a key, the caller's own and bit for bit what was put, or undefined. */
  async get(keys: readonly Uint8Array[]): Promise<(Embedding | undefined)[]> {
    const out: (Embedding | undefined)[] = keys.map((key) => this.#memory.get(key)?.slice() as Embedding);
    const missing = keys.flatMap((_, i) => (out[i] ? [] : [i]));
    if (missing.length === 0) return out;
    const found = await this.#store.get(missing.map((i) => keys[i]!));
    for (const [row, i] of missing.entries()) {
      if (!found[row]) continue;
      // Only `put` writes, and what the store gives is bit for bit what was put.
      out[i] = found[row] as Embedding;
      this.#memory.set(keys[i]!, found[row]);
    }
    return out;
  }

  async put(key: Uint8Array, vector: Embedding): Promise<void> {
    this.#memory.set(key, vector);
    await this.#store.put(key, vector);
  }

  /** Writes what waits and closes files. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#store[Symbol.asyncDispose]();
  }
}
