import { ClipError } from "../errors.js";
import type { Size } from "./pixels.js";
import type { Window } from "./window.js";

/** How pictures are read. */
export interface ImageOptions {
  /** `apply` (default): turn the picture as its EXIF orientation says; `ignore`: as the reference does. */
  readonly exif: "apply" | "ignore";
  /** `white` (default): transparent pictures are laid on white; `drop`: alpha is dropped after resizing, as the reference does. */
  readonly alpha: "white" | "drop";
  /**
   * Grey pictures of 16 bit. `scale` (default): the high byte, as every viewer shows them; `clip`: values above 255
   * become white, as Pillow's conversion and so the reference does.
   */
  readonly depth: "scale" | "clip";
  /**
   * `exact` (default): every byte as Pillow gives it; `fast`: a JPEG at least twice as large as needed is made smaller by
   * the decoder itself, which takes about half the time (docs/pictures-and-texts.md tells what it costs).
   */
  readonly resize: "exact" | "fast";
  /**
   * DICOM: which values become black to white. `auto` (default): the file's own window, else its least to its largest value.
   */
  readonly window: "auto" | Window;
  /** Most bytes of an encoded picture. Default 64 MiB: above any camera's JPEG, below what harms a server. */
  readonly maxBytes: number;
  /** Most pixels of the decoded picture, read from its header before decoding. Default 100 million (300 MB as RGB). */
  readonly maxPixels: number;
  /** Render SVG; default false, because an SVG is a program for a renderer and no picture. */
  readonly svg: boolean;
}

const DEFAULTS: ImageOptions = {
  exif: "apply",
  alpha: "white",
  depth: "scale",
  resize: "exact",
  window: "auto",
  maxBytes: 64 * 1024 * 1024,
  maxPixels: 100_000_000,
  svg: false,
};

/** libvips counts pixels with 32 bits in places; 2³¹ − 1 keeps every product in range. */
const MOST_PIXELS = 2 ** 31 - 1;

/** Node's largest buffer is above this on every 64-bit platform. */
const MOST_BYTES = 2 ** 31 - 1;

/** Options as given → complete and checked. Raises `image.options`. */
export function imageOptions(given: Partial<ImageOptions> = {}): ImageOptions {
  const options = { ...DEFAULTS, ...given };
  if (options.resize !== "exact" && options.resize !== "fast") {
    throw new ClipError(
      "image.options",
      `Expected resize to be exact or fast but received ${JSON.stringify(options.resize)}.`,
    );
  }
  const { window } = options;
  if (window !== "auto" && !(Number.isFinite(window?.center) && window.width >= 1 && window.width < 1e9)) {
    throw new ClipError(
      "image.options",
      `Expected window to be auto or a finite center and a width from 1 but received ${JSON.stringify(window)}.`,
    );
  }
  for (const [name, value, most] of [
    ["maxBytes", options.maxBytes, MOST_BYTES],
    ["maxPixels", options.maxPixels, MOST_PIXELS],
  ] as const) {
    if (!Number.isInteger(value) || value < 1 || value > most) {
      throw new ClipError("image.options", `Expected ${name} from 1 to ${most} but received ${value}.`);
    }
  }
  return options;
}

/** Raises `image.too-large`. */
export function checkPixels({ width, height }: Size, { maxPixels }: ImageOptions): void {
  if (width * height <= maxPixels) return;
  const found = `${width} × ${height} = ${width * height}`;
  throw new ClipError(
    "image.too-large",
    `Expected at most ${maxPixels} pixels but the picture has ${found}.`,
  );
}
