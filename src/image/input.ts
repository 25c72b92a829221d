import { ClipError } from "../errors.js";
import type { Picture } from "./pixels.js";

/** Pixels that are decoded already: u8 [height, width, channels], grey, RGB or RGBA. */
export interface RawPixels {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3 | 4;
}

/**
 * A picture: a path, a `data:` URL, an http(s) URL (only where `fetchUrls` is given), encoded bytes, a Blob, a stream
 * of bytes, or raw pixels.
 */
export type ImageInput =
  | string
  | URL
  | Uint8Array
  | ArrayBuffer
  | Blob
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>
  | RawPixels;

/** Bounds of what is read. */
export interface InputBounds {
  readonly maxBytes: number;
  readonly maxPixels: number;
}

/** What the input is called in messages and results: its path or address, else its position. */
export function inputId(input: ImageInput, position: number): string {
  if (typeof input === "string") return input.startsWith("data:") ? `data:#${position}` : input;
  return input instanceof URL ? input.href : `#${position}`;
}

export function tooLarge(found: number, most: number): ClipError {
  return new ClipError("image.too-large", `Expected at most ${most} bytes but the picture has ${found}.`);
}

/** Parts of a stream as one; raises `image.too-large` before more is read than that. */
export async function readStream(stream: AsyncIterable<Uint8Array>, most: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of stream) {
    if (!(part instanceof Uint8Array))
      throw new ClipError("input.type", `Expected a stream of bytes but received ${typeof part}.`);
    length += part.length;
    if (length > most) throw tooLarge(length, most);
    parts.push(part);
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Signs that base64 is written in; anything else is passed over, as Node does. */
const NO_BASE64 = /[^A-Za-z0-9+/]/g;

function fromBase64(text: string): Uint8Array {
  const [signs = ""] = text.replaceAll("-", "+").replaceAll("_", "/").split("=", 1);
  const kept = signs.replaceAll(NO_BASE64, "");
  // One sign alone holds no byte.
  return fromBinary(atob(kept.length % 4 === 1 ? kept.slice(0, -1) : kept));
}

function fromBinary(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** `data:` URL → its bytes; `base64`: what reads it fastest here. Raises `input.data-url`, `image.too-large`. */
export function readDataUrl(url: string, most: number, base64 = fromBase64): Uint8Array {
  const comma = url.indexOf(",");
  if (comma < 0) throw new ClipError("input.data-url", "Expected a comma in the data: URL but found none.");
  const payload = url.slice(comma + 1);
  // Base64 gives 3 bytes for 4 characters; an escaped text at most one byte a character.
  if (payload.length > 3 * most) throw tooLarge(payload.length, most);
  const bytes = /;base64$/i.test(url.slice(0, comma)) ? base64(payload) : fromBinary(decodePercent(payload));
  if (bytes.length > most) throw tooLarge(bytes.length, most);
  return bytes;
}

function decodePercent(text: string): string {
  return text.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

function checkRaw(raw: RawPixels, most: number): Picture {
  const { data, width, height, channels } = raw;
  const sizes = [width, height].every((side) => Number.isInteger(side) && side > 0);
  if (
    !sizes ||
    ![1, 3, 4].includes(channels) ||
    !(data instanceof Uint8Array) ||
    data.length !== width * height * channels
  ) {
    throw new ClipError(
      "input.raw",
      `Expected width × height × channels bytes of 1, 3 or 4 channels but received ${data?.length} bytes for ${width} × ${height} × ${channels}.`,
    );
  }
  if (width * height > most) {
    throw new ClipError(
      "image.too-large",
      `Expected at most ${most} pixels but the picture has ${width} × ${height}.`,
    );
  }
  return { width, height, mode: channels === 1 ? "L" : channels === 3 ? "RGB" : "RGBA", data };
}

/** Any input but paths and addresses → encoded bytes, or a picture where pixels came in. Raises `input.*` and `image.too-large`. */
export async function readHeld(
  input: Exclude<ImageInput, string | URL>,
  { maxBytes, maxPixels }: InputBounds,
): Promise<Uint8Array | Picture> {
  if (input instanceof Uint8Array) return input;
  if (input instanceof ArrayBuffer) return new Uint8Array(input);
  if (input instanceof Blob) {
    if (input.size > maxBytes) throw tooLarge(input.size, maxBytes);
    return new Uint8Array(await input.arrayBuffer());
  }
  if (typeof input === "object" && input !== null) {
    if (Symbol.asyncIterator in input) return readStream(input as AsyncIterable<Uint8Array>, maxBytes);
    if ("data" in input && "channels" in input) return checkRaw(input, maxPixels);
  }
  throw new ClipError(
    "input.type",
    `Expected a path, bytes, Blob, stream or raw pixels but received ${input === null ? "null" : typeof input}.`,
  );
}
