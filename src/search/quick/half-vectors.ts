import { dot } from "../../math/dot.js";
import { decodeF16, encodeF16 } from "../../math/float16.js";

/** Vectors an array holds: one of 512 numbers is 8 MB, so that growing never copies much. */
const PER_CHUNK = 8_192;

/** Vectors of half floats by their keys 0, 1, 2 …, as stores on disk keep them. */
export class HalfVectors {
  readonly #dim: number;
  readonly #chunks: Uint16Array[] = [];
  #count = 0;

  constructor(dim: number) {
    this.#dim = dim;
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#chunks.length * PER_CHUNK * this.#dim * 2;
  }

  /** The key of the new vector. */
  add(vector: Float32Array): number {
    const key = this.#count++;
    const place = key % PER_CHUNK;
    if (place === 0) this.#chunks.push(new Uint16Array(PER_CHUNK * this.#dim));
    this.#chunks.at(-1)!.set(encodeF16(vector), place * this.#dim);
    return key;
  }

  /** A copy, f32 [dim]. */
  at(key: number): Float32Array {
    const from = (key % PER_CHUNK) * this.#dim;
    return decodeF16(this.#chunks[Math.floor(key / PER_CHUNK)]!.subarray(from, from + this.#dim));
  }

  dot(key: number, vector: Float32Array): number {
    return dot(this.at(key), vector);
  }
}
