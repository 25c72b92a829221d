import { ENTITIES } from "./data/entities.js";
import { CODE_PAGES } from "./data/mojibake.js";

/** `&#…;`, `&#x…;` or `&name;` as Python's html.unescape finds them; the semicolon may be absent. */
const REFERENCE = /&(#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[^\t\n\f <&#;]{1,32};?)/gu;

interface Entity {
  readonly value: string;
  /** Whether `&name` counts without its semicolon. */
  readonly bare: boolean;
}

let table: ReadonlyMap<string, Entity> | undefined;

function entities(): ReadonlyMap<string, Entity> {
  table ??= new Map(
    ENTITIES.split(" ").map((word) => {
      const at = word.search(/[=!]/);
      const codes = word.slice(at + 1).split(".");
      const value = String.fromCodePoint(...codes.map((code) => Number.parseInt(code, 36)));
      return [word.slice(0, at), { value, bare: word[at] === "!" }] as const;
    }),
  );
  return table;
}

/** The characters of the entity `&name;`, or undefined where HTML 5 has none of that name. */
export function entity(name: string): string | undefined {
  return entities().get(name)?.value;
}

/** Python's html.unescape: every reference of HTML 5, the longest known beginning where a semicolon is missing. */
export function unescapeHtml(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(REFERENCE, (whole, reference: string) =>
    reference.startsWith("#") ? numeric(reference) : (named(reference) ?? whole),
  );
}

function named(reference: string): string | undefined {
  if (reference.endsWith(";")) {
    const value = entity(reference.slice(0, -1));
    if (value !== undefined) return value;
  }
  for (let length = reference.length; length > 1; length--) {
    const found = entities().get(reference.slice(0, length));
    if (found?.bare) return found.value + reference.slice(length);
  }
  return undefined;
}

function numeric(reference: string): string {
  const digits = reference.endsWith(";") ? reference.slice(1, -1) : reference.slice(1);
  const code = /^[xX]/.test(digits) ? Number.parseInt(digits.slice(1), 16) : Number.parseInt(digits, 10);
  if (code === 0) return "\ufffd";
  if (code === 0x0d) return "\r";
  if (code >= 0x80 && code <= 0x9f) return CODE_PAGES.windows1252.charAt(code - 0x80);
  if ((code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff) return "\ufffd";
  return isForbidden(code) ? "" : String.fromCodePoint(code);
}

/** Controls but white space, and non-characters: HTML 5 drops a reference to one. */
function isForbidden(code: number): boolean {
  if (code < 0x20) return !(code === 0x09 || code === 0x0a || code === 0x0c);
  return code === 0x7f || (code >= 0xfdd0 && code <= 0xfdef) || (code & 0xfffe) === 0xfffe;
}
