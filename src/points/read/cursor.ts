import { ClipError } from "../../errors.js";
import { MOST_LINE } from "../limits.js";
import type { Bytes } from "./bytes.js";

/** Bytes that are read ahead. */
const WINDOW = 1024 * 1024;
const NEWLINE = 0x0a;
const RETURN = 0x0d;

/** Reads bytes from front to back through a window, so that a file of any size takes little memory. */
export class Cursor {
  #window: Uint8Array = new Uint8Array(0);
  #from: number;
  #at = 0;

  constructor(
    readonly bytes: Bytes,
    start = 0,
  ) {
    this.#from = start;
  }

  /** Where the next byte lies in the file. */
  get offset(): number {
    return this.#from + this.#at;
  }

  /** Bytes to the end. */
  get left(): number {
    return this.bytes.size - this.offset;
  }

  /** Exactly so many bytes, to be looked at before the next call. Raises `points.truncated`. */
  take(length: number): DataView {
    if (this.#at + length > this.#window.length) this.#fill(length);
    const view = new DataView(this.#window.buffer, this.#window.byteOffset + this.#at, length);
    this.#at += length;
    return view;
  }

  /** Passes over so many bytes. */
  skip(length: number): void {
    this.#at += length;
    if (this.#at <= this.#window.length) return;
    this.#from += this.#at;
    this.#at = 0;
    this.#window = new Uint8Array(0);
  }

  #fill(length: number): void {
    const from = this.offset;
    const ahead = Math.min(Math.max(length, WINDOW), this.bytes.size - from);
    this.#window = this.bytes.read(from, Math.max(length, ahead));
    this.#from = from;
    this.#at = 0;
  }

  /** The next line without its end (\n, \r\n or \r), as Latin-1; undefined at the end. Raises `points.damaged` for one too long. */
  line(): string | undefined {
    if (this.left <= 0) return undefined;
    if (this.#at >= this.#window.length) this.#fill(1);
    let end = this.#lineEnd();
    // The line, or the second sign of its end, lies past the window.
    if (end + 1 >= this.#window.length && this.#from + this.#window.length < this.bytes.size) {
      this.#fill(Math.min(MOST_LINE + 2, this.left));
      end = this.#lineEnd();
    }
    if (end - this.#at > MOST_LINE)
      throw new ClipError(
        "points.damaged",
        `Expected lines of at most ${MOST_LINE} characters in ${this.bytes.name} but one at byte ${this.offset} is longer.`,
      );
    const { buffer, byteOffset } = this.#window;
    const text = Buffer.from(buffer, byteOffset + this.#at, end - this.#at).toString("latin1");
    const twice = this.#window[end] === RETURN && this.#window[end + 1] === NEWLINE;
    this.#at = Math.min(end + (twice ? 2 : 1), this.#window.length);
    return text;
  }

  #lineEnd(): number {
    const window = this.#window;
    for (let i = this.#at; i < window.length; i++)
      if (window[i] === NEWLINE || window[i] === RETURN) return i;
    return window.length;
  }

  /** The lines from here on, with their numbers from `first`. */
  *lines(first = 1): Generator<{ readonly text: string; readonly number: number }> {
    for (let number = first; ; number++) {
      const text = this.line();
      if (text === undefined) return;
      yield { text, number };
    }
  }
}

/** Words of a line: what lies between spaces and tabs. */
export function wordsOf(line: string): string[] {
  const trimmed = line.trim();
  return trimmed === "" ? [] : trimmed.split(/\s+/);
}

/** A number of a text file; NaN for `nan` however it is written, undefined for what is no number. */
export function numberOf(word: string | undefined): number | undefined {
  if (word === undefined || word === "") return undefined;
  const value = Number(word);
  if (!Number.isNaN(value)) return value;
  return /^[+-]?(?:nan|1\.#(?:qnan|ind))/i.test(word)
    ? Number.NaN
    : /^[+-]?inf/i.test(word)
      ? Infinity
      : undefined;
}

/** What is said of a line that is not what it should be. */
export function badLine(name: string, number: number, expected: string, text: string): ClipError {
  return new ClipError(
    "points.damaged",
    `Expected ${expected} in line ${number} of ${name} but found ${JSON.stringify(text.slice(0, 60))}.`,
  );
}
