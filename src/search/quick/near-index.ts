import type { Match } from "../store/store.js";
import type { Graph } from "./graph.js";
import { HalfVectors } from "./half-vectors.js";

/** Vectors that the graph takes at a time: the event loop waits some 100 ms for them. */
const AT_ONCE = 256;
/** Times k, and how many at least, that the graph is asked for: they are ranked anew by their half floats. */
const OVERSAMPLE = 3;
const LEAST_ASKED = 64;
/** Share of removed vectors from which the graph is made anew. */
const MOST_DEAD = 0.3;

const breath = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Ids and their vectors in memory: 3 bytes a number and about 150 a row for the graph. */
export class NearIndex {
  readonly #make: () => Graph;
  readonly #dim: number;
  #graph: Graph;
  #vectors: HalfVectors;
  /** Ids by key; undefined: removed. */
  #ids: (string | undefined)[] = [];
  #keys = new Map<string, number>();

  constructor(make: () => Graph, dim: number) {
    this.#make = make;
    this.#dim = dim;
    this.#graph = make();
    this.#vectors = new HalfVectors(dim);
  }

  get count(): number {
    return this.#keys.size;
  }

  get bytes(): number {
    return this.#vectors.bytes;
  }

  has(id: string): boolean {
    return this.#keys.has(id);
  }

  ids(): IterableIterator<string> {
    return this.#keys.keys();
  }

  /** New vectors, or others for ids that are there; the event loop breathes in between. */
  async set(rows: readonly { readonly id: string; readonly vector: Float32Array }[]): Promise<void> {
    for (let from = 0; from < rows.length; from += AT_ONCE) {
      const part = rows.slice(from, from + AT_ONCE);
      const keys: number[] = [];
      const vectors = new Float32Array(part.length * this.#dim);
      for (const [i, { id, vector }] of part.entries()) {
        this.remove(id);
        const key = this.#vectors.add(vector);
        vectors.set(vector, i * this.#dim);
        keys.push(key);
        this.#ids[key] = id;
        this.#keys.set(id, key);
      }
      this.#graph.add(keys, vectors);
      await breath();
    }
  }

  remove(id: string): void {
    const key = this.#keys.get(id);
    if (key === undefined) return;
    this.#keys.delete(id);
    this.#ids[key] = undefined;
  }

  /** Makes the graph anew where much of it is gone. */
  async tidy(): Promise<void> {
    if (this.#vectors.count - this.#keys.size <= MOST_DEAD * this.#vectors.count) return;
    const fresh = new NearIndex(this.#make, this.#dim);
    for (const [id, key] of this.#keys) await fresh.set([{ id, vector: this.#vectors.at(key) }]);
    this.#graph = fresh.#graph;
    this.#vectors = fresh.#vectors;
    this.#ids = fresh.#ids;
    this.#keys = fresh.#keys;
  }

  nearest(query: Float32Array, k: number): Match[] {
    const dead = this.#vectors.count - this.#keys.size;
    const asked = Math.max(LEAST_ASKED, OVERSAMPLE * k) + Math.min(dead, 2 * k);
    const found: Match[] = [];
    for (const key of this.#graph.nearest(query, Math.min(asked, this.#vectors.count))) {
      const id = this.#ids[key];
      if (id !== undefined) found.push({ id, similarity: this.#vectors.dot(key, query) });
    }
    return found.sort((a, b) => b.similarity - a.similarity || (a.id < b.id ? -1 : 1)).slice(0, k);
  }
}
