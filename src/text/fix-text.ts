import { controlsAsWindows1252 } from "./code-pages.js";
import { classBody } from "./code-points.js";
import { DECIMALS } from "./data/unicode.js";
import { fixEncoding } from "./fix-encoding.js";
import { composed } from "./pinned.js";
import { entity, unescapeHtml } from "./unescape.js";

/**
 * Rounds over one line before it is left as it is. Each round takes off one layer (`&amp;amp;` has two); text from
 * the world has at most a handful, and an adversary may nest tens of thousands.
 */
const MAX_ROUNDS = 64;

/**
 * What ftfy 6.3.1's fix_text does with its default options: line by line, undo HTML references (until a line has a
 * `<`, which means that the text is HTML), mojibake, ligatures, odd widths and quotes, line breaks, lone surrogates,
 * terminal escapes and control characters; compose (NFC); again until nothing changes.
 */
export function fixText(text: string): string {
  let references = true;
  let out = "";
  for (let from = 0; from < text.length; ) {
    const at = text.indexOf("\n", from);
    const line = text.slice(from, at < 0 ? text.length : at + 1);
    if (line.includes("<")) references = false;
    out += fixLine(line, references);
    from += line.length;
  }
  return out;
}

function fixLine(line: string, references: boolean): string {
  let text = line;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    if (/^[\x20-\x25\x27-\x7e]*\n?$/.test(text)) break; // ASCII without `&`: no step has anything to do
    const before = text;
    if (references) text = unescapeWhole(text);
    text = controlsAsWindows1252(fixEncoding(text));
    text = composed(plainControls(plainCharacters(text)));
    if (text === before) break;
  }
  return text;
}

/** References that end in a semicolon, and names of lower case that were written in capitals. */
function unescapeWhole(text: string): string {
  return text.replace(/&(#?)([0-9A-Za-z]{1,24});/g, (whole, sign: string, name: string) => {
    if (sign === "#") {
      const value = unescapeHtml(whole);
      return value.includes(";") ? whole : value;
    }
    return entity(name) ?? shouted(name) ?? whole;
  });
}

/** The capital of the entity whose name was written in capitals, unless `&NAME;` has a meaning already. */
function shouted(name: string): string | undefined {
  const lower = name.toLowerCase();
  if (lower.toUpperCase() !== name || unescapeHtml(`&${name};`) !== `&${name};`) return undefined;
  return entity(lower)?.toUpperCase();
}

// ŉ becomes a modifier apostrophe and n; the other digraphs and ligatures of Latin letters become their letters.
const LIGATURES: ReadonlyMap<string, string> = new Map(
  "Ĳ=IJ ĳ=ij ŉ=ʼn Ǳ=DZ ǲ=Dz ǳ=dz Ǆ=DŽ ǅ=Dž ǆ=dž Ǉ=LJ ǈ=Lj ǉ=lj Ǌ=NJ ǋ=Nj ǌ=nj ﬀ=ff ﬁ=fi ﬂ=fl ﬃ=ffi ﬄ=ffl ﬅ=ſt ﬆ=st"
    .split(" ")
    .map((pair) => [pair.charAt(0), pair.slice(2)]),
);

function plainCharacters(text: string): string {
  return text
    .replace(/[ĲĳŉǄ-ǌǱ-ǳﬀ-ﬆ]/g, (c) => LIGATURES.get(c) ?? c)
    .replace(/\u3000/g, " ")
    .replace(/[\uff01-\uffef]/g, (c) => c.normalize("NFKC"))
    .replace(/[\u201c-\u201f]/g, '"')
    .replace(/[\u02bc\u2018-\u201b]/g, "'");
}

const TERMINAL = new RegExp(`\\x1b\\[[;${classBody(DECIMALS)}]*[a-zA-Z]`, "gu");

function plainControls(text: string): string {
  return (
    text
      .replace(/\r\n|[\r\u2028\u2029\x85]/g, "\n")
      .replace(/\p{Cs}/gu, "\ufffd")
      .replace(TERMINAL, "")
      // Controls but white space, deprecated Arabic ones, the byte order mark, annotation marks.
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this removes
      .replace(/[\0-\x08\x0b\x0e-\x1f\x7f\u206a-\u206f\ufeff\ufff9-\ufffc]/g, "")
  );
}
