/** The rooms that may raise an error; the word before the dot of every code. */
export type ErrorRoom =
  | "checkpoint"
  | "model"
  | "download"
  | "graph"
  | "runtime"
  | "image"
  | "text"
  | "input"
  | "labels"
  | "evaluate"
  | "bench"
  | "calibrate"
  | "quantize"
  | "advise"
  | "server"
  | "live"
  | "search"
  | "fewshot"
  | "points"
  | "robust"
  | "align"
  | "usage";

/** A stable code such as `model.unknown`: programs may rely on it, the sentence may change. */
export type ErrorCode = `${ErrorRoom}.${string}` | "aborted";

/**
 * The only error that zeroclip raises on purpose: one sentence that says what was expected and what came,
 * with a stable code and, where there is one, the cause.
 */
export class ClipError extends Error {
  override readonly name = "ClipError";

  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Any thrown value as a ClipError: ours as it is, another wrapped with its first line and the given code. */
export function asClipError(thrown: unknown, code: ErrorCode): ClipError {
  if (thrown instanceof ClipError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new ClipError(code, message.split("\n", 1)[0] ?? "", { cause: thrown });
}

/** A full disk, a folder of that name: whatever keeps a file from being written, in one sentence. */
export function cannotWrite(path: string, error: unknown): ClipError {
  if (error instanceof ClipError) return error;
  const why = asClipError(error, "usage.out").message;
  return new ClipError("usage.out", `Expected to write ${path} but can't: ${why}.`, { cause: error });
}

/** A value from outside as a message shows it, at most so many characters of it; what JSON can't say (circles, too deep) by its kind. */
export function shownValue(value: unknown, most = 60): string {
  try {
    const text = JSON.stringify(value) ?? typeof value;
    return text.length > most ? `${text.slice(0, most)}…` : text;
  } catch {
    return Array.isArray(value) ? "a list that can't be shown" : "an object that can't be shown";
  }
}

/** ` (and 3 more such)`: what a warning that names the first of some cases says of the others. */
export function andMore(more: number): string {
  return more > 0 ? ` (and ${more} more such)` : "";
}

/** Raises `aborted` when the signal has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new ClipError("aborted", "The operation was aborted.", { cause: signal.reason });
}

/** Results of many → the values alone; raises the first error where there is one. */
export function orThrow<T>(results: readonly (T | ClipError)[]): T[] {
  return results.map((result) => {
    if (result instanceof ClipError) throw result;
    return result;
  });
}
