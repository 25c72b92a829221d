import { premultiply, settle, toRgb, unpremultiply } from "./convert.js";
import type { ImageOptions } from "./options.js";
import { CHANNELS, type Picture, type Size } from "./pixels.js";
import type { Preprocessing } from "./preprocessing.js";
import { resize } from "./resize.js";
import { resizeNearest } from "./resize-nearest.js";
import { resize16 } from "./resize16.js";
import type { FilterName, Window } from "./taps.js";
import { resizedSize, type Views, windowsOf } from "./views.js";

/** A picture that shrinks by less gains nothing from a decoder that makes it smaller. */
const LEAST_SHRINK = 2;

/**
 * The size that a picture of this size may be decoded to under `resize: "fast"`, which is that of the resized picture, and
 * the filter: undefined where it is not much larger, and for the views that need other sizes.
 */
export function fastSize(
  stored: Size,
  preprocessing: Preprocessing,
  views: Views,
): (Size & { readonly filter: FilterName }) | undefined {
  const { filter, resizeTo, size } = preprocessing;
  if (filter === "nearest" || !(views === "center" || views === "flip")) return undefined;
  const { width, height } = resizedSize(stored, resizeTo, size);
  const shrink = Math.min(stored.width / width, stored.height / height);
  return shrink < LEAST_SHRINK ? undefined : { width, height, filter };
}

/** The window of the resized picture as RGB bytes [size, size, 3]. */
function square(picture: Picture, window: Window, filter: Preprocessing["filter"]): Uint8Array {
  const { width, height, mode, data } = picture;
  const { cropWidth, cropHeight } = window;
  const channels = CHANNELS[mode];
  const crop = (bytes: Picture["data"]): Uint8Array =>
    toRgb({ width: cropWidth, height: cropHeight, mode, data: bytes });
  if (data instanceof Uint16Array) {
    return crop(
      resize16({ width, height, channels, data }, window, filter === "nearest" ? "bicubic" : filter),
    );
  }
  if (filter === "nearest" || mode === "P" || mode === "PA" || mode === "1") {
    return crop(resizeNearest({ width, height, channels, data }, window));
  }
  // Pillow returns a picture of the wanted size as it is, without a round trip through premultiplied alpha.
  const kept = window.width === width && window.height === height;
  if (!kept && (mode === "LA" || mode === "RGBA")) {
    const alpha = mode === "LA" ? 2 : 4;
    return crop(
      unpremultiply(
        resize({ width, height, channels, data: premultiply(data, alpha) }, window, filter),
        alpha,
      ),
    );
  }
  return crop(resize({ width, height, channels, data }, window, filter));
}

/** RGB bytes [size, size, 3] → the mirror image. */
export function mirror(bytes: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(bytes.length);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const from = (y * size + x) * 3;
      const to = (y * size + size - 1 - x) * 3;
      out[to] = bytes[from]!;
      out[to + 1] = bytes[from + 1]!;
      out[to + 2] = bytes[from + 2]!;
    }
  }
  return out;
}

/**
 * Decoded picture → RGB bytes [size, size, 3], one for each view, the centre first. With `alpha: "drop"`,
 * `depth: "clip"` and an upright picture the centre is bit for bit what the reference's transform gives.
 */
export function preprocess(
  picture: Picture,
  preprocessing: Preprocessing,
  options: ImageOptions,
  views: Views = "center",
): Uint8Array[] {
  const settled = settle(picture, options);
  const { width, height } = settled;
  const stored = picture.stored ?? settled;
  const source: Picture =
    preprocessing.style === "huggingface" ? { width, height, mode: "RGB", data: toRgb(settled) } : settled;
  const squares = windowsOf(stored, preprocessing, views).map((window) =>
    square(source, window, preprocessing.filter),
  );
  return views === "flip" ? [...squares, mirror(squares[0]!, preprocessing.size)] : squares;
}

/** u8 [n, size, size, 3] → f32 [n, 3, size, size], (x / 255 − mean) / std: for towers that take normalised planes. */
export function normalise(
  pixels: Uint8Array,
  size: number,
  mean: readonly [number, number, number],
  std: readonly [number, number, number],
): Float32Array {
  const plane = size * size;
  const out = new Float32Array(pixels.length);
  const images = pixels.length / (3 * plane);
  for (let c = 0; c < 3; c++) {
    const values = Float32Array.from({ length: 256 }, (_, byte) => (byte / 255 - mean[c]!) / std[c]!);
    for (let n = 0; n < images; n++) {
      const to = (3 * n + c) * plane;
      for (let i = 0, from = 3 * n * plane + c; i < plane; i++, from += 3)
        out[to + i] = values[pixels[from]!]!;
    }
  }
  return out;
}
