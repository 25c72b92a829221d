import type { Problem } from "../server/wire/problem.js";

/**
 * What a server refused, or that it was not reached. `code` is the server's stable code (docs/errors.md), or `network` (no
 * answer), `timeout` (none in time), `answer` (an answer that is not zeroclip's, of a proxy for one).
 */
export class ZeroclipError extends Error {
  override readonly name = "ZeroclipError";

  constructor(
    readonly code: string,
    message: string,
    /** HTTP status; 0 where there was no answer. */
    readonly status: number,
    readonly details: {
      readonly requestId?: string;
      /** What the server asks to wait, ms. */
      readonly retryAfterMs?: number;
      /** The answer's body where it was JSON. */
      readonly body?: unknown;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
  }
}

/** An answer with a status of 400 or more → its error. */
export function errorOf(response: Response, body: unknown): ZeroclipError {
  const problem = (typeof body === "object" && body !== null ? body : {}) as Partial<Problem>;
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  const requestId = problem.requestId ?? response.headers.get("x-request-id") ?? undefined;
  return new ZeroclipError(
    problem.code ?? "answer",
    problem.detail ?? `Expected an answer of zeroclip but received HTTP ${response.status}.`,
    response.status,
    {
      body,
      ...(requestId === undefined ? {} : { requestId }),
      ...(Number.isFinite(seconds) ? { retryAfterMs: seconds * 1000 } : {}),
    },
  );
}
