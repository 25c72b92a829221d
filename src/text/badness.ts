import { classBody } from "./code-points.js";
import { BADNESS } from "./data/mojibake.js";
import { BLANKS, WORDS } from "./data/unicode.js";

const { common, c1, bad, law, currency, numeric, kaomoji, box } = BADNESS;
const { startPunctuation: opening, endPunctuation: closing } = BADNESS;
const { upperAccented: upper, lowerAccented: lower, upperCommon, lowerCommon } = BADNESS;
const either = (...classes: readonly string[]) => `[${classes.join("")}]`;
const space = `[${classBody(BLANKS)}]`;
const word = `[${classBody(WORDS)}]`;
const arabic = `[ØÙ]${either(common, currency, bad, numeric, opening, "ŸŠ®°µ»")}`;
const suspicious = either(lower, upper, box, opening, closing, currency, numeric, law, bad);
const unBad = either(lower, upper, box, opening, closing, currency, numeric, law);

/**
 * Neighbours that hardly occur in text that was read in its own encoding: the heuristic of ftfy 6.3.1's `badness`
 * (Robyn Speer, Apache-2.0), one entry a rule.
 */
const rules: readonly string[] = [
  // Kinds of characters that don't stand side by side.
  either(c1),
  suspicious + either(bad),
  `[a-zA-Z]${either(lowerCommon, upperCommon)}${either(bad)}`,
  either(bad) + unBad,
  either(lower, lowerCommon, box, closing, currency, numeric) + either(upper),
  either(box, closing, currency, numeric) + either(lower),
  either(lower, box, closing) + either(currency),
  space + either(upper) + either(currency),
  either(upper, box) + either(numeric, law),
  either(lower, upper, box, currency, closing) + either(opening) + either(numeric),
  either(lower, upper, currency, numeric, box, law) + either(closing) + either(opening),
  either(currency, numeric, box) + either(opening),
  `[a-z]${either(upper)}${either(opening, currency)}`,
  either(box) + either(kaomoji),
  either(lower, upper, currency, numeric, opening, closing, law) + either(box),
  either(box) + either(closing),
  either(lower, upper) + either(opening, closing) + word,
  // Single letters and signs in odd company.
  "[Œœ][^A-Za-z]",
  `${either(upper)}°`,
  // UTF-8 read as Windows-1252.
  `[ÂÃÎÐ]${either("€œŠš¢£Ÿž\\u00a0\\u00ad®©°·»", opening, closing, "–—´")}`,
  "×[²³]",
  arabic + arabic,
  "à[²µ¹¼½¾]",
  "Ã[\\u00a0¡]",
  `[a-z]${space}?[ÃÂ] `,
  "^[ÃÂ] ",
  `${either("a-z.,?!", closing)}Â${either(" ", opening, closing)}`,
  // As MacRoman.
  "√[±∂†≠®™´≤≥¥µø]",
  "≈[°¢]",
  "‚Ä[ìîïòôúùû†°¢π]",
  "‚[âó][àä°ê]",
  // As Windows-1251.
  "вЂ",
  `[ВГРС]${either(c1, bad, opening, closing, currency, "°µ")}[ВГРС]`,
  "ГўВЂВ[^\\n][A-Za-z ]",
  // As Windows-1253.
  "β€[™\\u00a0Ά\\u00ad®°]",
  `[ΒΓΞΟ]${either(c1, bad, opening, closing, currency, "°")}[ΒΓΞΟ]`,
  // As Windows-1257.
  "ā€",
];

const BAD = new RegExp(rules.join("|"), "u");

/** Whether some of the text looks like mojibake: bytes of one encoding read in another. */
export function isBad(text: string): boolean {
  return BAD.test(text);
}
