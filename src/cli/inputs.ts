import { ClipError } from "../errors.js";
import type { ImageInput } from "../image/sources.js";

/** Stands among pictures for a folder or pattern that has none: fails when its turn comes, and alone. */
class NoPicture implements AsyncIterable<Uint8Array> {
  constructor(
    readonly name: string,
    private readonly why: ClipError,
  ) {}

  // biome-ignore lint/correctness/useYield: it has nothing to give.
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    throw this.why;
  }
}

/**
 * Runs `expand` for one of several patterns; where it holds nothing, `instead` takes its place, so that its neighbours are answered.
 * Raises `input.none` where the pattern is the only one, and whatever else `expand` raises.
 */
export async function orElse<T>(
  expand: () => AsyncIterable<T>,
  isAlone: boolean,
  instead: (why: ClipError) => T,
): Promise<T[]> {
  const found: T[] = [];
  try {
    for await (const one of expand()) found.push(one);
  } catch (error) {
    if (isAlone || !(error instanceof ClipError && error.code === "input.none")) throw error;
    found.push(instead(error));
  }
  return found;
}

/**
 * Paths, folders, globs, addresses and `-` (stdin) → pictures, in order; nothing is opened. Of several, a folder without a picture
 * fails by itself, later. Raises `input.none`, `aborted`.
 */
export async function commandInputs(patterns: readonly string[], signal: AbortSignal): Promise<ImageInput[]> {
  const { expandInputs } = await import("../image/sources.js");
  const inputs: ImageInput[] = [];
  for (const pattern of patterns) {
    if (pattern === "-") {
      if (process.stdin.isTTY)
        throw new ClipError("usage.stdin", "Expected a picture on stdin but it is a terminal.");
      inputs.push(process.stdin);
    } else if (/^(?:https?|data):/i.test(pattern)) inputs.push(pattern);
    else {
      const found = await orElse<ImageInput>(
        () => expandInputs([pattern], { signal }),
        patterns.length === 1,
        (why) => new NoPicture(pattern, why),
      );
      inputs.push(...found);
    }
  }
  return inputs;
}

/** What a result is called: its path or address, or the folder or pattern that holds none; the stream of stdin is `-`. */
export function inputName(input: ImageInput, id: string): string {
  if (input instanceof NoPicture) return input.name;
  return input === process.stdin ? "-" : id;
}
