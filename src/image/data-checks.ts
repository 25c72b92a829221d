import { ClipError } from "../errors.js";

// What is looked at in encoded bytes whatever decodes them.

/** Last bytes that a whole file of the format has; by these a cut file is known even where the decoder's words got lost. */
const ENDINGS: Readonly<Record<string, readonly number[]>> = {
  jpeg: [0xff, 0xd9],
  png: [0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82],
};

/** How far before the end of the file its last bytes may be: some writers add a few of their own. */
const TAIL = 64;

/** True where a JPEG or PNG has no end, or a WebP is longer than the file. */
export function endsEarly(bytes: Uint8Array, format: string): boolean {
  if (format === "webp") {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return bytes.length >= 8 && 8 + view.getUint32(4, true) > bytes.length;
  }
  const ending = ENDINGS[format];
  return ending !== undefined && indexOf(bytes.subarray(-TAIL), ending, 0) < 0;
}

/** Scans of a JPEG: some ten are usual, and each goes over all pixels again; 400 empty ones take ten times as long as none. */
const MOST_SCANS = 256;
const SCAN = [0xff, 0xda];

/** Raises `image.too-large`. What other data of the file looks like a scan counts as one. */
export function checkScans(bytes: Uint8Array): void {
  let count = 0;
  for (let at = indexOf(bytes, SCAN, 0); at >= 0; at = indexOf(bytes, SCAN, at + 2)) count += 1;
  if (count > MOST_SCANS)
    throw new ClipError(
      "image.too-large",
      `Expected a JPEG of at most ${MOST_SCANS} scans but received one of ${count}.`,
    );
}

/** Where these bytes stand from there on; −1: nowhere. */
export function indexOf(bytes: Uint8Array, wanted: readonly number[], from: number): number {
  const [first] = wanted;
  for (let at = bytes.indexOf(first!, from); at >= 0; at = bytes.indexOf(first!, at + 1))
    if (wanted.every((byte, i) => bytes[at + i] === byte)) return at;
  return -1;
}
