import { keyText } from "./key-table.js";

/** Beside a vector's own bytes: its key, the entry of the map and the array's head. */
const OVERHEAD_BYTES = 200;

/** Vectors by key, the least recently used given up where they would take more than `mostBytes`. */
export class MemoryCache {
  readonly #vectors = new Map<string, Float32Array>();
  #bytes = 0;

  constructor(readonly mostBytes: number) {}

  get bytes(): number {
    return this.#bytes;
  }

  /** The vector itself: who changes it copies it first. */
  get(key: Uint8Array): Float32Array | undefined {
    if (this.#vectors.size === 0) return undefined;
    const name = keyText(key);
    const vector = this.#vectors.get(name);
    if (vector === undefined) return undefined;
    this.#vectors.delete(name);
    this.#vectors.set(name, vector);
    return vector;
  }

  /** Keeps a copy. */
  set(key: Uint8Array, vector: Float32Array): void {
    if (this.mostBytes === 0) return;
    const name = keyText(key);
    this.#drop(name);
    this.#vectors.set(name, vector.slice());
    this.#bytes += vector.byteLength + OVERHEAD_BYTES;
    while (this.#bytes > this.mostBytes) this.#drop(this.#vectors.keys().next().value!);
  }

  #drop(key: string): void {
    const vector = this.#vectors.get(key);
    if (vector === undefined) return;
    this.#vectors.delete(key);
    this.#bytes -= vector.byteLength + OVERHEAD_BYTES;
  }
}
