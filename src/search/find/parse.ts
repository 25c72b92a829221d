import { ClipError } from "../../errors.js";
import { checkParts, MOST_QUERY, parseCrop, type QueryPart } from "./query.js";

/** What opens a phrase, and what closes it. */
const QUOTES: Readonly<Record<string, string>> = { '"': '"', "“": "”", "„": "“", "「": "」", "『": "』" };
const SIGNS: Readonly<Record<string, 1 | -1>> = { "+": 1, "＋": 1, "-": -1, "−": -1, "－": -1 };
const KINDS = ["image", "like"] as const;

/** A word or phrase of a query, with what stood before and after it. */
interface Term {
  readonly sign: 1 | -1 | undefined;
  readonly kind: (typeof KINDS)[number] | undefined;
  readonly words: string;
  readonly isPhrase: boolean;
  readonly crop: string | undefined;
  readonly weight: number;
}

function wrong(expected: string, came: string): ClipError {
  return new ClipError("search.query", `Expected ${expected} but ${came}.`);
}

const isSpace = (sign: string | undefined): boolean => sign === undefined || /\s/u.test(sign);

/** Reads a query from left to right. */
class Reader {
  readonly #signs: readonly string[];
  #at = 0;

  constructor(query: string) {
    this.#signs = [...query];
  }

  /** The next term; undefined at the end. */
  term(): Term | undefined {
    while (this.#at < this.#signs.length && isSpace(this.#signs[this.#at])) this.#at += 1;
    if (this.#at === this.#signs.length) return undefined;
    const begin = this.#at;
    const sign = SIGNS[this.#signs[this.#at]!];
    if (sign !== undefined) this.#at += 1;
    const kind = KINDS.find((name) => this.#startsWith(`${name}:`));
    if (kind !== undefined) this.#at += kind.length + 1;
    const isPhrase = QUOTES[this.#signs[this.#at] ?? ""] !== undefined;
    const words = isPhrase ? this.#phrase() : this.#word(kind !== undefined);
    if (words.trim() === "") {
      const term = this.#signs.slice(begin, this.#at).join("");
      throw wrong(
        `words after ${JSON.stringify(term)}`,
        `there are none at character ${this.#at + 1} of the query`,
      );
    }
    const crop = kind === "image" ? this.#crop() : undefined;
    return { sign, kind, words, isPhrase, crop, weight: this.#weight() };
  }

  #startsWith(text: string): boolean {
    return this.#signs.slice(this.#at, this.#at + text.length).join("") === text;
  }

  #phrase(): string {
    const begin = this.#at;
    const close = QUOTES[this.#signs[this.#at++]!]!;
    let out = "";
    for (; this.#at < this.#signs.length; this.#at++) {
      const sign = this.#signs[this.#at]!;
      const next = this.#signs[this.#at + 1];
      if (sign === "\\" && (next === close || next === "\\")) {
        out += next;
        this.#at += 1;
      } else if (sign === close) {
        this.#at += 1;
        return out;
      } else out += sign;
    }
    throw wrong(`${close} at the end of a phrase`, `the one from character ${begin + 1} on has none`);
  }

  /** Up to a space, a weight (`^`) or, of a picture, a crop (`[`). */
  #word(isName: boolean): string {
    let out = "";
    for (; !isSpace(this.#signs[this.#at]); this.#at++) {
      const sign = this.#signs[this.#at]!;
      if (sign === "^" || (isName && sign === "[")) break;
      out += sign;
    }
    return out;
  }

  #crop(): string | undefined {
    if (this.#signs[this.#at] !== "[") return undefined;
    const close = this.#signs.indexOf("]", this.#at);
    if (close < 0) {
      throw wrong("] at the end of a crop", `the one from character ${this.#at + 1} on has none`);
    }
    const text = this.#signs.slice(this.#at + 1, close).join("");
    this.#at = close + 1;
    return text;
  }

  #weight(): number {
    const begin = this.#at;
    while (!isSpace(this.#signs[this.#at])) this.#at += 1;
    const text = this.#signs.slice(begin, this.#at).join("");
    if (text === "") return 1;
    if (/^\^\d+(?:\.\d+)?$/.test(text)) return Number(text.slice(1));
    throw wrong(
      "a space or a weight such as ^0.5 after a word or phrase",
      `${JSON.stringify(text.slice(0, 40))} comes at character ${begin + 1} of the query`,
    );
  }
}

/**
 * A query as it is typed → its parts: words without sign are one text together; `+word`, `-word`, `+"some words"` are parts of
 * their own; `image:FILE`, `image:FILE[x,y,w,h]` and `like:ID-OR-PATH` are pictures; `^0.5` after a part is its weight. `others`:
 * it is asked beside other parts, so that it may say only what to leave out. Raises `search.query`.
 */
export function parseQuery(
  query: string,
  { others = false }: { readonly others?: boolean } = {},
): QueryPart[] {
  if (query.length > MOST_QUERY) {
    throw wrong(`a query of at most ${MOST_QUERY} characters`, `received one of ${query.length}`);
  }
  const reader = new Reader(query);
  const parts: QueryPart[] = [];
  const plain: string[] = [];
  for (let term = reader.term(); term !== undefined; term = reader.term()) {
    const weight = (term.sign ?? 1) * term.weight;
    const isOwn = term.sign !== undefined || term.isPhrase || weight !== 1;
    if (term.kind === "like") parts.push({ like: term.words, weight });
    else if (term.kind === "image") {
      const crop = term.crop === undefined ? {} : { crop: parseCrop(term.crop) };
      parts.push({ picture: term.words, weight, ...crop });
    } else if (isOwn) parts.push({ text: term.words, weight });
    else plain.push(term.words);
  }
  if (plain.length > 0) parts.unshift({ text: plain.join(" "), weight: 1 });
  if (parts.length === 0) throw wrong("words, a picture or a row to look for", "the query is empty");
  if (!others) checkParts(parts);
  return parts;
}
