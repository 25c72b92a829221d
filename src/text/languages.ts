import { LANGUAGE_WORDS } from "./data/languages.js";

/** What one text shows of each language; a noun or two little words are enough by themselves. */
const NOUN = 2;
const LITTLE = 1;
const LETTERS = 1;
const ENOUGH = 2;

/** Share of a list's texts that show a language faintly, each, from which on they show it together. */
const TOGETHER = 1 / 3;

interface Shown {
  readonly language: string;
  readonly weight: number;
}

/** Word → the languages that it shows; made when it is first asked for. */
let words: ReadonlyMap<string, readonly Shown[]> | undefined;

function wordTable(): ReadonlyMap<string, readonly Shown[]> {
  const table = new Map<string, Shown[]>();
  for (const [language, { little, nouns }] of Object.entries(LANGUAGE_WORDS)) {
    for (const [list, weight] of [
      [little, LITTLE],
      [nouns, NOUN],
    ] as const) {
      for (const word of list.split(/\s+/)) {
        const known = table.get(word);
        if (known) known.push({ language, weight });
        else table.set(word, [{ language, weight }]);
      }
    }
  }
  return table;
}

const LETTERS_OF = Object.entries(LANGUAGE_WORDS).map(([language, { letters }]) => ({
  language,
  letters: new Set(letters),
}));

/** How strongly a text shows each language: only those that it shows at all. */
function shownBy(text: string): Map<string, number> {
  words ??= wordTable();
  const lower = text.toLowerCase().normalize("NFC");
  const found = new Map<string, number>();
  const add = (language: string, weight: number): void => {
    found.set(language, (found.get(language) ?? 0) + weight);
  };
  for (const [word] of lower.matchAll(/\p{L}+/gu))
    for (const { language, weight } of words.get(word) ?? []) add(language, weight);
  const signs = new Set(lower);
  for (const { language, letters } of LETTERS_OF)
    if ([...signs].some((sign) => letters.has(sign))) add(language, LETTERS);
  return found;
}

/** The language that stands out, and how strongly; English stands before others that show as much. */
function strongest(shown: ReadonlyMap<string, number>): { language: string; weight: number } | undefined {
  let best: { language: string; weight: number } | undefined;
  for (const [language, weight] of shown)
    if (!best || weight > best.weight || (weight === best.weight && language === "en"))
      best = { language, weight };
  return best;
}

/**
 * Texts that belong together → the language of each, as a code (`fr`), or undefined where nothing shows it: by their words and letters
 * alone, where scripts don't tell (Latin). Labels of one word are judged beside each other: what each shows faintly counts where a
 * third of them do.
 */
export function languagesOf(texts: readonly string[]): (string | undefined)[] {
  const shown = texts.map((text) => strongest(shownBy(text)));
  const counts = new Map<string, number>();
  for (const one of shown) if (one) counts.set(one.language, (counts.get(one.language) ?? 0) + 1);
  const most = Math.max(2, TOGETHER * texts.length);
  return shown.map((one) => {
    if (!one) return undefined;
    return one.weight >= ENOUGH || counts.get(one.language)! >= most ? one.language : undefined;
  });
}
