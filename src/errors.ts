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
  return new ClipError("usage.out", `Expected to write ${path} but can't: ${whyNotWritten(error)}.`, {
    cause: error,
  });
}

/** What keeps a file system from taking a file, in words. */
export function whyNotWritten(error: unknown): string {
  const { code = "" } = (error ?? {}) as NodeJS.ErrnoException;
  return NOT_WRITTEN[code] ?? asClipError(error, "usage.out").message;
}

const NOT_WRITTEN: Readonly<Record<string, string>> = {
  ENOSPC: "its disk is full",
  EDQUOT: "its disk's quota is used up",
  EROFS: "its disk can only be read",
  EACCES: "its rights do not allow it",
  EPERM: "its rights do not allow it",
  ENOENT: "its folder can't be made",
  ENOTDIR: "a part of its path is a file",
  EEXIST: "a part of its path is a file",
};

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
