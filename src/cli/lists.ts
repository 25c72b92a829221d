import { ClipError, type ErrorCode } from "../errors.js";

/** Words between commas, each once. */
export function listOf(text: string | undefined): string[] {
  const words = (text ?? "").split(",").map((word) => word.trim());
  return [...new Set(words.filter((word) => word !== ""))];
}

/** The same, of one at least. Raises `code`. */
function someWords(text: string | undefined, wanted: string, option: string, code: ErrorCode): string[] {
  const words = listOf(text);
  if (words.length > 0 || text === undefined) return words;
  throw new ClipError(code, `Expected ${wanted} for ${option} but received "${text}".`);
}

/** Models between commas, each once. Raises `code` where one has no name. */
export function modelNames(models: string, code: ErrorCode): string[] {
  const names = models.split(",").map((name) => name.trim());
  if (!names.includes("")) return [...new Set(names)];
  throw new ClipError(code, `Expected names of models between commas for --model but received "${models}".`);
}

/** A list of words of a few. Raises `code`. */
export function someOf<T extends string>(
  text: string | undefined,
  known: readonly T[],
  option: string,
  code: ErrorCode,
): T[] {
  return someWords(text, known.join(", "), option, code).map((word) => {
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
  const wanted = `whole numbers from ${least} to ${most}`;
  return someWords(text, wanted, option, code).map((word) => {
    const value = Number(word);
    if (/^\d+$/.test(word) && value >= least && value <= most) return value;
    throw new ClipError(code, `Expected ${wanted} for ${option} but received "${word}".`);
  });
}
