/** Scripts that labels come in; one that is not listed counts as "Other". */
const SCRIPTS = [
  "Latin",
  "Han",
  "Hiragana",
  "Katakana",
  "Hangul",
  "Cyrillic",
  "Greek",
  "Arabic",
  "Hebrew",
  "Devanagari",
  "Bengali",
  "Tamil",
  "Telugu",
  "Thai",
  "Georgian",
  "Armenian",
  "Ethiopic",
  "Khmer",
  "Gujarati",
  "Gurmukhi",
  "Kannada",
  "Malayalam",
  "Oriya",
  "Sinhala",
  "Lao",
  "Myanmar",
  "Tibetan",
  "Mongolian",
  "Bopomofo",
  "Syriac",
  "Thaana",
  "Cherokee",
] as const;

const patterns = SCRIPTS.map((name) => ({ name, pattern: new RegExp(`\\p{Script=${name}}`, "u") }));
const anyKnown = SCRIPTS.map((name) => `\\p{Script=${name}}`).join("");
const other = new RegExp(`(?![${anyKnown}\\p{Script=Common}\\p{Script=Inherited}])\\p{L}`, "u");

/** The Unicode scripts of a text's letters ("Latin", "Han", …, "Other"); digits, marks and emoji have none. */
export function scriptsOf(text: string): Set<string> {
  const found = new Set<string>(patterns.filter(({ pattern }) => pattern.test(text)).map(({ name }) => name));
  if (other.test(text)) found.add("Other");
  return found;
}

/** The scripts of a text that are not among those a model has learnt; empty where it may know the text. */
export function unknownScripts(text: string, known: readonly string[]): string[] {
  return [...scriptsOf(text)].filter((script) => !known.includes(script));
}
