import { ClipError } from "../../errors.js";

/** Vectors that an array has room for at first. */
const FIRST_ROOM = 1024;

/** Vectors of one length in one array that doubles when it is full; removing one moves the last into its place. */
export class Vectors {
  readonly #dim: number;
  #values: Float32Array;
  #count = 0;

  constructor(dim: number) {
    this.#dim = dim;
    this.#values = new Float32Array(FIRST_ROOM * dim);
  }

  get count(): number {
    return this.#count;
  }

  /** Bytes of the array. */
  get bytes(): number {
    return this.#values.byteLength;
  }

  /** A copy, f32 [dim]. */
  at(position: number): Float32Array {
    return this.#values.slice(position * this.#dim, (position + 1) * this.#dim);
  }

  /** Makes room for `more` vectors. Raises `search.memory` where the machine has none. */
  reserve(more: number): void {
    const needed = (this.#count + more) * this.#dim;
    if (needed <= this.#values.length) return;
    try {
      const grown = new Float32Array(Math.max(needed, 2 * this.#values.length));
      grown.set(this.#values);
      this.#values = grown;
    } catch (error) {
      throw new ClipError(
        "search.memory",
        `Expected memory for ${needed} numbers but there is not enough of it; take a store on disk.`,
        { cause: error },
      );
    }
  }

  /** At a position of its own, or at the next one. */
  set(position: number, vector: Float32Array): void {
    if (position === this.#count) {
      this.reserve(1);
      this.#count += 1;
    }
    this.#values.set(vector, position * this.#dim);
  }

  /** The last vector takes the place of this one. */
  remove(position: number): void {
    this.#count -= 1;
    const from = this.#count * this.#dim;
    this.#values.copyWithin(position * this.#dim, from, from + this.#dim);
  }

  /** Σ a·b of the query with each of the vectors at `positions`, or with all in order; four sums keep the processor busy. */
  dots(query: Float32Array, positions?: Uint32Array): Float32Array {
    const [values, dim] = [this.#values, this.#dim];
    const count = positions?.length ?? this.#count;
    const out = new Float32Array(count);
    const even = dim - (dim % 4);
    for (let n = 0; n < count; n++) {
      const from = (positions === undefined ? n : positions[n]!) * dim;
      let [a, b, c, d] = [0, 0, 0, 0];
      for (let i = 0; i < even; i += 4) {
        a += values[from + i]! * query[i]!;
        b += values[from + i + 1]! * query[i + 1]!;
        c += values[from + i + 2]! * query[i + 2]!;
        d += values[from + i + 3]! * query[i + 3]!;
      }
      for (let i = even; i < dim; i++) a += values[from + i]! * query[i]!;
      out[n] = a + b + c + d;
    }
    return out;
  }
}
