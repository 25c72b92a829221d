import { ClipError } from "../../errors.js";

/** A part of a lesson that one picture is looked for. */
export interface Passage {
  /** Line of the file that it begins in, from 1. */
  readonly line: number;
  /** Headings above it, the widest first. */
  readonly headings: readonly string[];
  /** Without Markdown's signs. */
  readonly text: string;
}

/** Characters of a lesson: a short book. */
export const MOST_TEXT = 1_000_000;
/** Words a passage: what a model reads at once is 77 tokens. */
const MOST_WORDS = 45;
/** Passages a lesson: each needs a picture of its own. */
const MOST_PASSAGES = 1_000;
/** Fewer say nothing that could be shown. */
const LEAST_WORDS = 2;

/** Markdown's signs → the words that a reader sees. */
function plain(text: string): string {
  return text
    .replaceAll(/!\[[^\]]*\]\([^)]*\)/g, " ")
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replaceAll(/<[^>]{0,200}>/g, " ")
    .replaceAll(/[*_`~]+/g, "")
    .replaceAll(/\s+/g, " ")
    .trim();
}

function segments(text: string, granularity: "sentence" | "word", language: string): Intl.SegmentData[] {
  return [...new Intl.Segmenter(language, { granularity }).segment(text)];
}

/** The language of a text by its signs: `zh`, `ja` or `en`, for the bounds of words and sentences. */
export function languageOf(text: string): string {
  if (/[\u3040-\u30ff]/.test(text)) return "ja";
  return (text.match(/\p{Script=Han}/gu)?.length ?? 0) * 4 > text.length ? "zh" : "en";
}

/** Words of a text, in order, as they are written. */
export function wordsOf(text: string): string[] {
  return segments(text, "word", languageOf(text))
    .filter(({ isWordLike }) => isWordLike)
    .map(({ segment }) => segment);
}

/** Whole sentences together, as many as a model reads at once. */
function pieces(text: string): string[] {
  const found: string[] = [];
  let [current, count] = ["", 0];
  for (const { segment } of segments(text, "sentence", languageOf(text))) {
    const words = wordsOf(segment).length;
    if (count > 0 && count + words > MOST_WORDS) {
      found.push(current.trim());
      [current, count] = ["", 0];
    }
    current += segment;
    count += words;
  }
  return [...found, current.trim()].filter((piece) => wordsOf(piece).length >= LEAST_WORDS);
}

/**
 * A lesson in Markdown or plain text → its passages: paragraphs and list items, long ones at the ends of sentences. Code, tables and
 * front matter are passed over. Raises `search.lesson` for a text without passages, or with too many.
 */
export function passagesOf(lesson: string): Passage[] {
  if (lesson.length > MOST_TEXT) {
    throw new ClipError(
      "search.lesson",
      `Expected a lesson of at most ${MOST_TEXT} characters but received ${lesson.length}.`,
    );
  }
  const passages: Passage[] = [];
  let headings: string[] = [];
  let paragraph: { line: number; parts: string[] } | undefined;
  let fence: string | undefined;
  const end = (): void => {
    const { line = 0, parts = [] } = paragraph ?? {};
    paragraph = undefined;
    for (const text of pieces(plain(parts.join(" ")))) passages.push({ line, headings, text });
  };
  const lines = lesson.split(/\r?\n/);
  const front = lines[0]?.trim() === "---" ? lines.indexOf("---", 1) : -1;
  for (const [i, raw] of lines.entries()) {
    if (i <= front) continue;
    const text = raw.trim();
    const mark = /^(?:```+|~~~+)/.exec(text)?.[0];
    if (fence !== undefined || mark !== undefined) {
      end();
      if (fence === undefined) fence = mark;
      else if (text.startsWith(fence)) fence = undefined;
      continue;
    }
    const heading = /^(#{1,6})\s+(.*?)#*$/.exec(text);
    if (heading) {
      end();
      headings = [...headings.slice(0, heading[1]!.length - 1), plain(heading[2]!)];
      continue;
    }
    const item = /^(?:[-*+]|\d+[.)])\s+(.*)$/.exec(text);
    if (text === "" || text.startsWith("|") || /^[-*_]{3,}$/.test(text)) end();
    else if (item) {
      end();
      paragraph = { line: i + 1, parts: [item[1]!] };
    } else {
      paragraph ??= { line: i + 1, parts: [] };
      paragraph.parts.push(text.replace(/^>\s?/, ""));
    }
  }
  end();
  if (passages.length > 0 && passages.length <= MOST_PASSAGES) return passages;
  throw new ClipError(
    "search.lesson",
    `Expected a lesson of 1 to ${MOST_PASSAGES} passages but found ${passages.length}.`,
  );
}
