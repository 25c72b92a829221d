import stringWidth from "string-width";

/** Text that ends a colour or begins one: it stays on one line. */
const STEERS = "\u001b";

const SIGNS = new Intl.Segmenter("en", { granularity: "grapheme" });

/** A word with the spaces after it, or one sign of a script that has no spaces between words. */
const WORD =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]\s*|[^\s\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]+\s*|\s+/gu;

/** Parts that a line may end after. Numbers stay with their units: they part only before a bracket and after a comma. */
function parts(text: string, isNumber: boolean): string[] {
  if (text.includes(STEERS)) return [text];
  return isNumber ? text.split(/(?<=,) | (?=\()/) : (text.match(WORD) ?? []);
}

/** Least cells that a text takes without a word being cut; words beyond `most` cells are cut all the same. */
export function leastWidth(text: string, isNumber: boolean, most: number): number {
  const widths = parts(text, isNumber).map((part) => stringWidth(part.trimEnd()));
  const widest = Math.max(0, ...widths);
  return isNumber || text.includes(STEERS) ? widest : Math.min(widest, most);
}

/** A text on lines of at most so many terminal cells, broken between words, within one only where it is longer than a line. */
export function linesOf(text: string, width: number, isNumber: boolean): string[] {
  if (stringWidth(text) <= width || text.includes(STEERS)) return [text];
  const lines: string[] = [];
  let line = "";
  const end = (): void => {
    if (line.trimEnd() !== "") lines.push(line.trimEnd());
    line = "";
  };
  for (const part of parts(text, isNumber)) {
    const fits = stringWidth((line + part).trimEnd()) <= width;
    if (!fits) end();
    if (isNumber) line += line === "" ? part : ` ${part}`;
    else if (stringWidth(part.trimEnd()) <= width)
      line += line === "" && lines.length > 0 ? part.trimStart() : part;
    else {
      for (const { segment } of SIGNS.segment(part)) {
        if (stringWidth(line + segment) > width) end();
        line += segment;
      }
    }
  }
  end();
  return lines;
}
