/**
 * A packed table of data/unicode.ts → the body of a regular expression's brackets, to be used with the `u` flag.
 * Words are `gap` or `gap.more` in base 36: the next range begins `gap` after the end of the last and has `more`
 * further code points.
 */
export function classBody(packed: string): string {
  let body = "";
  let end = 0;
  for (const word of packed.split(" ")) {
    const [gap = "", more = "0"] = word.split(".");
    const first = end + Number.parseInt(gap, 36);
    end = first + Number.parseInt(more, 36);
    body += end === first ? escaped(first) : `${escaped(first)}-${escaped(end)}`;
  }
  return body;
}

/** Whether every character is ASCII: most labels are, and most steps of cleaning then have nothing to do. */
export function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}

function escaped(codePoint: number): string {
  return `\\u{${codePoint.toString(16)}}`;
}
