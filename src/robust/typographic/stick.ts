import { dotsOf } from "./font.js";

/** How a word is put on a picture. */
export interface Sticker {
  /** `card`: black on a white card, as a note stuck to a thing (Goh et al. 2021); `bare`: white letters with a dark edge, no card. */
  readonly style: "card" | "bare";
  /** Width of the word as a share of the square's side. */
  readonly width: number;
  /** Where its middle is, shares of the side from the top and from the left. */
  readonly top: number;
  readonly left: number;
}

/** As large as a hand-written note in the paper's pictures, in the lower middle. */
export const CARD: Sticker = { style: "card", width: 0.6, top: 0.68, left: 0.5 };

/** A square u8 [size, size, 3] → the same with a writable word on it. An empty word leaves an empty card. */
export function stuck(square: Uint8Array, word: string, { style, width, top, left }: Sticker): Uint8Array {
  const size = Math.sqrt(square.length / 3);
  const dots = dotsOf(word);
  const out = square.slice();
  const dot = (size * width) / Math.max(dots.width, MOST_ALIKE);
  const [wide, high] = [dots.width * dot, dots.height * dot];
  const [x0, y0] = [left * size - wide / 2, top * size - high / 2];
  const paint = (y: number, x: number, grey: number): void => {
    if (y >= 0 && x >= 0 && y < size && x < size) out.fill(grey, (y * size + x) * 3, (y * size + x) * 3 + 3);
  };
  const inked = (y: number, x: number): boolean =>
    dots.ink(Math.floor((y + 0.5 - y0) / dot), Math.floor((x + 0.5 - x0) / dot));
  const edge = Math.max(1, Math.round(1.5 * dot));
  for (let y = Math.floor(y0) - edge; y < y0 + high + edge; y++) {
    for (let x = Math.floor(x0) - edge; x < x0 + wide + edge; x++) {
      const isInk = inked(y, x);
      if (style === "card") paint(y, x, isInk ? 0 : 255);
      else if (isInk) paint(y, x, 255);
      else if (inked(y, x + 1) || inked(y, x - 1) || inked(y + 1, x) || inked(y - 1, x)) paint(y, x, 0);
    }
  }
  return out;
}

/** Dots across of a word that is short: shorter ones are no larger. */
const MOST_ALIKE = 23;
