/**
 * How the picture was stored, in Pillow's words, because the reference resizes in that mode before it converts to RGB:
 * `P` (palette) and `1` (two colours) by nearest neighbour, alpha premultiplied, CMYK in its own space.
 */
export type Mode = "1" | "L" | "P" | "PA" | "LA" | "RGB" | "RGBA" | "CMYK" | "I;16";

/** Bytes of a pixel; `P` and `PA` (with transparency) are kept as the colours of their palette (nearest neighbour gives the same), `1` as grey 0 or 255. */
export const CHANNELS: Readonly<Record<Mode, number>> = {
  "1": 1,
  L: 1,
  P: 3,
  PA: 4,
  LA: 2,
  RGB: 3,
  RGBA: 4,
  CMYK: 4,
  "I;16": 1,
};

/** A decoded picture in the mode it was stored in. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly mode: Mode;
  /** [height, width, CHANNELS[mode]]; u16 for `I;16`, else u8. */
  readonly data: Uint8Array | Uint16Array;
  /** Size in the file, where the decoder has made it smaller already (`resize: "fast"`). */
  readonly stored?: Size;
  /** EXIF data of the file, where it has any and it is no larger than any camera writes it. */
  readonly exif?: Uint8Array;
}

/** Pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}
