import { CODE_PAGES } from "./data/mojibake.js";

/** A one-byte code page; bytes are kept in a string of characters U+0000..U+00FF, so that patterns can run on them. */
export interface CodePage {
  readonly name: string;
  /** A Windows page, in which U+FFFD stands for a lost byte and is written as byte 0x1A. */
  readonly sloppy: boolean;
  /** Text → bytes; undefined where a character is not in the page. */
  encode(text: string): string | undefined;
}

/** The pages in which UTF-8 is commonly misread, in the order in which they are tried. */
export const codePages: readonly CodePage[] = Object.entries(CODE_PAGES).map(([name, upper]) => {
  const sloppy = name.startsWith("windows");
  const bytes = new Map<number, string>();
  for (let i = 0; i < upper.length; i++) bytes.set(upper.charCodeAt(i), String.fromCharCode(0x80 + i));
  if (sloppy) bytes.set(0xfffd, "\x1a");
  return { name, sloppy, encode: (text) => encode(text, bytes, sloppy) };
});

function encode(text: string, bytes: ReadonlyMap<number, string>, sloppy: boolean): string | undefined {
  let out = "";
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x80 && !(sloppy && code === 0x1a)) out += text.charAt(i);
    else {
      const byte = bytes.get(code);
      if (byte === undefined) return undefined;
      out += byte;
    }
  }
  return out;
}

/** C1 controls U+0080..U+009F as the characters that Windows-1252 has at those bytes, where it has any. */
export function controlsAsWindows1252(text: string): string {
  return text.replace(/[\x80-\x9f]/g, (c) => CODE_PAGES.windows1252.charAt(c.charCodeAt(0) - 0x80));
}
