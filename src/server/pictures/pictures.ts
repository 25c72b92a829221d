import { ClipError } from "../../errors.js";
import type { ImageInput } from "../../image/sources.js";
import type { Picture } from "../wire/classify.js";

/** A picture of a request and what the answer calls it. */
export interface NamedPicture {
  readonly name: string;
  /** The picture, or what is wrong with how it was given. */
  readonly input: ImageInput | ClipError;
}

/** Base64 of RFC 4648, both alphabets, with or without padding. */
const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

/** Bytes of base64, or what is wrong with it: Node skips what it does not know, and a cut upload would pass as a picture. */
export function fromBase64(text: string): Uint8Array | ClipError {
  const bare = text.replace(/[\r\n\t ]+/g, "");
  if (BASE64.test(bare) && bare.replace(/=+$/, "").length % 4 !== 1) return Buffer.from(bare, "base64");
  return new ClipError("input.data-url", "Expected base64 but received other signs.");
}

/** A string of a request: a data URL, or an address where those are fetched. Never a path. */
export function fromAddress(text: string, fetches: boolean): ImageInput | ClipError {
  if (/^data:/i.test(text)) return fromDataUrl(text);
  if (!/^https?:\/\//i.test(text)) {
    const shown = text.length > 40 ? `${text.slice(0, 40)}…` : text;
    return new ClipError(
      "input.url",
      `Expected a data URL or an http(s) address but received ${JSON.stringify(shown)}.`,
    );
  }
  if (fetches)
    return URL.canParse(text) ? new URL(text) : new ClipError("input.url", "Expected a valid address.");
  return new ClipError(
    "input.url",
    "Expected the picture itself (a data URL, base64 or a file) because this server fetches no addresses.",
  );
}

function fromDataUrl(text: string): Uint8Array | ClipError {
  const comma = text.indexOf(",");
  const head = text.slice(5, Math.max(5, comma));
  if (comma < 0 || !/;base64$/i.test(head))
    return new ClipError("input.data-url", "Expected a data URL with ;base64, and the file after a comma.");
  return fromBase64(text.slice(comma + 1));
}

/** A file as JSON has it: base64, or a data URL. */
export function bytesOfText(text: string): Uint8Array | ClipError {
  return /^data:/i.test(text) ? fromDataUrl(text) : fromBase64(text);
}

/** Pictures as JSON has them. */
export function fromJson(pictures: readonly Picture[], fetches: boolean): NamedPicture[] {
  return pictures.map((picture, i) => {
    if (typeof picture === "string")
      return { name: nameOf(picture, i), input: fromAddress(picture, fetches) };
    if ("url" in picture)
      return { name: picture.name ?? nameOf(picture.url, i), input: fromAddress(picture.url, fetches) };
    return { name: picture.name ?? `#${i}`, input: bytesOfText(picture.data) };
  });
}

function nameOf(address: string, position: number): string {
  return /^https?:/i.test(address) ? address : `#${position}`;
}
