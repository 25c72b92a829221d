import { ClipError } from "../errors.js";
import type { ImageInput } from "../image/sources.js";

/** Paths, folders, globs, addresses and `-` (stdin) → pictures, in order; nothing is opened. Raises `input.none`, `aborted`. */
export async function commandInputs(patterns: readonly string[], signal: AbortSignal): Promise<ImageInput[]> {
  const { expandInputs } = await import("../image/sources.js");
  const inputs: ImageInput[] = [];
  for (const pattern of patterns) {
    if (pattern === "-") {
      if (process.stdin.isTTY)
        throw new ClipError("usage.stdin", "Expected a picture on stdin but it is a terminal.");
      inputs.push(process.stdin);
    } else if (/^(?:https?|data):/i.test(pattern)) inputs.push(pattern);
    else for await (const path of expandInputs([pattern], { signal })) inputs.push(path);
  }
  return inputs;
}

/** What a result is called: its path or address; the stream of stdin is `-`. */
export function inputName(input: ImageInput, id: string): string {
  return input === process.stdin ? "-" : id;
}
