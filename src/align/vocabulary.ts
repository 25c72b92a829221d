/** Longest piece of a word, in characters. */
const LONGEST = 5;
/** Longest word that is a token as a whole. */
const LONGEST_WORD = 24;
/** Seen less often, a piece teaches nothing. */
const LEAST_SEEN = 3;
/** How many times more often than by chance the halves of a piece stand together. */
const COHESION = 6;
const MOST_RUN = 512;

export const PAD = "[PAD]";
export const UNKNOWN = "[UNK]";

/** A text as the tokenizer sees it before it looks for tokens. */
export const normalised = (text: string): string => text.normalize("NFKC").toLowerCase();

const runsOf = (text: string): string[] => normalised(text).match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];

/**
 * Tokens of a language, found by counting: every sign that is seen, words, and pieces whose halves stand together far more often
 * than by chance; at most `most`, the most telling ones.
 */
export function findTokens(texts: readonly string[], most: number): string[] {
  const signs = new Map<string, number>();
  const words = new Map<string, number>();
  for (const text of texts) {
    for (const sign of normalised(text).replaceAll(/\s/g, "")) signs.set(sign, (signs.get(sign) ?? 0) + 1);
    for (const run of runsOf(text)) words.set(run, (words.get(run) ?? 0) + 1);
  }
  const total = [...signs.values()].reduce((sum, count) => sum + count, 0);
  const pieces = new Map<string, number>();
  let shorter: ReadonlyMap<string, number> = signs;
  const counts = new Map(signs);
  for (let length = 2; length <= LONGEST; length++) {
    const seen = new Map<string, number>();
    for (const [word, count] of words) {
      const letters = [...word];
      for (let at = 0; at + length <= letters.length; at++) {
        const [head, tail] = [
          letters.slice(at, at + length - 1).join(""),
          letters.slice(at + 1, at + length).join(""),
        ];
        // What is seen often has no part that is not.
        if ((shorter.get(head) ?? 0) < LEAST_SEEN || (shorter.get(tail) ?? 0) < LEAST_SEEN) continue;
        const piece = head + letters[at + length - 1];
        seen.set(piece, (seen.get(piece) ?? 0) + count);
      }
    }
    for (const [piece, count] of seen) if (count < LEAST_SEEN) seen.delete(piece);
    for (const [piece, count] of seen) {
      counts.set(piece, count);
      if (cohesion([...piece], count, counts, total) >= COHESION) pieces.set(piece, count);
    }
    shorter = seen;
  }
  for (const [word, count] of words)
    if (count >= LEAST_SEEN && word.length <= LONGEST_WORD && [...word].length > 1 && isWord(word))
      pieces.set(word, count);
  const telling = [...pieces].sort(([a, m], [b, n]) => n * b.length - m * a.length || (a < b ? -1 : 1));
  const single = [...signs].filter(([, count]) => count > 1).map(([sign]) => sign);
  return [...single.sort(), ...telling.slice(0, Math.max(0, most - single.length)).map(([piece]) => piece)];
}

/** Runs of scripts without spaces between words are whole clauses. */
const isWord = (run: string): boolean =>
  !/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Khmer}]/u.test(run);

function cohesion(
  letters: readonly string[],
  count: number,
  counts: ReadonlyMap<string, number>,
  total: number,
): number {
  let least = Infinity;
  for (let at = 1; at < letters.length; at++) {
    const [a, b] = [counts.get(letters.slice(0, at).join("")), counts.get(letters.slice(at).join(""))];
    if (a === undefined || b === undefined) return 0;
    least = Math.min(least, (count * total) / (a * b));
  }
  return least;
}

/** A `tokenizer.json` that matches the longest token first; a sign that is no token is unknown by itself. */
export function tokenizerJson(
  tokens: readonly string[],
): { model: { vocab: Record<string, number> } } & object {
  const vocab = Object.fromEntries([PAD, UNKNOWN, ...tokens].map((token, id) => [token, id]));
  const signs = tokens.filter((token) => [...token].length === 1);
  const known = signs.map((sign) => sign.replace(/[\]\\^[-]/, "\\$&")).join("");
  const split = {
    type: "Split",
    pattern: { Regex: `[${known}]+|[^${known}]` },
    behavior: "Isolated",
    invert: false,
  };
  const special = [PAD, UNKNOWN].map((content, id) => ({
    ...{ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true },
  }));
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: special,
    normalizer: { type: "Sequence", normalizers: [{ type: "NFKC" }, { type: "Lowercase" }] },
    pre_tokenizer: { type: "Sequence", pretokenizers: [{ type: "WhitespaceSplit" }, split] },
    post_processor: null,
    decoder: null,
    model: {
      ...{ type: "WordPiece", unk_token: UNKNOWN, continuing_subword_prefix: "" },
      max_input_chars_per_word: MOST_RUN,
      vocab,
    },
  } as { model: { vocab: Record<string, number> } } & object;
}
