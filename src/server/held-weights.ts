import type { ZeroShotWeights } from "../zeroshot/weights.js";

/** Sets whose weights are held by a model: more than are asked for at the same time. */
const MOST_SETS = 64;

/** Bytes of weights that are held by a model: a hundred thousand labels of 512 dimensions take 225 MB. */
const MOST_BYTES = 256 * 1024 * 1024;

/** Bytes that a label's vector takes beside its numbers. */
const A_VECTOR = 200;

/** Bytes that weights and the key they are found by take, estimated. */
function bytesOf(key: string, { vectors }: ZeroShotWeights): number {
  const dim = vectors[0]?.length ?? 0;
  return 2 * key.length + vectors.length * (4 * dim + A_VECTOR);
}

/** The weights that were asked for last, bounded by their number and bytes; the newest ones however large. */
export class HeldWeights {
  readonly #most: { readonly sets: number; readonly bytes: number };
  /** The newest last. */
  readonly #held = new Map<string, ZeroShotWeights>();
  #bytes = 0;

  constructor(most: { readonly sets?: number; readonly bytes?: number } = {}) {
    this.#most = { sets: most.sets ?? MOST_SETS, bytes: most.bytes ?? MOST_BYTES };
  }

  /** Sets that are held. */
  get size(): number {
    return this.#held.size;
  }

  /** Makes them the newest. */
  get(key: string): ZeroShotWeights | undefined {
    const found = this.#held.get(key);
    if (!found) return undefined;
    this.#held.delete(key);
    this.#held.set(key, found);
    return found;
  }

  set(key: string, weights: ZeroShotWeights): void {
    this.#drop(key);
    this.#held.set(key, weights);
    this.#bytes += bytesOf(key, weights);
    while (this.#held.size > 1 && (this.#held.size > this.#most.sets || this.#bytes > this.#most.bytes)) {
      const [oldest] = this.#held.keys();
      this.#drop(oldest!);
    }
  }

  #drop(key: string): void {
    const found = this.#held.get(key);
    if (!found) return;
    this.#held.delete(key);
    this.#bytes -= bytesOf(key, found);
  }
}
