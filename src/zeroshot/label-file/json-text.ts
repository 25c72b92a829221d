import type { Path } from "./path.js";

/** What is wrong with JSON that can be parsed, and where. */
export interface JsonFault {
  readonly offset: number;
  readonly expected: string;
  readonly found: string;
}

/**
 * JSON that parses → what it is refused for all the same: values inside each other beyond `mostDepth`, which overflow the stack of
 * whoever walks them, and a field twice, of which `JSON.parse` drops the first. Undefined where there is neither.
 */
export function jsonFault(text: string, mostDepth: number): JsonFault | undefined {
  /** Fields of each open object; null for a list. */
  const open: (Set<string> | null)[] = [];
  let word = { start: 0, end: 0 };
  for (let at = 0; at < text.length; at++) {
    const sign = text[at];
    if (sign === '"') {
      word = { start: at, end: endOfString(text, at) };
      at = word.end - 1;
    } else if (sign === "{" || sign === "[") {
      open.push(sign === "{" ? new Set() : null);
      if (open.length > mostDepth)
        return { offset: at, expected: `at most ${mostDepth} values inside each other`, found: "more" };
    } else if (sign === "}" || sign === "]") open.pop();
    else if (sign === ":") {
      const field = JSON.parse(text.slice(word.start, word.end)) as string;
      const fields = open.at(-1);
      if (fields?.has(field))
        return { offset: word.start, expected: "every field once", found: `"${field.slice(0, 60)}" twice` };
      fields?.add(field);
    }
  }
  return undefined;
}

/** Offset behind the string that begins at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at + 1;
}

/** Where the value at a path begins in JSON that parses; of a path that ends early, where its last value does. */
export function jsonOffset(text: string, path: Path): number {
  let at = skipSpace(text, 0);
  for (const key of path) {
    const next = text[at] === "[" ? elementAt(text, at, Number(key)) : fieldAt(text, at, String(key));
    if (next === undefined) return at;
    at = next;
  }
  return at;
}

function elementAt(text: string, list: number, position: number): number | undefined {
  let at = skipSpace(text, list + 1);
  for (let i = 0; text[at] !== "]"; i++) {
    if (i === position) return at;
    at = nextIn(text, at);
  }
  return undefined;
}

function fieldAt(text: string, object: number, name: string): number | undefined {
  if (text[object] !== "{") return undefined;
  let at = skipSpace(text, object + 1);
  while (text[at] !== "}") {
    const end = endOfString(text, at);
    const value = skipSpace(text, skipSpace(text, end) + 1);
    if (JSON.parse(text.slice(at, end)) === name) return value;
    at = nextIn(text, value);
  }
  return undefined;
}

/** Behind a value and the comma after it: the next one, or the bracket that closes. */
function nextIn(text: string, value: number): number {
  const end = skipSpace(text, endOfValue(text, value));
  return text[end] === "," ? skipSpace(text, end + 1) : end;
}

function endOfValue(text: string, start: number): number {
  let at = start;
  let depth = 0;
  do {
    const sign = text[at]!;
    if (sign === '"') {
      at = endOfString(text, at);
      continue;
    }
    if (sign === "{" || sign === "[") depth += 1;
    else if (sign === "}" || sign === "]") depth -= 1;
    at += 1;
  } while (at < text.length && (depth > 0 || !/[\s,\]}]/.test(text[at]!)));
  return at;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && /\s/.test(text[at]!)) at += 1;
  return at;
}
