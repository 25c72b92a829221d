import { ClipError } from "../errors.js";
import { readTextFile } from "../models/text-file.js";
import { scriptsOf } from "../text/scripts.js";

/** A text in another language, and the same in a language that the model reads. */
export interface TextPair {
  readonly text: string;
  readonly known: string;
}

const MOST_FILE = 500 * 1024 * 1024;
const MOST_PAIRS = 1_000_000;
/** Characters of one text. */
const MOST_CHARACTERS = 2_000;
/** Fewer say nothing about a language. */
export const LEAST_PAIRS = 100;
/** A script that fewer of the texts have is a name here and there. */
const OWN_SHARE = 0.5;

/**
 * Parallel text: `text<TAB>the same in the model's language` a line, or JSON lines with `text` and `known`. Raises `align.pairs` with
 * the line.
 */
export async function readPairs(path: string): Promise<TextPair[]> {
  const content = await readTextFile(path, { code: "align.pairs", what: "parallel text", most: MOST_FILE });
  const pairs: TextPair[] = [];
  for (const [i, line] of content.split(/\r?\n/).entries()) {
    if (line.trim() === "") continue;
    pairs.push(pairOf(line, `line ${i + 1} of ${path}`));
    if (pairs.length > MOST_PAIRS)
      throw wrong(`at most ${MOST_PAIRS.toLocaleString("en")} pairs in ${path}`, "more");
  }
  return pairs;
}

function pairOf(line: string, where: string): TextPair {
  let [text, known]: unknown[] = line.split("\t");
  if (line.startsWith("{")) {
    try {
      ({ text, known } = JSON.parse(line));
    } catch (cause) {
      throw wrong(`JSON in ${where}`, "something else", cause);
    }
  }
  for (const one of [text, known]) {
    if (typeof one !== "string" || one.trim() === "" || one.length > MOST_CHARACTERS)
      throw wrong(
        `two texts of 1 to ${MOST_CHARACTERS} characters in ${where}`,
        JSON.stringify(line.slice(0, 60)),
      );
  }
  return { text: (text as string).trim(), known: (known as string).trim() };
}

function wrong(expected: string, received: string, cause?: unknown): ClipError {
  return new ClipError("align.pairs", `Expected ${expected} but received ${received}.`, { cause });
}

/** The scripts by which texts of this language are known: those that most of them have, and the model's own have not. */
export function ownScripts(pairs: readonly TextPair[], known: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const { text } of pairs)
    for (const script of scriptsOf(text)) counts.set(script, (counts.get(script) ?? 0) + 1);
  const all = [...counts].sort(([, a], [, b]) => b - a);
  const own = all.filter(([script, count]) => !known.includes(script) && count >= OWN_SHARE * pairs.length);
  if (own.length > 0) return own.map(([script]) => script);
  const found = all.map(([script]) => script).join(", ") || "no letters";
  throw new ClipError(
    "align.script",
    `Expected texts in a script that the model does not read yet, by which they are told from its own, but these are in ${found}.`,
  );
}
