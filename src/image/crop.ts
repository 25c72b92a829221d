import type { ImageOptions } from "./options.js";
import { pixelsOf } from "./recode.js";
import type { ImageInput, RawPixels } from "./sources.js";

/** A part of a picture in shares of its sides, 0..1. */
export interface Share {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** That part of an upright picture, at least one pixel. Raises `input.*` and `image.*`. */
export async function cropped(input: ImageInput, share: Share, options: ImageOptions): Promise<RawPixels> {
  const { data, width, height } = await pixelsOf(input, options);
  const [left, columns] = span(share.x, share.width, width);
  const [top, rows] = span(share.y, share.height, height);
  const out = new Uint8Array(rows * columns * 3);
  for (let y = 0; y < rows; y++) {
    const from = ((top + y) * width + left) * 3;
    out.set(data.subarray(from, from + columns * 3), y * columns * 3);
  }
  return { data: out, width: columns, height: rows, channels: 3 };
}

/** A share of a side → its first pixel and how many there are. */
function span(from: number, length: number, pixels: number): [first: number, count: number] {
  const first = Math.min(pixels - 1, Math.round(from * pixels));
  const end = Math.min(pixels, Math.max(first + 1, Math.round((from + length) * pixels)));
  return [first, end - first];
}
