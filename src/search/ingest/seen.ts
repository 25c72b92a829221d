import { createHash } from "node:crypto";

/** Slots at first; a power of two. */
const FIRST = 1 << 12;
/** Share of slots that may be taken before there are twice as many. */
const FULL = 0.6;

/**
 * A map from texts to two whole numbers of 32 bits, by 64 bits of the texts' hash: 16 bytes a slot, so that a million files take some
 * 40 MB. Two texts of one hash (one in 10⁷ at a million) are taken for one.
 */
export class CompactMap {
  #slots = new Uint32Array(4 * FIRST);
  #count = 0;

  get size(): number {
    return this.#count;
  }

  get(text: string): readonly [number, number] | undefined {
    const at = this.#find(...keyOf(text));
    return this.#isFree(at) ? undefined : [this.#slots[at + 2]!, this.#slots[at + 3]!];
  }

  has(text: string): boolean {
    return !this.#isFree(this.#find(...keyOf(text)));
  }

  set(text: string, first = 0, second = 0): void {
    if (this.#count >= FULL * (this.#slots.length / 4)) this.#grow();
    const [a, b] = keyOf(text);
    const at = this.#find(a, b);
    if (this.#isFree(at)) this.#count += 1;
    this.#slots.set([a, b, first, second], at);
  }

  #isFree(at: number): boolean {
    return this.#slots[at] === 0 && this.#slots[at + 1] === 0;
  }

  /** Where a key is, or would be put. */
  #find(a: number, b: number): number {
    const mask = this.#slots.length / 4 - 1;
    for (let slot = a & mask; ; slot = (slot + 1) & mask) {
      const at = 4 * slot;
      if (this.#isFree(at) || (this.#slots[at] === a && this.#slots[at + 1] === b)) return at;
    }
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(2 * old.length);
    for (let at = 0; at < old.length; at += 4) {
      const [a, b] = [old[at]!, old[at + 1]!];
      if (a !== 0 || b !== 0) this.#slots.set(old.subarray(at, at + 4), this.#find(a, b));
    }
  }
}

/** 64 bits of a text's hash, never all 0. */
function keyOf(text: string): [number, number] {
  const digest = createHash("sha256").update(text).digest();
  return [digest.readUInt32LE(0), digest.readUInt32LE(4) || 1];
}
