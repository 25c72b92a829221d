import { Tokenizer as HubTokenizer } from "@huggingface/tokenizers";
import { ClipError } from "../errors.js";
import { checkCharacters } from "./clean.js";
import { HUB_CLEANINGS, type HubCleaningName } from "./hub-cleaning.js";
import { CharacterMap } from "./precompiled.js";
import type { TokenIds, Tokenizer } from "./tokenizer.js";
import { truncate } from "./truncate.js";

/** What a folder says beside its tokenizer.json. */
export interface HuggingFaceTokenizerOptions {
  /** Most ids a text may have, what the template adds included. */
  readonly maxLength: number;
  readonly padTokenId: number;
  /** What is done to a text before; default: nothing. */
  readonly cleaning?: HubCleaningName | undefined;
}

/**
 * The tokenizer that a tokenizer.json describes, which follows `transformers` rather than the original: no ftfy.
 * Ids that the template puts around a text ([CLS] … [SEP], start … end) stay when it is shortened. The file's own
 * truncation and padding are not used. Raises `text.tokenizer` where the file cannot be used; `encode` raises it
 * where the tokenizer fails on a text, and `text.too-large` beyond MAX_CHARACTERS.
 */
export function createHuggingFaceTokenizer(json: unknown, options: HuggingFaceTokenizerOptions): Tokenizer {
  const { maxLength, padTokenId, cleaning } = options;
  const clean = cleaning ? HUB_CLEANINGS[cleaning] : (text: string) => text;
  const tokenizer = guarded("Expected a tokenizer.json that can be used", () => read(json));
  const raw = (text: string, add_special_tokens: boolean) =>
    guarded(
      "Expected a text that the tokenizer can take",
      () => tokenizer.encode(text.replace(/\p{Cs}/gu, "\ufffd"), { add_special_tokens }).ids as number[],
    );
  // Python's library lower-cases letter by letter, this one whole words, in which a last Σ becomes ς.
  const lowers = raw("Σ", false).join() === raw("σ", false).join();
  const run = (text: string, special: boolean) => raw(lowers ? text.replaceAll("Σ", "σ") : text, special);
  const [before, after] = template(run);
  const named = unknownIdOf(tokenizer, json);
  // Byte-level vocabularies know everything; CLIP's file names the end token as the unknown one.
  const unknownId = named !== undefined && after.includes(named) ? undefined : named;
  if (maxLength < before.length + after.length) {
    const message = `Expected a length of at least ${before.length + after.length} tokens but received ${maxLength}.`;
    throw new ClipError("text.context-length", message);
  }
  return {
    maxLength,
    padId: padTokenId,
    encode(text: string): TokenIds {
      checkCharacters(text);
      const ids = run(clean(text), false);
      const unknown = unknownId === undefined ? 0 : ids.filter((id) => id === unknownId).length;
      return { ...truncate(before, ids, after, maxLength), unknown };
    },
  };
}

/** What the template puts before and after a text, found by comparing one text with and without it. */
function template(run: (text: string, special: boolean) => number[]): [readonly number[], readonly number[]] {
  const plain = run("a", false);
  const full = run("a", true);
  for (let at = 0; at + plain.length <= full.length; at++) {
    if (plain.every((id, i) => full[at + i] === id))
      return [full.slice(0, at), full.slice(at + plain.length)];
  }
  throw new ClipError(
    "text.tokenizer",
    "Expected a tokenizer.json whose template keeps the text's own tokens.",
  );
}

function read(json: unknown): HubTokenizer {
  if (typeof json !== "object" || json === null)
    throw new Error(`it holds ${json === null ? "null" : typeof json}`);
  const tokenizer = new HubTokenizer(json, {});
  mapCharacters(tokenizer.normalizer);
  splitSpaces(tokenizer.pre_tokenizer, (json as { readonly pre_tokenizer?: unknown }).pre_tokenizer);
  return tokenizer;
}

/** What is looked at of a normaliser of the library. */
interface Normaliser {
  config?: { readonly precompiled_charsmap?: unknown; readonly longest?: unknown };
  normalizers?: readonly Normaliser[];
  normalize(text: string): string;
}

/** The library guesses at what a SentencePiece model's table of characters does: the table itself is put in its place. */
function mapCharacters(normaliser: unknown): void {
  const own = normaliser as Normaliser | null;
  for (const part of own?.normalizers ?? []) mapCharacters(part);
  const { precompiled_charsmap: table, longest } = own?.config ?? {};
  if (!own || typeof table !== "string" || table === "") return;
  const map = new CharacterMap(table);
  own.normalize = (text) => (longest === true ? map.byLongest(text) : map.byGraphemes(text));
}

/** The id of the model's unknown token: a piece's name (WordPiece, BPE) or an index (Unigram). */
function unknownIdOf(tokenizer: HubTokenizer, json: unknown): number | undefined {
  const { model } = json as { readonly model?: { readonly unk_token?: unknown; readonly unk_id?: unknown } };
  if (typeof model?.unk_id === "number") return model.unk_id;
  return typeof model?.unk_token === "string" ? tokenizer.token_to_id(model.unk_token) : undefined;
}

function guarded<T>(expected: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof ClipError) throw cause;
    const reason = cause instanceof Error ? cause.message.split("\n", 1)[0] : String(cause);
    throw new ClipError("text.tokenizer", `${expected} but received one that fails: ${reason}.`, { cause });
  }
}

/** What is looked at of a part of the library that cuts texts, and of its configuration. */
interface PreTokeniser {
  tokenizers?: readonly PreTokeniser[];
  pre_tokenize_text(text: string): string[];
}
interface PreTokeniserConfig {
  readonly type?: unknown;
  readonly pretokenizers?: readonly unknown[];
}

/** White space is Unicode's, which JavaScript's `\s` is not: that has U+FEFF and lacks U+0085. */
function splitSpaces(cutter: unknown, config: unknown): void {
  const own = cutter as PreTokeniser | null;
  const { type, pretokenizers = [] } = (config ?? {}) as PreTokeniserConfig;
  for (const [i, part] of (own?.tokenizers ?? []).entries()) splitSpaces(part, pretokenizers[i]);
  if (own && type === "WhitespaceSplit")
    own.pre_tokenize_text = (text) => text.match(/\P{White_Space}+/gu) ?? [];
}
