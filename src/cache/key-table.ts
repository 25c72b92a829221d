/** Bytes of a key: the start of a SHA-256; 128 bits do not meet by chance. */
export const KEY_BYTES = 16;

/** 16 bytes as a string that a Map takes. */
export function keyText(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, KEY_BYTES).toString("latin1");
}

/** Places that a table starts with; it doubles when half full. */
const FIRST_SIZE = 1024;

/** 16-byte hashes → whole numbers 0..2³¹ − 1, in 28 bytes an entry: a million vectors' keys are no burden. */
export class KeyTable {
  #keys = new Uint8Array((FIRST_SIZE / 2) * KEY_BYTES);
  #values = new Int32Array(FIRST_SIZE / 2);
  /** Position + 1 of the entry; 0 where none is. */
  #places = new Int32Array(FIRST_SIZE);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Undefined where the key is unknown. */
  get(key: Uint8Array): number | undefined {
    const entry = this.#places[this.#placeOf(key)]!;
    return entry === 0 ? undefined : this.#values[entry - 1]!;
  }

  /** A key that is there already takes the new value. */
  set(key: Uint8Array, value: number): void {
    const place = this.#placeOf(key);
    const entry = this.#places[place]!;
    if (entry > 0) {
      this.#values[entry - 1] = value;
      return;
    }
    this.#keys.set(key, this.#size * KEY_BYTES);
    this.#values[this.#size] = value;
    this.#size += 1;
    this.#places[place] = this.#size;
    if (2 * this.#size === this.#places.length) this.#grow();
  }

  /** Where the key stands or would stand. Keys are hashes: their first bytes are spread already. */
  #placeOf(key: Uint8Array): number {
    const last = this.#places.length - 1;
    let place = (key[0]! | (key[1]! << 8) | (key[2]! << 16) | (key[3]! << 24)) & last;
    for (;;) {
      const entry = this.#places[place]!;
      if (entry === 0 || this.#holds(entry - 1, key)) return place;
      place = (place + 1) & last;
    }
  }

  #holds(position: number, key: Uint8Array): boolean {
    const from = position * KEY_BYTES;
    for (let i = 0; i < KEY_BYTES; i++) if (this.#keys[from + i] !== key[i]) return false;
    return true;
  }

  #grow(): void {
    const size = 2 * this.#places.length;
    const [keys, values] = [this.#keys, this.#values];
    this.#keys = new Uint8Array((size / 2) * KEY_BYTES);
    this.#keys.set(keys);
    this.#values = new Int32Array(size / 2);
    this.#values.set(values);
    this.#places = new Int32Array(size);
    for (let i = 0; i < this.#size; i++) {
      this.#places[this.#placeOf(keys.subarray(i * KEY_BYTES, (i + 1) * KEY_BYTES))] = i + 1;
    }
  }
}
