import { isBad } from "./badness.js";
import { codePages, controlsAsWindows1252 } from "./code-pages.js";
import { isAscii } from "./code-points.js";
import { UTF8_CLUES } from "./data/mojibake.js";
import { decodeUtf8 } from "./utf8.js";

/** Steps on one text before it is left as it is: each undoes one layer of mojibake, real text has one to three. */
const MAX_STEPS = 64;
/** Mojibake inside mojibake that is taken apart by itself: each is strictly shorter, real text has one. */
const MAX_DEPTH = 16;

const { utf8FirstOf2, utf8FirstOf3, utf8FirstOf4, utf8Continuation, utf8ContinuationStrict } = UTF8_CLUES;
const EMBEDDED = new RegExp(
  `(?<![${utf8ContinuationStrict}])(?:[${utf8FirstOf2}][${utf8Continuation}]` +
    `|[${utf8FirstOf3}][${utf8Continuation}]{2}|[${utf8FirstOf4}][${utf8Continuation}]{3})+`,
  "gu",
);

/**
 * Undoes mojibake: text whose UTF-8 bytes were read in a one-byte code page becomes what it was, layer by layer,
 * while it looks bad. The order of attempts is that of ftfy 6.3.1's fix_encoding.
 */
export function fixEncoding(text: string, depth = 0): string {
  let fixed = text;
  for (let step = 0; step < MAX_STEPS; step++) {
    const next = fixOnce(fixed, depth);
    if (next === fixed) break;
    fixed = next;
  }
  return fixed;
}

function fixOnce(text: string, depth: number): string {
  if (isAscii(text) || !isBad(text)) return text;
  let latin1: string | undefined;
  for (const page of codePages) {
    const bytes = page.encode(text);
    if (bytes === undefined) continue;
    if (page.name === "latin1") latin1 = bytes;
    // In MacRoman the byte is an en dash, which often stands before a space.
    const spaced = page.name === "macroman" ? bytes : restoreA0(bytes);
    const decoded = decodeUtf8(page.sloppy ? replaceLost(spaced) : spaced);
    if (decoded !== undefined) return decoded;
  }
  const inside = depth < MAX_DEPTH ? fixEmbedded(text, depth) : text;
  if (inside !== text) return inside;
  // Latin-1 that was meant as Windows-1252 has C1 controls; so has a mixture, which is mended one by one.
  if (latin1 !== undefined && !/[\x81\x8d\x8f\x90\x9d]/.test(latin1)) {
    const meant = controlsAsWindows1252(latin1);
    if (meant !== text) return meant;
  }
  return controlsAsWindows1252(text);
}

function fixEmbedded(text: string, depth: number): string {
  return text.replace(EMBEDDED, (part) =>
    part.length < text.length && isBad(part) ? fixEncoding(part, depth + 1) : part,
  );
}

/** "Ã" and a space, alone or before a word, was "à"; the Portuguese words that begin so are excepted. */
const A_GRAVE = /\xc3 (?! |quele|quela|quilo|s )/g;
/** Sequences of UTF-8 in which byte A0, a no-break space, was turned into a plain space. */
const SPACED = new RegExp(
  [
    "[\\xc2\\xc3\\xc5\\xce\\xd0\\xd9] ",
    "[\\xe2\\xe3] [\\x80-\\x84\\x86-\\x9f\\xa1-\\xbf]",
    "[\\xe0-\\xe3][\\x80-\\x84\\x86-\\x9f\\xa1-\\xbf] ",
    "\\xf0 [\\x80-\\xbf][\\x80-\\xbf]",
    "\\xf0[\\x80-\\xbf] [\\x80-\\xbf]",
    "\\xf0[\\x80-\\xbf][\\x80-\\xbf] ",
  ].join("|"),
  "g",
);

function restoreA0(bytes: string): string {
  return bytes.replace(A_GRAVE, "\xc3\xa0 ").replace(SPACED, (match) => match.replaceAll(" ", "\xa0"));
}

/** Sequences of UTF-8 some of whose bytes were lost: byte 1A stands for U+FFFD, and a question mark at most once. */
const LOST = new RegExp(
  [
    "[\\xc2-\\xdf]\\x1a",
    "[\\xc2\\xc3]\\?",
    "\\xed[\\xa0-\\xaf][\\x1a?]\\xed[\\xb0-\\xbf][\\x1a?\\x80-\\xbf]",
    "\\xed[\\xa0-\\xaf][\\x1a?\\x80-\\xbf]\\xed[\\xb0-\\xbf][\\x1a?]",
    "[\\xe0-\\xef][\\x1a?][\\x1a\\x80-\\xbf]",
    "[\\xe0-\\xef][\\x1a\\x80-\\xbf][\\x1a?]",
    "[\\xf0-\\xf4][\\x1a?][\\x1a\\x80-\\xbf][\\x1a\\x80-\\xbf]",
    "[\\xf0-\\xf4][\\x1a\\x80-\\xbf][\\x1a?][\\x1a\\x80-\\xbf]",
    "[\\xf0-\\xf4][\\x1a\\x80-\\xbf][\\x1a\\x80-\\xbf][\\x1a?]",
    "\\x1a",
  ].join("|"),
  "g",
);

function replaceLost(bytes: string): string {
  return bytes.replace(LOST, "\xef\xbf\xbd");
}
