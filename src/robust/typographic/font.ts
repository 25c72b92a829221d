/** Letters of five by seven dots, a row each five bits: drawn here, so that every machine writes the same bytes. */
const GLYPHS: Readonly<Record<string, readonly number[]>> = {
  " ": [0, 0, 0, 0, 0, 0, 0],
  "-": [0, 0, 0, 31, 0, 0, 0],
  "'": [4, 4, 8, 0, 0, 0, 0],
  ".": [0, 0, 0, 0, 0, 12, 12],
  "0": [14, 17, 19, 21, 25, 17, 14],
  "1": [4, 12, 4, 4, 4, 4, 14],
  "2": [14, 17, 1, 2, 4, 8, 31],
  "3": [31, 2, 4, 2, 1, 17, 14],
  "4": [2, 6, 10, 18, 31, 2, 2],
  "5": [31, 16, 30, 1, 1, 17, 14],
  "6": [6, 8, 16, 30, 17, 17, 14],
  "7": [31, 1, 2, 4, 8, 8, 8],
  "8": [14, 17, 17, 14, 17, 17, 14],
  "9": [14, 17, 17, 15, 1, 2, 12],
  A: [14, 17, 17, 31, 17, 17, 17],
  B: [30, 17, 17, 30, 17, 17, 30],
  C: [14, 17, 16, 16, 16, 17, 14],
  D: [28, 18, 17, 17, 17, 18, 28],
  E: [31, 16, 16, 30, 16, 16, 31],
  F: [31, 16, 16, 30, 16, 16, 16],
  G: [14, 17, 16, 23, 17, 17, 15],
  H: [17, 17, 17, 31, 17, 17, 17],
  I: [14, 4, 4, 4, 4, 4, 14],
  J: [7, 2, 2, 2, 2, 18, 12],
  K: [17, 18, 20, 24, 20, 18, 17],
  L: [16, 16, 16, 16, 16, 16, 31],
  M: [17, 27, 21, 21, 17, 17, 17],
  N: [17, 17, 25, 21, 19, 17, 17],
  O: [14, 17, 17, 17, 17, 17, 14],
  P: [30, 17, 17, 30, 16, 16, 16],
  Q: [14, 17, 17, 17, 21, 18, 13],
  R: [30, 17, 17, 30, 20, 18, 17],
  S: [15, 16, 16, 14, 1, 1, 30],
  T: [31, 4, 4, 4, 4, 4, 4],
  U: [17, 17, 17, 17, 17, 17, 14],
  V: [17, 17, 17, 17, 17, 10, 4],
  W: [17, 17, 17, 21, 21, 21, 10],
  X: [17, 17, 10, 4, 10, 17, 17],
  Y: [17, 17, 17, 10, 4, 4, 4],
  Z: [31, 1, 2, 4, 8, 16, 31],
};

/** Dots of a letter, and from one letter to the next. */
const [WIDTH, HEIGHT, STEP] = [5, 7, 6];

/** A word as the letters that there are: capitals without accents; what has no letter here is left out. */
export function writable(word: string): string {
  const plain = word.normalize("NFD").toUpperCase().replaceAll(/[_/]/g, " ");
  return [...plain]
    .filter((letter) => GLYPHS[letter])
    .join("")
    .trim();
}

/** A line of text as dots, 1 where there is ink. */
export interface Dots {
  readonly width: number;
  readonly height: number;
  readonly ink: (y: number, x: number) => boolean;
}

/** The dots of a writable word. */
export function dotsOf(word: string): Dots {
  const letters = [...word].map((letter) => GLYPHS[letter] ?? []);
  return {
    width: Math.max(1, letters.length * STEP - 1),
    height: HEIGHT,
    ink: (y, x) => {
      const column = x % STEP;
      if (y < 0 || x < 0) return false;
      return (
        column < WIDTH && (((letters[Math.floor(x / STEP)]?.[y] ?? 0) >> (WIDTH - 1 - column)) & 1) === 1
      );
    },
  };
}
