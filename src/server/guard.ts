import type { FastifyInstance, FastifyRequest } from "fastify";
import { ClipError } from "../errors.js";
import type { ServerContext } from "./context.js";
import { findKey, type Scope } from "./keys/keys.js";
import { asksForSocket } from "./live/upgrade.js";
import { BusyError } from "./queue/busy.js";
import { Held, type Place } from "./queue/held.js";
import { tooLarge } from "./too-large.js";
import { bytesOf, Unread } from "./unread.js";
import { LIVE_KEY } from "./wire/live.js";

declare module "fastify" {
  interface FastifyRequest {
    /** Id of the key that asks; undefined where none is needed. */
    keyId: string | undefined;
    /** Fires when the client went away or the answer takes too long. */
    gone: AbortSignal;
    /** Gives its place free: it was answered. */
    letGo: () => void;
    /** An abort that is the answer's lateness, by its own name. */
    late(error: ClipError | undefined): ClipError | undefined;
  }
  interface FastifyContextConfig {
    /** Costs computing: refused while the machine has too much to do. */
    readonly work?: boolean;
    /** What a key has to be allowed; default `read`. */
    readonly scope?: Scope;
    /** Needs no key: what watches the server, and the page itself. */
    readonly open?: boolean;
    /** Asked by what watches the server: answered also while it has too much to do. */
    readonly watches?: boolean;
  }
}

export interface Guard {
  /** Requests that are being answered, and answers that are being read. */
  readonly inFlight: () => number;
}

const LOOPBACK = new Set(["127.0.0.1", "::1", "localhost"]);

/** True for an address that only this machine reaches. */
export function isLocal(host: string): boolean {
  return LOOPBACK.has(host);
}

/** Looks at each request's head before anything of its body is read. */
export function guardRequests(app: FastifyInstance, context: ServerContext): Guard {
  const { options, metrics } = context;
  const held = new Held();
  const unread = new Unread();
  app.server.maxConnections = options.maxConnections;
  app.decorateRequest("keyId", undefined);
  app.decorateRequest("gone", null as unknown as AbortSignal);
  app.decorateRequest("letGo", null as unknown as () => void);
  app.decorateRequest("late", function late(this: FastifyRequest, error) {
    const slow = this.gone?.reason instanceof SlowAnswer && error?.code === "aborted";
    return slow ? this.gone.reason : error;
  });
  app.addHook("onRequest", async (request, reply) => {
    let place: Place | undefined;
    const gone = new AbortController();
    request.gone = gone.signal;
    const { requestTimeoutMs } = options;
    const timer = setTimeout(() => gone.abort(new SlowAnswer(requestTimeoutMs)), requestTimeoutMs);
    request.letGo = () => {
      place?.letGo();
      clearTimeout(timer);
    };
    reply.header("x-request-id", request.id);
    reply.raw.once("close", () => {
      request.letGo();
      if (!reply.raw.writableFinished) gone.abort();
    });
    if (context.closing.aborted) {
      reply.header("connection", "close");
      throw new ClipError("server.closing", "The server is ending: ask another one, or again in a moment.");
    }
    checkHost(request, context);
    checkOrigin(request, context);
    checkKey(request, context);
    const { watches, work } = request.routeOptions.config;
    if (watches) return;
    checkBody(request, options.maxBodyBytes);
    place = held.take(request.keyId ?? request.ip, bodyBytes(request, options.maxBodyBytes), options);
    request.raw.once("end", place.arrived);
    if (work) admit(context);
  });
  // From here on it is the reader's turn: he takes no place of those who ask.
  app.addHook("onSend", async (request, reply, payload) => {
    request.letGo?.();
    unread.give(reply.raw, bytesOf(payload, reply.getHeader("content-length")));
    return payload;
  });
  app.addHook("onResponse", async (request, reply) => {
    const route = request.routeOptions.url ?? "none";
    const seconds = reply.elapsedTime / 1000;
    metrics.answered(route, request.method, reply.statusCode, seconds);
    request.log.info(
      {
        method: request.method,
        route,
        status: reply.statusCode,
        seconds,
        key: request.keyId,
        ip: request.ip,
      },
      "answered",
    );
  });
  return { inFlight: () => held.requests + unread.size };
}

