import { ClipError } from "../errors.js";
import { FailedTry } from "./tries.js";

/** The part of a fetch answer in use. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: AsyncIterable<Uint8Array> | null;
}

export interface HttpRequest {
  readonly method: "GET";
  readonly headers: Record<string, string>;
  /** Redirects are followed here, where credentials can be held back. */
  readonly redirect: "manual";
  readonly signal: AbortSignal;
}

/** Any `fetch`; what the library uses unless it is given another comes from `createFetch`. */
export type HttpFetch = (url: string, request: HttpRequest) => Promise<HttpAnswer>;

/** Proxy addresses and the hosts that go without, as HTTP_PROXY, HTTPS_PROXY and NO_PROXY write them. */
export interface ProxySettings {
  readonly http?: string | undefined;
  readonly https?: string | undefined;
  readonly none?: string | undefined;
}

/** A secret for one origin (scheme, host and port); it is sent to no other. */
export interface Authorization {
  readonly origin: string;
  readonly value: string;
}

/** Hugging Face needs two hops to its file servers; browsers stop at 20; more than this is a loop. */
const MAX_REDIRECTS = 8;

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** Requests that are tried again: time-outs, too many requests, and the server's own troubles. */
function isTransient(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500;
}

/** A fetch through the given proxies, with its own connections; close it when done. Errors: `usage.proxy`. */
export function createFetch(proxy: ProxySettings = {}): { fetch: HttpFetch } & AsyncDisposable {
  const { http = "", https = "", none = "" } = proxy;
  for (const address of [http, https]) {
    if (address !== "" && !/^https?:\/\//i.test(address)) {
      throw new ClipError(
        "usage.proxy",
        `Expected an http:// or https:// proxy but received "${withoutSecrets(address)}".`,
      );
    }
  }
  let connecting: ReturnType<typeof connect> | undefined;
  return {
    async fetch(url, request) {
      connecting ??= connect(http, https, none);
      const { fetch, dispatcher } = await connecting;
      return fetch(url, { ...request, dispatcher });
    },
    async [Symbol.asyncDispose]() {
      await (await connecting)?.dispatcher.destroy();
    },
  };
}

/** Loaded at the first request: undici takes longer to load (0.13 s) than a small model to open. */
async function connect(http: string, https: string, none: string) {
  const { EnvHttpProxyAgent, fetch } = await import("undici");
  // Empty strings, never undefined: undici would read the environment, which is not a library's to read.
  return { fetch, dispatcher: new EnvHttpProxyAgent({ httpProxy: http, httpsProxy: https, noProxy: none }) };
}

/** An address fit for a message: no password, and no query (a file server's signature). */
function withoutSecrets(url: string): string {
  return url.replace(/\/\/[^/@]*@/, "//").replace(/[?#].*$/s, "");
}

/** Lets go of an answer whose body is not wanted. */
async function discard(answer: HttpAnswer): Promise<void> {
  await answer.body?.[Symbol.asyncIterator]().return?.();
}

function nextAddress(from: string, location: string | null): string {
  const target = location !== null && URL.canParse(location, from) ? new URL(location, from) : undefined;
  const scheme = target?.protocol;
  const downgraded = from.startsWith("https:") && scheme === "http:";
  if (target === undefined || (scheme !== "https:" && scheme !== "http:") || downgraded) {
    const message = `Expected a redirect to an http(s) address, and none from https to http, but ${withoutSecrets(from)} redirects to "${withoutSecrets(location ?? "")}"`;
    throw new FailedTry(new ClipError("download.redirect", message), "elsewhere");
  }
  return target.href;
}

function retryAfterMs(answer: HttpAnswer, now: number): number {
  const value = answer.headers.get("retry-after");
  if (value === null) return 0;
  const ms = /^\d+$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isFinite(ms) ? Math.max(0, ms) : 0;
}

function failedStatus(answer: HttpAnswer, url: string, now: number): FailedTry {
  const { status } = answer;
  const shown = withoutSecrets(url);
  if (isTransient(status)) {
    const error = new ClipError("download.busy", `The server answered ${status} for ${shown}`);
    return new FailedTry(error, "again", retryAfterMs(answer, now));
  }
  const code = status === 401 || status === 403 ? "download.forbidden" : "download.missing";
  const known = code === "download.forbidden" || status === 404 || status === 410;
  return new FailedTry(
    new ClipError(known ? code : "download.status", `The server answered ${status} for ${shown}`),
    "elsewhere",
  );
}

/**
 * GET with redirects followed (to http(s) only, never from https down to http) and the secret kept to its origin.
 * Resolves to an answer of status 200, 206 or 416; any other is a FailedTry that knows whether to come back.
 */
export async function get(
  url: string,
  request: {
    readonly fetch: HttpFetch;
    readonly signal: AbortSignal;
    readonly headers?: Record<string, string>;
    readonly authorization?: Authorization | undefined;
    readonly now: number;
  },
): Promise<HttpAnswer> {
  let address = url;
  for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
    const secret = request.authorization;
    const headers = { "accept-encoding": "identity", "user-agent": "zeroclip", ...request.headers };
    if (secret !== undefined && new URL(address).origin === secret.origin) {
      Object.assign(headers, { authorization: secret.value });
    }
    const answer = await request.fetch(address, {
      method: "GET",
      headers,
      redirect: "manual",
      signal: request.signal,
    });
    if (answer.status === 200 || answer.status === 206 || answer.status === 416) return answer;
    await discard(answer);
    if (!REDIRECTS.has(answer.status)) throw failedStatus(answer, address, request.now);
    address = nextAddress(address, answer.headers.get("location"));
  }
  const message = `Expected at most ${MAX_REDIRECTS} redirects but ${url} has more`;
  throw new FailedTry(new ClipError("download.redirect", message), "elsewhere");
}

/**
 * What a fetch or the reading of its body raised, where the network or the server is to blame; undefined for anything
 * else. Every fetch raises TypeError ("fetch failed", "terminated") or an error with a code of the socket or of undici.
 */
export function networkFailure(error: unknown, url: string): FailedTry | undefined {
  if (!(error instanceof Error) || error instanceof FailedTry) return undefined;
  const code = String((error as NodeJS.ErrnoException).code ?? "");
  const byCode = /^(?:UND_ERR|HPE_|ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_)/.test(code);
  if (!(error instanceof TypeError) && !byCode) return undefined;
  const cause = error.cause instanceof Error ? error.cause : error;
  const reason = cause.message || String((cause as NodeJS.ErrnoException).code ?? error.message);
  const sentence = `The connection to ${new URL(url).host} failed (${reason})`;
  return new FailedTry(new ClipError("download.network", sentence, { cause: error }), "again");
}
