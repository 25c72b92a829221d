import { ClipError } from "../errors.js";
import { classBody } from "./code-points.js";
import { SPACES } from "./data/unicode.js";
import { fixText } from "./fix-text.js";
import { lowerCase, stripped } from "./pinned.js";
import { unescapeHtml } from "./unescape.js";

/**
 * Most UTF-16 units of a text. A context holds 77 tokens, some 300 letters; 100,000 leaves room for a long page that
 * a caller means to be shortened, and keeps the cleaning of the worst text to about a second.
 */
export const MAX_CHARACTERS = 100_000;

const spaces = new RegExp(`[${classBody(SPACES)}]+`, "gu");

/** Raises `text.too-large` for a text that is longer than any that could be meant. */
export function checkCharacters(text: string): void {
  if (text.length <= MAX_CHARACTERS) return;
  const message = `Expected a text of at most ${MAX_CHARACTERS} characters but received ${text.length}.`;
  throw new ClipError("text.too-large", message);
}

/**
 * The original's cleaning (CLIP, clip/simple_tokenizer.py): ftfy, HTML references twice, white space folded to single
 * spaces, lower case. Raises `text.too-large` beyond MAX_CHARACTERS.
 */
export function cleanText(text: string): string {
  checkCharacters(text);
  const plain = stripped(unescapeHtml(unescapeHtml(fixText(text))));
  return lowerCase(stripped(plain.replace(spaces, " ")));
}