/** Forms are read by a parser that bounds their parts alone: a body that is too large is refused by its head. */
function checkBody({ headers }: FastifyRequest, most: number): void {
  const bytes = Number(headers["content-length"]) || 0;
  if (bytes > most) throw tooLarge(most, bytes);
}

/** Bytes that a body may come to: one that does not say counts as the largest. */
function bodyBytes({ headers }: FastifyRequest, most: number): number {
  if (headers["transfer-encoding"] !== undefined) return most;
  return Math.min(most, Number(headers["content-length"]) || 0);
}

class SlowAnswer extends ClipError {
  constructor(ms: number) {
    super(
      "server.slow",
      `Expected an answer within ${ms} ms but it takes longer: send fewer pictures or labels at once.`,
    );
  }
}

/** The host a request names, without its port. */
function hostOf(host: string): string {
  return host
    .replace(/:\d+$/, "")
    .replace(/^\[|\]$/g, "")
    .toLowerCase();
}

/**
 * A page elsewhere can have its name point at this machine and so reach a server on loopback as its own (DNS rebinding):
 * there only the names of this machine are answered.
 */
function checkHost(request: FastifyRequest, { options }: ServerContext): void {
  if (!isLocal(options.host)) return;
  const asked = hostOf(request.headers.host ?? "");
  if (LOOPBACK.has(asked) || options.hosts.includes(asked)) return;
  throw new ClipError(
    "server.host",
    "Expected this machine's own name (localhost) or one of --hosts as the host.",
  );
}

/** A page of another origin may ask only where it was allowed to. */
function checkOrigin(request: FastifyRequest, { options }: ServerContext): void {
  const { origin, host } = request.headers;
  // A page may read what any GET gives only where CORS lets it; of a WebSocket it reads everything.
  const reads = request.method === "GET" || request.method === "HEAD";
  if (origin === undefined || (reads && !asksForSocket(request.raw))) return;
  if (options.cors.includes("*") || options.cors.includes(origin)) return;
  if (URL.canParse(origin) && new URL(origin).host === host) return;
  throw new ClipError("server.origin", "Expected a page of this server or an origin given by --cors to ask.");
}

/** True where a key has to be shown. */
export function needsKey({ options, keys }: Pick<ServerContext, "options" | "keys">): boolean {
  if (options.auth !== "auto") return options.auth === "required";
  return keys().length > 0 || !isLocal(options.host);
}

function checkKey(request: FastifyRequest, context: ServerContext): void {
  const { open, scope = "read" } = request.routeOptions.config;
  if (!open && request.method !== "OPTIONS") requireKey(request, context, scope);
}

/** Raises `server.auth` and `server.scope` where a key is needed and none is shown that may do this. */
export function requireKey(request: FastifyRequest, context: ServerContext, scope: Scope): void {
  if (!needsKey(context)) return;
  const { authorization = "", "x-api-key": plain } = request.headers;
  const bearer = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
  const given = bearer ?? (typeof plain === "string" ? plain : offeredKey(request));
  const key = given === undefined || given.length > 200 ? undefined : findKey(context.keys(), given);
  if (!key)
    throw new ClipError(
      "server.auth",
      "Expected a key of this server (Authorization: Bearer zc_…; zeroclip keys create).",
    );
  if (!key.scopes.includes(scope))
    throw new ClipError(
      "server.scope",
      `Expected a key with the scope ${scope} but this one has ${key.scopes.join(" and ")}.`,
    );
  request.keyId = key.id;
}

/** The key of a WebSocket, offered as a subprotocol. */
function offeredKey({ raw }: FastifyRequest): string | undefined {
  if (!asksForSocket(raw)) return undefined;
  const offered = (raw.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
  return offered.find((name) => name.startsWith(LIVE_KEY))?.slice(LIVE_KEY.length);
}

/** Raises `server.busy` before a body is read where every open model has too much to do already. */
function admit({ pool }: ServerContext): void {
  const { loaded } = pool;
  let refused: BusyError | undefined;
  for (const { serving } of loaded) {
    try {
      serving.images.admit();
      return;
    } catch (error) {
      if (!(error instanceof BusyError)) throw error;
      refused = error;
    }
  }
  if (refused) throw refused;
}
