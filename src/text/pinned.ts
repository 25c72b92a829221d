import { classBody, isAscii } from "./code-points.js";
import { BLANKS, UNASSIGNED } from "./data/unicode.js";

/**
 * Case and composition of one fixed Unicode version (that of Python 3.11, 14.0), whatever version Node has: a code
 * point that had no character then has no case, composes with nothing and parts the text around it, so each piece
 * between such code points may go through Node's own function.
 */
const known = new RegExp(`[^${classBody(UNASSIGNED)}]+`, "gu");
const blank = classBody(BLANKS);
const edges = new RegExp(`^[${blank}]+|(?<![${blank}])[${blank}]+$`, "gu");

/** Python's str.lower(): full lower-casing with the final sigma, no language. */
export function lowerCase(text: string): string {
  if (isAscii(text)) return text.toLowerCase();
  return text.replace(known, (piece) => piece.toLowerCase());
}

/**
 * Python's unicodedata.normalize("NFC", …). Sorting a run of marks takes the square of its length, so after 64 of them
 * (Unicode's stream-safe format allows 30) each is taken by itself.
 */
export function composed(text: string): string {
  if (isAscii(text)) return text;
  return text.replace(known, (piece) =>
    LONG_RUN.test(piece)
      ? piece
          .split(AFTER_LONG_RUN)
          .map((part) => part.normalize("NFC"))
          .join("")
      : piece.normalize("NFC"),
  );
}

const LONG_RUN = /\p{M}{64}/u;
const AFTER_LONG_RUN = /(?<=\p{M}{64})/u;

/** Python's str.strip(): unlike trim() it takes U+001C..U+001F and U+0085, and leaves U+FEFF. */
export function stripped(text: string): string {
  return text.replace(edges, "");
}
