import type { Span } from "./header.js";

/** How a picture is to be turned, 1 (not at all) to 8, as EXIF numbers it. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

const TAG = 0x0112;
/** Entries of a directory that are looked at; a camera writes some twenty. */
const MOST_ENTRIES = 1000;

/** Where EXIF data says its orientation, and what it says; undefined where it says none. */
export function orientationOf(
  bytes: Uint8Array,
  { from, to }: Span,
): { readonly value: Orientation; readonly at: number; readonly little: boolean } | undefined {
  try {
    const view = new DataView(bytes.buffer, bytes.byteOffset + from, Math.max(0, to - from));
    const little = view.getUint16(0) === 0x4949;
    if ((!little && view.getUint16(0) !== 0x4d4d) || view.getUint16(2, little) !== 42) return undefined;
    const directory = view.getUint32(4, little);
    const count = Math.min(view.getUint16(directory, little), MOST_ENTRIES);
    for (let i = 0; i < count; i++) {
      const at = directory + 2 + 12 * i;
      if (view.getUint16(at, little) !== TAG) continue;
      const value = view.getUint16(at + 8, little);
      return value >= 1 && value <= 8
        ? { value: value as Orientation, at: from + at + 8, little }
        : undefined;
    }
  } catch (error) {
    // The data ends before what it points to: it says nothing then.
    if (!(error instanceof RangeError)) throw error;
  }
  return undefined;
}

/** The same file, saying that nothing is to be turned: what decodes it can't do it by itself. */
export function unturned(bytes: Uint8Array, exif: Span): Uint8Array {
  const found = orientationOf(bytes, exif);
  if (!found || found.value === 1) return bytes;
  const out = bytes.slice();
  new DataView(out.buffer).setUint16(found.at, 1, found.little);
  return out;
}

/** True where width and height change places. */
export function isSideways(orientation: Orientation): boolean {
  return orientation >= 5;
}

/** Pixels [height, width, channels] as they are stored → upright. */
export function turned<T extends Uint8Array | Uint16Array>(
  data: T,
  { width, height, channels }: { readonly width: number; readonly height: number; readonly channels: number },
  orientation: Orientation,
): { readonly data: T; readonly width: number; readonly height: number } {
  if (orientation === 1) return { data, width, height };
  const sideways = isSideways(orientation);
  const [outWidth, outHeight] = sideways ? [height, width] : [width, height];
  const out = new (data.constructor as new (length: number) => T)(data.length);
  // Of the eight: 2, 3, 7, 8 count the stored columns from the right, 3, 4, 6, 7 the stored rows from below.
  const fromRight = [2, 3, 7, 8].includes(orientation);
  const fromBelow = [3, 4, 6, 7].includes(orientation);
  let to = 0;
  for (let y = 0; y < outHeight; y++) {
    for (let x = 0; x < outWidth; x++) {
      const [column, row] = sideways ? [y, x] : [x, y];
      const from =
        channels * ((fromBelow ? height - 1 - row : row) * width + (fromRight ? width - 1 - column : column));
      for (let c = 0; c < channels; c++) out[to++] = data[from + c]!;
    }
  }
  return { data: out, width: outWidth, height: outHeight };
}
