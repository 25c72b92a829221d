import { ClipError } from "../errors.js";
import { MethodError } from "./methods.js";
import { BusyError } from "./queue/busy.js";
import { LIMITS } from "./wire/limits.js";
import type { Problem } from "./wire/problem.js";

/** Codes whose status is not that of their room. */
const STATUS_OF_CODE: Readonly<Record<string, number>> = {
  aborted: 499,
  "model.unknown": 404,
  "model.missing": 503,
  "labels.set": 404,
  "image.too-large": 413,
  "image.fetch-private": 403,
  "fewshot.shots": 400,
  "fewshot.model": 409,
  "server.auth": 401,
  "server.scope": 403,
  "server.origin": 403,
  "server.host": 421,
  "server.not-found": 404,
  "server.method": 405,
  "server.version": 412,
  "server.ready-set": 409,
  "server.running": 409,
  "server.off": 403,
  "server.too-large": 413,
  "server.headers": 431,
  "server.media-type": 415,
  "server.timeout": 408,
  "server.busy": 429,
  "server.closing": 503,
  "server.slow": 504,
  "server.disk": 507,
  "points.too-large": 413,
  "points.kind": 404,
  "search.query": 400,
  "search.cursor": 400,
  "search.options": 400,
  "search.filter": 400,
  "search.product": 400,
  "search.like": 404,
  "search.missing": 404,
  "search.model": 409,
  "search.trash": 409,
  "search.busy": 503,
  "search.store": 503,
  "search.native": 503,
  "search.disk": 507,
};

/** Rooms whose errors are about what was sent. */
const ASKED: ReadonlySet<string> = new Set([
  "image",
  "input",
  "text",
  "labels",
  "usage",
  "calibrate",
  "points",
]);

const TITLES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  409: "Conflict",
  412: "Precondition Failed",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  421: "Misdirected Request",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  499: "Client Closed Request",
  500: "Internal Server Error",
  503: "Service Unavailable",
  504: "Gateway Timeout",
  507: "Insufficient Storage",
};

/** What OpenAI's clients make a class of error from. */
const TYPES: Readonly<Record<number, string>> = {
  401: "authentication_error",
  403: "permission_error",
  404: "not_found_error",
  429: "rate_limit_error",
};

/** Code of an error → HTTP status. */
export function statusOf({ code }: ClipError): number {
  return STATUS_OF_CODE[code] ?? (ASKED.has(code.split(".", 1)[0]!) ? 400 : 500);
}

/** An error → RFC 9457 problem details. */
export function problemOf(error: ClipError, requestId: string): Problem {
  const status = statusOf(error);
  const { code, message } = error;
  return {
    type: "about:blank",
    title: TITLES[status] ?? "Error",
    status,
    detail: message,
    code,
    requestId,
    error: {
      message,
      type: TYPES[status] ?? (status < 500 ? "invalid_request_error" : "server_error"),
      code,
      param: null,
    },
  };
}

/** Headers that say more of an error. */
export function headersOf(error: ClipError): Record<string, string> {
  if (error instanceof MethodError) return { allow: error.allow };
  if (error instanceof BusyError) return { "retry-after": String(error.retryAfter) };
  if (error.code === "server.closing" || error.code === "search.busy") return { "retry-after": "5" };
  return error.code === "server.auth" ? { "www-authenticate": 'Bearer realm="zeroclip"' } : {};
}

const TOO_LARGE = "server.too-large";
const MEDIA_TYPE = "server.media-type";
const NO_TYPE =
  "Expected application/json, multipart/form-data or a picture as the Content-Type of the body.";
const FEWER_PARTS = "Expected a form with fewer parts.";

/** Fastify's own codes → ours, and what is said. */
const OF_FASTIFY: Readonly<Record<string, readonly [ClipError["code"], string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: [TOO_LARGE, "Expected a smaller body: /v1/server says how large one may be."],
  FST_REQ_FILE_TOO_LARGE: [TOO_LARGE, "Expected a smaller file: /v1/server says how large one may be."],
  FST_FILES_LIMIT: [TOO_LARGE, `Expected at most ${LIMITS.pictures} files a request.`],
  FST_PARTS_LIMIT: [TOO_LARGE, FEWER_PARTS],
  FST_FIELDS_LIMIT: [TOO_LARGE, FEWER_PARTS],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [MEDIA_TYPE, NO_TYPE],
  FST_ERR_CTP_EMPTY_TYPE: [MEDIA_TYPE, NO_TYPE],
  FST_INVALID_MULTIPART_CONTENT_TYPE: [MEDIA_TYPE, NO_TYPE],
};

interface Validation {
  readonly validation?: readonly { readonly instancePath?: string; readonly message?: string }[];
}

/** A disk that takes no more → what is told of it. */
const OF_DISK: ReadonlySet<string> = new Set([
  "ENOSPC",
  "EDQUOT",
  "EROFS",
  "EACCES",
  "EPERM",
  "EIO",
  "EMFILE",
  "ENFILE",
]);

/** Whatever was thrown while a request was answered → one of ours; `undefined` for a fault of our own. */
export function knownError(thrown: unknown): ClipError | undefined {
  if (thrown instanceof ClipError) return thrown;
  const { code, statusCode, message, validation } = (thrown ?? {}) as Validation & {
    code?: string;
    statusCode?: number;
    message?: string;
  };
  const first = message?.split("\n", 1)[0] ?? "";
  if (validation) {
    const [wrong] = validation;
    const where = wrong?.instancePath ? ` at ${wrong.instancePath}` : "";
    return new ClipError(
      "usage.request",
      `Expected a request as /docs describes it${where}: ${wrong?.message ?? first}.`,
      {
        cause: thrown,
      },
    );
  }
  if (code !== undefined && OF_DISK.has(code))
    return new ClipError(
      "server.disk",
      `Expected to keep it on the server's disk but that takes nothing (${code}).`,
      {
        cause: thrown,
      },
    );
  const own = code === undefined ? undefined : OF_FASTIFY[code];
  if (own) return new ClipError(...own, { cause: thrown });
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return new ClipError(statusCode === 408 ? "server.timeout" : "usage.request", sentence(first), {
      cause: thrown,
    });
  return undefined;
}

/** What went wrong with work that nobody waits for, as its entry says it; a fault of our own says nothing of its insides. */
export function problemEntry(thrown: unknown): { code: string; message: string } {
  const { code, message } =
    knownError(thrown) ?? new ClipError("server.fault", "Something in the server failed; its log says more.");
  return { code, message };
}

function sentence(words: string): string {
  return /[.!?]$/.test(words) ? words : `${words}.`;
}
