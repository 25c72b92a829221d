import { errorOf, ZeroclipError } from "./error.js";

export interface ClientOptions {
  /** Where the server is; in a page the default is the page's own. */
  readonly baseUrl?: string | URL;
  readonly apiKey?: string;
  /** Further tries after 429, 502, 503, 504 and where no answer came, 0..20; default 4. */
  readonly retries?: number;
  /** For one try, ms; default 60,000. */
  readonly timeoutMs?: number;
  /** Default: the platform's. */
  readonly fetch?: typeof fetch;
}

/** Of one call. */
export interface CallOptions {
  readonly signal?: AbortSignal;
}

export interface Asked extends CallOptions {
  /** Makes the body anew for each try: a form's stream can be read once. */
  readonly body?: () => string | FormData;
  readonly headers?: Readonly<Record<string, string>>;
  /** Not asked again where it may have been done though no answer came. */
  readonly once?: boolean;
  /** The answer is bytes, not JSON. */
  readonly bytes?: true;
  /** Answers with this status are given, not raised. */
  readonly accept?: (status: number, body: unknown) => boolean;
}

export interface Answered<T> {
  readonly body: T;
  readonly status: number;
  readonly headers: Headers;
}

/** First wait, doubled with each try, and the longest. */
const [FIRST_WAIT_MS, MOST_WAIT_MS] = [250, 10_000];
const AGAIN = new Set([429, 502, 503, 504]);
/** Of these nothing was done. */
const REFUSED = new Set([429, 503]);

/** Asks a server, and again where that may help. Writes are asked again too: they are whole or not at all, and say which version they expect. */
export class Asker {
  readonly #base: string;
  readonly #retries: number;
  readonly #timeoutMs: number;
  readonly #fetch: typeof fetch;
  readonly #headers: Readonly<Record<string, string>>;

  constructor({ baseUrl = "", apiKey, retries = 4, timeoutMs = 60_000, fetch: given }: ClientOptions) {
    if (!(Number.isInteger(retries) && retries >= 0 && retries <= 20))
      throw new RangeError(`Expected 0 to 20 retries but received ${retries}.`);
    this.#base = String(baseUrl).replace(/\/+$/, "");
    this.#retries = retries;
    this.#timeoutMs = timeoutMs;
    // Called as a method it would lose its own `this`.
    this.#fetch = given ?? ((input, init) => globalThis.fetch(input, init));
    this.#headers = apiKey === undefined || apiKey === "" ? {} : { authorization: `Bearer ${apiKey}` };
  }

  async ask<T>(method: string, path: string, asked: Asked = {}): Promise<Answered<T>> {
    for (let tried = 0; ; tried++) {
      try {
        return await this.#once<T>(method, path, asked);
      } catch (error) {
        if (!(error instanceof ZeroclipError) || tried >= this.#retries || !mayHelp(error)) throw error;
        if (asked.once && !REFUSED.has(error.status)) throw error;
        await wait(error.details.retryAfterMs ?? backOff(tried), asked.signal);
      }
    }
  }

  async #once<T>(
    method: string,
    path: string,
    { body: make, headers, accept, signal, bytes }: Asked,
  ): Promise<Answered<T>> {
    signal?.throwIfAborted();
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), this.#timeoutMs);
    const ended = (): void => stop.abort();
    signal?.addEventListener("abort", ended, { once: true });
    try {
      const response = await this.#fetch(this.#base + path, {
        method,
        headers: { ...headers, ...this.#headers },
        signal: stop.signal,
        ...(make ? { body: make() } : {}),
      });
      if (bytes && response.ok)
        return {
          body: (await response.arrayBuffer()) as T,
          status: response.status,
          headers: response.headers,
        };
      const text = await response.text();
      const body = parsed(text);
      const { status } = response;
      if (response.ok ? body !== undefined || text === "" : accept?.(status, body))
        return { body: body as T, status, headers: response.headers };
      throw errorOf(response, body);
    } catch (error) {
      if (error instanceof ZeroclipError) throw error;
      signal?.throwIfAborted();
      throw stop.signal.aborted
        ? new ZeroclipError("timeout", `The server gave no answer within ${this.#timeoutMs} ms.`, 0)
        : new ZeroclipError("network", "The server does not answer.", 0, { cause: error });
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", ended);
    }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The same again takes as long again. */
const TOO_SLOW = "server.slow";

function mayHelp({ status, code }: ZeroclipError): boolean {
  return code !== TOO_SLOW && (AGAIN.has(status) || code === "network");
}

/** Half of it by chance, so that many clients don't come back together. */
function backOff(tried: number): number {
  const most = Math.min(MOST_WAIT_MS, FIRST_WAIT_MS * 2 ** tried);
  return (most * (1 + Math.random())) / 2;
}

function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const ended = (): void => {
      clearTimeout(timer);
      reject(signal!.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", ended);
      resolve();
    }, ms);
    signal?.addEventListener("abort", ended, { once: true });
  });
}

/** `?a=1&b=2` of what is given. */
export function queryOf(values: Readonly<Record<string, string | number | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value !== undefined) query.set(name, String(value));
  return query.size === 0 ? "" : `?${query}`;
}
