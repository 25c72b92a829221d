import { IRREGULAR_PLURALS, MASS_NOUNS, PLURALS_WITHOUT_S, SINGULARS_WITH_S } from "./data/words.js";

/** How a label is counted: one thing, several, or stuff that is not counted. */
export type GrammaticalNumber = "singular" | "plural" | "mass";

/** Where the noun that is counted ends: what follows says more of it (`cup of coffee`, `person with a dog`). */
const AFTER_HEAD =
  /\s+(?:of|with|without|in|on|at|from|for|to|under|over|by|near|that|which|wearing|holding|being|seen|made|filled)\s.*$|\s*[(,:;/].*$/i;

/** Label → the part up to its head noun (`cup`), and that noun. */
function head(label: string): { readonly phrase: string; readonly noun: string; readonly rest: string } {
  const trimmed = label.trim();
  const rest = trimmed.match(AFTER_HEAD)?.[0] ?? "";
  const phrase = rest.length === trimmed.length ? trimmed : trimmed.slice(0, trimmed.length - rest.length);
  const noun = phrase.match(/[\p{L}\p{N}]+(?:[-'’][\p{L}\p{N}]+)*$/u)?.[0] ?? "";
  return { phrase, noun, rest: rest.length === trimmed.length ? "" : rest };
}

/** Words that stand where an article would: `the sun`, `my dog`, `two cats`. */
const DETERMINED =
  /^(?:a|an|the|this|that|these|those|my|your|his|her|its|our|their|some|any|no|every|each|many|several|two|three|four|five|six|seven|eight|nine|ten)\s/i;

/** Longer than any label whose number anybody would ask for. */
const MOST_CHARACTERS = 1_000;

/** English words only: other scripts have no a and an. */
function isEnglish(label: string): boolean {
  return (
    label.length <= MOST_CHARACTERS &&
    /\p{Script=Latin}/u.test(label) &&
    /^[\p{Script=Latin}\p{N}\p{P}\p{S}\s]*$/u.test(label)
  );
}

/** Mass nouns by their last part: footwear, cookware, swimwear. */
const MASS_ENDING = /(?:wear|ware)$/;

/** `jeans` → plural, `bread` → mass, `bus` → singular: by lists and endings, the last noun before `of`, `with`, … */
export function numberOf(label: string): GrammaticalNumber {
  const noun = head(label).noun.toLowerCase();
  const last =
    noun.includes("-") && !SINGULARS_WITH_S.has(noun) ? noun.slice(noun.lastIndexOf("-") + 1) : noun;
  if (PLURALS_WITHOUT_S.has(last)) return "plural";
  if (MASS_NOUNS.has(last) || MASS_ENDING.test(last)) return "mass";
  if (SINGULARS_WITH_S.has(noun) || SINGULARS_WITH_S.has(last)) return "singular";
  return /[^siu']s$/.test(last) && last.length > 2 ? "plural" : "singular";
}

/** Letters whose names begin with a vowel, read one by one: an MRI, an SUV, but a CT. */
const VOWEL_NAMED = /^[AEFHILMNORSX](?:[A-Z0-9]+s?$|[A-Z0-9]*-|$)/;
/** Words that sound otherwise than they are written. */
const SOUNDS_VOWEL = /^(?:hour|honest|honou?r|heir|herb\b)|^x-|^(?:8|11(?!\d)|18(?!\d)|80)/i;
const SOUNDS_CONSONANT =
  /^(?:uni(?!n|m|de(?!a)|r|ll)|unanim|use|usu|usa|uku|ura[nl]|uri|uru|uro|ute|uti|ubiq|eu|ewe|once|one\b|ouija|u-|uk\b|usb\b|us\b|ufo\b)/i;

/** `a` or `an` before these words, by their sound. */
export function indefinite(words: string): "a" | "an" {
  const first =
    words
      .trimStart()
      .match(/^[^\s]+/)?.[0]
      ?.replace(/^[\p{P}\p{S}]+/u, "") ?? "";
  // Read letter by letter where it is no word: all capitals, and not one that is said as a word.
  const spelled =
    /^[A-Z][A-Z0-9]*(?:s|-.*)?$/.test(first) && !/^(?:UNICEF|NASA|NATO|LEGO|LASER|RADAR)/.test(first);
  if (spelled && first.length > 1) return VOWEL_NAMED.test(first) ? "an" : "a";
  if (SOUNDS_VOWEL.test(first)) return "an";
  if (SOUNDS_CONSONANT.test(first)) return "a";
  return /^[aeiouàáâäåæèéêëìíîïòóôöøùúûü]/i.test(first) ? "an" : "a";
}

/** True where an article belongs before the label: not before plurals, stuff, words that are determined already, or other scripts. */
export function takesArticle(label: string): boolean {
  return isEnglish(label) && !DETERMINED.test(label.trim()) && numberOf(label) === "singular";
}

function pluralOfNoun(noun: string): string {
  const lower = noun.toLowerCase();
  const known = IRREGULAR_PLURALS.get(lower);
  if (known !== undefined) return lower === noun ? known : noun[0]! + known.slice(1);
  const dash = noun.lastIndexOf("-");
  if (dash > 0 && /^[\p{L}]+$/u.test(noun.slice(dash + 1))) {
    return noun.slice(0, dash + 1) + pluralOfNoun(noun.slice(dash + 1));
  }
  if (/(?:[^aeiou]|^)man$/i.test(lower) || /(?:wo|fire|police|snow|sports|fisher|gentle)man$/i.test(lower)) {
    return `${noun.slice(0, -3)}men`;
  }
  if (lower.endsWith("fish")) return noun;
  if (/(?:s|x|z|ch|sh)$/.test(lower)) return `${noun}es`;
  if (/[^aeiou]y$/.test(lower)) return `${noun.slice(0, -1)}ies`;
  return `${noun}s`;
}

/** `cup of coffee` → `cups of coffee`; plurals, stuff and other scripts stay as they are. */
export function pluralOf(label: string): string {
  if (!isEnglish(label) || numberOf(label) !== "singular") return label;
  const { phrase, noun, rest } = head(label);
  if (noun === "") return label;
  return phrase.slice(0, phrase.length - noun.length) + pluralOfNoun(noun) + rest;
}
