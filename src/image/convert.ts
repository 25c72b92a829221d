import type { ImageOptions } from "./options.js";
import type { Picture } from "./pixels.js";

/** a · b / 255, rounded, as Pillow's MULDIV255 does it. */
function mulDiv255(a: number, b: number): number {
  const t = a * b + 128;
  return ((t >> 8) + t) >> 8;
}

/** Picture of any mode → RGB bytes [height, width, 3] as Pillow's `convert("RGB")` gives them; alpha is dropped. */
export function toRgb(picture: Picture): Uint8Array {
  const { mode, data } = picture;
  if ((mode === "RGB" || mode === "P") && data instanceof Uint8Array) return data;
  const pixels = picture.width * picture.height;
  const out = new Uint8Array(pixels * 3);
  if (mode === "RGBA" || mode === "PA") {
    for (let i = 0; i < pixels; i++) {
      out[3 * i] = data[4 * i]!;
      out[3 * i + 1] = data[4 * i + 1]!;
      out[3 * i + 2] = data[4 * i + 2]!;
    }
  } else if (mode === "CMYK") {
    for (let i = 0; i < pixels; i++) {
      const white = 255 - data[4 * i + 3]!;
      for (let c = 0; c < 3; c++) out[3 * i + c] = Math.max(0, white - mulDiv255(data[4 * i + c]!, white));
    }
  } else {
    const step = mode === "LA" ? 2 : 1;
    for (let i = 0; i < pixels; i++) out.fill(Math.min(255, data[step * i]!), 3 * i, 3 * i + 3);
  }
  return out;
}

/** LA or RGBA bytes → the same with colours multiplied by alpha, as Pillow's La and RGBa. */
export function premultiply(data: Uint8Array, channels: 2 | 4): Uint8Array {
  const out = new Uint8Array(data.length);
  const alpha = channels - 1;
  for (let i = 0; i < data.length; i += channels) {
    const a = data[i + alpha]!;
    for (let c = 0; c < alpha; c++) out[i + c] = mulDiv255(data[i + c]!, a);
    out[i + alpha] = a;
  }
  return out;
}

/** The way back, in place, as Pillow does it. */
export function unpremultiply(data: Uint8Array, channels: 2 | 4): Uint8Array {
  const alpha = channels - 1;
  for (let i = 0; i < data.length; i += channels) {
    const a = data[i + alpha]!;
    if (a === 0 || a === 255) continue;
    for (let c = 0; c < alpha; c++) data[i + c] = Math.min(255, Math.trunc((255 * data[i + c]!) / a));
  }
  return data;
}

/** One colour laid on white, in the integers of Pillow's alpha_composite (AlphaComposite.c, an opaque background). */
function layOnWhite(colour: number, alpha: number): number {
  const t = 128 * (colour * alpha + 255 * (255 - alpha)) + 0x4000;
  return (((t >> 8) + t) >> 8) >> 7;
}

/** LA or RGBA bytes → L or RGB, laid on white where the picture is transparent. */
function onWhite(data: Uint8Array, channels: 2 | 4): Uint8Array {
  const colours = channels - 1;
  const out = new Uint8Array((data.length / channels) * colours);
  let to = 0;
  for (let i = 0; i < data.length; i += channels) {
    const alpha = data[i + colours]!;
    for (let c = 0; c < colours; c++) out[to++] = layOnWhite(data[i + c]!, alpha);
  }
  return out;
}

/** What the options ask for before resizing: alpha laid on white, 16 bit shown by its high byte. */
export function settle(picture: Picture, options: ImageOptions): Picture {
  const { mode, data, width, height } = picture;
  if (data instanceof Uint16Array) {
    if (options.depth === "clip") return picture;
    return { width, height, mode: "L", data: Uint8Array.from(data, (value) => value >> 8) };
  }
  if (options.alpha === "drop") return picture;
  if (mode === "RGBA") return { width, height, mode: "RGB", data: onWhite(data, 4) };
  if (mode === "PA") return { width, height, mode: "P", data: onWhite(data, 4) };
  if (mode === "LA") return { width, height, mode: "L", data: onWhite(data, 2) };
  return picture;
}
