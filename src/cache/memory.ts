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

  get(key: string): Float32Array | undefined {
    const vector = this.#vectors.get(key);
    if (vector === undefined) return undefined;
    this.#vectors.delete(key);
    this.#vectors.set(key, vector);
    return vector;
  }

  set(key: string, vector: Float32Array): void {
    this.#drop(key);
    this.#vectors.set(key, vector);
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
