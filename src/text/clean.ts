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

/** How a text is made ready for OpenAI's vocabulary: as the original does, or as transformers' tokenizer does. */
export type Cleaning = "original" | "transformers";

/**
 * transformers' cleaning (the normalizer of CLIP's tokenizer.json): NFC, white space folded to single spaces, each sign
 * lowered by itself; neither ftfy nor HTML references. Raises `text.too-large` beyond MAX_CHARACTERS.
 */
function cleanAsTransformers(text: string): string {
  checkCharacters(text);
  return Array.from(text.normalize("NFC").replace(spaces, " "), (sign) => sign.toLowerCase()).join("");
}

/** The function of each cleaning. */
export const CLEANINGS: Readonly<Record<Cleaning, (text: string) => string>> = {
  original: cleanText,
  transformers: cleanAsTransformers,
};

/**
 * The original's cleaning (CLIP, clip/simple_tokenizer.py): ftfy, HTML references twice, white space folded to single
 * spaces, lower case. Raises `text.too-large` beyond MAX_CHARACTERS.
 */
export function cleanText(text: string): string {
  checkCharacters(text);
  const plain = stripped(unescapeHtml(unescapeHtml(fixText(text))));
  return lowerCase(stripped(plain.replace(spaces, " ")));
}
