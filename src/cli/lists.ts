import { ClipError, type ErrorCode } from "../errors.js";

/** Words between commas, each once. */
export function listOf(text: string | undefined): string[] {
  const words = (text ?? "").split(",").map((word) => word.trim());
  return [...new Set(words.filter((word) => word !== ""))];
}

/** A list of words of a few. Raises `code`. */
export function someOf<T extends string>(
  text: string | undefined,
  known: readonly T[],
  option: string,
  code: ErrorCode,
): T[] {
  return listOf(text).map((word) => {
    const found = known.find((one) => one === word);
    if (found) return found;
    throw new ClipError(code, `Expected ${known.join(", ")} for ${option} but received "${word}".`);
  });
}

/** A list of whole numbers. Raises `code`. */
export function wholeOf(
  text: string | undefined,
  least: number,
  most: number,
  option: string,
  code: ErrorCode,
): number[] {
  return listOf(text).map((word) => {
    const value = Number(word);
    if (/^\d+$/.test(word) && value >= least && value <= most) return value;
    throw new ClipError(
      code,
      `Expected whole numbers from ${least} to ${most} for ${option} but received "${word}".`,
    );
  });
}
