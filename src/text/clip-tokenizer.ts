import { ClipError } from "../errors.js";
import { bytePairs } from "./bpe.js";
import { CLEANINGS, type Cleaning } from "./clean.js";
import { classBody } from "./code-points.js";
import { LETTERS, NUMBERS, SKIPPED, SPACES } from "./data/unicode.js";
import { FIRST_MERGED, MERGE_COUNT } from "./merges.js";
import type { TokenIds, Tokenizer } from "./tokenizer.js";
import { truncate } from "./truncate.js";

const START = FIRST_MERGED + MERGE_COUNT; // 49406
const END = START + 1; // 49407
/** Longest context that a text tower of the family has is 248 (Long-CLIP); beyond this a file is wrong. */
const MAX_CONTEXT = 4096;
/** Words kept with their ids: labels and prompts repeat theirs; 16,384 take about 4 MB. */
const CACHED_WORDS = 16_384;
/** Longer words don't repeat, and would make the cache's memory unbounded. */
const CACHED_LENGTH = 64;

const letters = classBody(LETTERS);
const numbers = classBody(NUMBERS);
/** Words: contractions, runs of letters, single numbers, runs of other signs; `s` and `skipped` are classes' bodies. */
function wordPattern(s: string, skipped: string): RegExp {
  return new RegExp(
    `<\\|[${s}]tartoftext\\|>|<\\|endoftext\\|>|'[${s}]|'t|'re|'ve|'m|'ll|'d` +
      `|[${letters}]+|[${numbers}]|[^${skipped}${letters}${numbers}]+`,
    "gu",
  );
}

/**
 * The original matches without regard to case, after lower-casing: beside the plain letters only ſ remains, and the
 * signs that fold to letters are skipped.
 */
const WORDS: Readonly<Record<Cleaning, RegExp>> = {
  original: wordPattern("sſ", classBody(SKIPPED)),
  transformers: wordPattern("s", classBody(SPACES)),
};
const SPECIAL: ReadonlyMap<string, number> = new Map([
  ["<|startoftext|>", START],
  ["<|endoftext|>", END],
]);

/**
 * OpenAI's tokenizer (CLIP, clip/simple_tokenizer.py): the original's cleaning, byte-level pairs, start 49406 and end
 * 49407 around them, at most `contextLength` ids (the original: 77), the last of which is always the end. Rows are
 * filled with 0. `encode` raises `text.too-large` beyond MAX_CHARACTERS.
 */
export function createClipTokenizer(options: {
  readonly contextLength: number;
  /** Default `original`. */
  readonly cleaning?: Cleaning;
}): Tokenizer {
  const { contextLength, cleaning = "original" } = options;
  const clean = CLEANINGS[cleaning];
  if (!Number.isInteger(contextLength) || contextLength < 2 || contextLength > MAX_CONTEXT) {
    const message = `Expected a context length from 2 to ${MAX_CONTEXT} but received ${contextLength}.`;
    throw new ClipError("text.context-length", message);
  }
  const cache = new Map<string, readonly number[]>();
  const wordIds = (word: string): readonly number[] => {
    const special = SPECIAL.get(word);
    if (special !== undefined) return [special];
    const known = cache.get(word);
    if (known) return known;
    const ids = bytePairs(word);
    if (word.length > CACHED_LENGTH) return ids;
    if (cache.size >= CACHED_WORDS) cache.clear();
    cache.set(word, ids);
    return ids;
  };
  return {
    maxLength: contextLength,
    padId: 0,
    encode(text: string): TokenIds {
      const ids: number[] = [];
      for (const [word] of clean(text).matchAll(WORDS[cleaning]))
        for (const id of wordIds(word)) ids.push(id);
      return { ...truncate([START], ids, [END], contextLength), unknown: 0 };
    },
  };
}
