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
