import { ClipError } from "../../errors.js";

/** Commas and brackets of JSON or a list that are taken: a value in memory costs up to thirty times its text. */
export const MOST_VALUES = {
  /** A body: a hundred thousand labels with ids, parents, descriptions and translations have half of them. */
  body: 2_000_000,
  /** A field of a form, or a message of a stream: ten thousand labels with the same. */
  message: 200_000,
} as const;

const SIGNS = [",", "[", "{"] as const;

/** Counted before anything is made of a text: pictures in base64 have none of the signs. Raises `usage.request`. */
export function checkValues(text: string, most: number, what: string): void {
  let count = 0;
  for (const sign of SIGNS) {
    for (let at = text.indexOf(sign); at >= 0; at = text.indexOf(sign, at + 1)) {
      count += 1;
      if (count > most)
        throw new ClipError(
          "usage.request",
          `Expected at most ${most} values in ${what} but it has more commas and brackets.`,
        );
    }
  }
}
