import { classBody } from "./code-points.js";
import { BLANKS } from "./data/unicode.js";
import { fixText } from "./fix-text.js";
import { lowerCase, stripped } from "./pinned.js";
import { unescapeHtml } from "./unescape.js";

/** What a model's texts were made of before its tokenizer saw them. */
export type HubCleaningName = "siglip" | "lower-case" | "whitespace" | "canonicalize";

/** Python's string.punctuation. */
const PUNCTUATION = /[!-/:-@[-`{-~]/g;

const blanks = new RegExp(`[${classBody(BLANKS)}]+`, "gu");

function folded(text: string): string {
  return stripped(text.replace(blanks, " "));
}

/** open_clip's `basic_clean`: ftfy, HTML references twice. */
function basic(text: string): string {
  return stripped(unescapeHtml(unescapeHtml(fixText(text))));
}

/** The function of each cleaning; what is longer than any text is refused by whoever calls. */
export const HUB_CLEANINGS: Readonly<Record<HubCleaningName, (text: string) => string>> = {
  /** big_vision's `canonicalize_text`, as transformers' SiglipTokenizer applies it. */
  siglip: (text) => folded(lowerCase(text).replace(PUNCTUATION, "")),
  /** The tokenizers library's `Lowercase`: each sign by itself (transformers, Siglip2Tokenizer). */
  "lower-case": (text) => Array.from(text, (sign) => sign.toLowerCase()).join(""),
  whitespace: (text) => folded(basic(text)),
  canonicalize: (text) => folded(lowerCase(basic(text).replaceAll("_", " ").replace(PUNCTUATION, ""))),
};
