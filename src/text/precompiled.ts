import { ClipError } from "../errors.js";

/** Bytes of the characters that a normaliser's table may have: mT5's, the largest in use, has 300 kB. */
const MOST_BYTES = 1 << 24;

/** A grapheme of fewer bytes is looked up as a whole first (the tokenizers library, spm_precompiled). */
const WHOLE_BYTES = 6;

/**
 * SentencePiece's table of characters and what they become (`precompiled_charsmap`, base64): u32 bytes of a double-array trie over
 * UTF-8, the trie, and texts that end with NUL. Raises `text.tokenizer` for one that is damaged.
 */
export class CharacterMap {
  readonly #units: Uint32Array;
  readonly #texts: Uint8Array;
  readonly #encoder = new TextEncoder();
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  readonly #known = new Map<string, string | undefined>();

  constructor(base64: string) {
    const bytes = Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));
    const view = new DataView(bytes.buffer);
    const size = bytes.length >= 4 ? view.getUint32(0, true) : -1;
    if (size < 4 || size % 4 !== 0 || 4 + size > bytes.length || bytes.length > MOST_BYTES) {
      const message = `Expected a normaliser's table with its trie inside but received ${bytes.length} bytes that announce ${size}.`;
      throw new ClipError("text.tokenizer", message);
    }
    this.#units = Uint32Array.from({ length: size / 4 }, (_, i) => view.getUint32(4 + 4 * i, true));
    this.#texts = bytes.subarray(4 + size);
  }

  /** As the tokenizers library does: graphemes, then characters, each by the shortest entry that it begins with. */
  byGraphemes(text: string): string {
    let result = "";
    for (const { segment } of GRAPHEMES.segment(text)) {
      const whole = this.#encoder.encode(segment).length < WHOLE_BYTES ? this.#shortest(segment) : undefined;
      if (whole !== undefined) result += whole;
      else for (const sign of segment) result += this.#shortest(sign) ?? sign;
    }
    return result;
  }

  /** As SentencePiece itself does: from each place on the longest entry. */
  byLongest(text: string): string {
    const bytes = this.#encoder.encode(text);
    let result = "";
    let plain = 0;
    const take = (part: Uint8Array): void => {
      result += this.#decoder.decode(part);
    };
    for (let at = 0; at < bytes.length; ) {
      const found = this.#matches(bytes, at).at(-1);
      if (!found) {
        at += lengthOf(bytes[at]!);
        continue;
      }
      take(bytes.subarray(plain, at));
      take(this.#textAt(found.value));
      at += found.length;
      plain = at;
    }
    take(bytes.subarray(plain));
    return result;
  }

  #shortest(piece: string): string | undefined {
    if (this.#known.has(piece)) return this.#known.get(piece);
    const [found] = this.#matches(this.#encoder.encode(piece), 0);
    const text = found && this.#decoder.decode(this.#textAt(found.value));
    if (this.#known.size < MOST_KNOWN) this.#known.set(piece, text);
    return text;
  }

  /** The entries that the bytes from a place on begin with, the shortest first. */
  #matches(bytes: Uint8Array, from: number): { readonly length: number; readonly value: number }[] {
    const units = this.#units;
    const found: { length: number; value: number }[] = [];
    let at = offsetOf(units[0]!);
    for (let i = from; i < bytes.length && bytes[i] !== 0; i++) {
      at ^= bytes[i]!;
      const unit = units[at];
      if (unit === undefined || (unit & 0x800000ff) >>> 0 !== bytes[i]) break;
      at ^= offsetOf(unit);
      if ((unit >>> 8) & 1) found.push({ length: i + 1 - from, value: (units[at] ?? 0) & 0x7fffffff });
    }
    return found;
  }

  #textAt(start: number): Uint8Array {
    const end = this.#texts.indexOf(0, start);
    return this.#texts.subarray(start, end < 0 ? this.#texts.length : end);
  }
}

const GRAPHEMES = new Intl.Segmenter("en", { granularity: "grapheme" });

/** Pieces whose texts are remembered; the characters of a script are a few thousand. */
const MOST_KNOWN = 1 << 16;

/** Where the children of a unit lie, relative to itself. */
function offsetOf(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6);
}

/** Bytes of a UTF-8 character by its first. */
function lengthOf(first: number): number {
  if (first < 0x80) return 1;
  if (first < 0xe0) return 2;
  return first < 0xf0 ? 3 : 4;
}
