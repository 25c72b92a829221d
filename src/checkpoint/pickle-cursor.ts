import { ClipError } from "../errors.js";
import { Inert } from "./pickle-values.js";

/** Bytes of one text or byte string: names have under 100; a trainer's saved settings a few kB. */
const MOST_TEXT_BYTES = 2 ** 20;

/** Bytes of one whole number: torch's longest is the 10 bytes of its magic number. */
const MOST_LONG_BYTES = 64;

/** Bytes of one line: a global's module or name. */
const MOST_LINE_BYTES = 1000;

/** Reads a pickle's operands in order, never past its end. */
export class PickleCursor {
  at = 0;
  readonly #view: DataView;
  readonly #decoder = new TextDecoder();

  constructor(
    readonly bytes: Uint8Array,
    /** The file, for messages. */
    readonly where: string,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  i32(): number {
    return this.#view.getInt32(this.#take(4), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  /** Exact up to 2^53; what is larger fits no file and is caught as a length. */
  u64(): number {
    return Number(this.#view.getBigUint64(this.#take(8), true));
  }

  /** BINFLOAT is the one big-endian operand. */
  f64(): number {
    return this.#view.getFloat64(this.#take(8), false);
  }

  /** Two's complement, little-endian: a number where it is exact as one. */
  long(length: number): number | bigint {
    if (length > MOST_LONG_BYTES) throw this.#tooLong("a whole number", length, MOST_LONG_BYTES);
    const start = this.#take(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.bytes[start + i]!);
    const signed = length === 0 ? 0n : BigInt.asIntN(8 * length, value);
    return Number.isSafeInteger(Number(signed)) ? Number(signed) : signed;
  }

  text(length: number): string {
    if (length > MOST_TEXT_BYTES) throw this.#tooLong("a text", length, MOST_TEXT_BYTES);
    const start = this.#take(length);
    return this.#decoder.decode(this.bytes.subarray(start, start + length));
  }

  /** Byte strings are of no use to weights. */
  skip(length: number): Inert {
    if (length > MOST_TEXT_BYTES) throw this.#tooLong("a byte string", length, MOST_TEXT_BYTES);
    this.#take(length);
    return new Inert();
  }

  /** Up to the next line feed, which is passed over. */
  line(): string {
    const end = this.bytes.subarray(this.at, this.at + MOST_LINE_BYTES).indexOf(0x0a);
    if (end < 0) {
      if (this.bytes.length - this.at < MOST_LINE_BYTES) throw this.#truncated();
      throw this.#tooLong("a name", this.bytes.length - this.at, MOST_LINE_BYTES);
    }
    const text = this.text(end);
    this.at++;
    return text;
  }

  #take(length: number): number {
    const start = this.at;
    if (!(length <= this.bytes.length - start)) throw this.#truncated();
    this.at += length;
    return start;
  }

  #truncated(): ClipError {
    return new ClipError(
      "checkpoint.truncated",
      `Expected more bytes after ${this.bytes.length} in ${this.where}: it is truncated or damaged.`,
    );
  }

  #tooLong(what: string, length: number, most: number): ClipError {
    return new ClipError(
      "checkpoint.unsafe",
      `Expected ${what} of at most ${most} bytes in ${this.where} but it has ${length}.`,
    );
  }
}
