const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Bytes (as characters U+0000..U+00FF) → text; undefined where they are not UTF-8. Where byte C0 or ED occurs, two
 * variants count too: Java's C0 80 for U+0000, and CESU-8's six bytes for a character beyond U+FFFF.
 */
export function decodeUtf8(bytes: string): string | undefined {
  if (!/[\xc0\xed]/.test(bytes)) return decodeStrict(bytes);
  let out = "";
  let from = 0;
  for (const match of bytes.matchAll(SPECIAL)) {
    const at = match.index;
    if (at < from) continue;
    const before = decodeStrict(bytes.slice(from, at));
    if (before === undefined) return undefined;
    out += before;
    const [special, length] = bytes.charAt(at) === "\xc0" ? nul(bytes, at) : surrogates(bytes, at);
    if (special === undefined) return undefined;
    out += special;
    from = at + length;
  }
  const rest = decodeStrict(bytes.slice(from));
  return rest === undefined ? undefined : out + rest;
}

/**
 * Where a variant begins. `$` of Python also stands before a last line feed, and ftfy's decoder then swallows it;
 * `(?=\n?$)` keeps to that.
 */
const SPECIAL = /\xc0(?:\x80|(?=\n?$))|\xed(?:[\xa0-\xbf](?:[\x80-\xbf]|(?=\n?$))|(?=\n?$))/g;
const CESU8 = /^\xed[\xa0-\xaf][\x80-\xbf]\xed[\xb0-\xbf](?:[\x80-\xbf]|(?=\n?$))/;

function nul(bytes: string, at: number): [string | undefined, number] {
  return at + 1 < bytes.length ? ["\0", 2] : [undefined, 0];
}

function surrogates(bytes: string, at: number): [string | undefined, number] {
  const six = bytes.slice(at, at + 6);
  if (six.length < 6 || !(CESU8.test(six) && CESU8.test(bytes.slice(at, at + 7)))) return [undefined, 0];
  const byte = (i: number) => six.charCodeAt(i);
  const high = ((byte(1) & 0x0f) << 16) + ((byte(2) & 0x3f) << 10);
  return [String.fromCodePoint(0x10000 + high + ((byte(4) & 0x0f) << 6) + (byte(5) & 0x3f)), 6];
}

function decodeStrict(bytes: string): string | undefined {
  const raw = new Uint8Array(bytes.length);
  for (let i = 0; i < raw.length; i++) raw[i] = bytes.charCodeAt(i);
  try {
    return strict.decode(raw);
  } catch {
    return undefined;
  }
}
