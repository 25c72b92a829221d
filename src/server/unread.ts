import type { ServerResponse } from "node:http";

/** Bytes of answers that wait for their readers; above it the one that waits longest is cut off. */
const MOST_BYTES = 256 * 1024 * 1024;

/** Slowest reader of an answer, bytes a second: a phone at the edge of its net. */
const SLOWEST = 32 * 1024;

/** How long even a small answer may take to be read, ms: some seconds without a connection are forgiven. */
const PATIENCE_MS = 30_000;

/** An answer, or undefined where its size is not known. */
export function bytesOf(payload: unknown, length: unknown): number {
  if (typeof payload === "string") return Buffer.byteLength(payload);
  if (payload instanceof Uint8Array) return payload.byteLength;
  return Number(length) || 0;
}

/** Answers that were given and not read yet. A reader who does not read holds no place of those who ask, and no memory without end. */
export class Unread {
  /** In the order of their giving. */
  readonly #answers = new Map<ServerResponse, { readonly bytes: number; readonly timer: NodeJS.Timeout }>();
  #bytes = 0;

  constructor(
    readonly most = MOST_BYTES,
    readonly patienceMs = PATIENCE_MS,
  ) {}

  get size(): number {
    return this.#answers.size;
  }

  /** Watches an answer until it was read, or its reader is cut off. */
  give(response: ServerResponse, bytes: number): void {
    if (response.destroyed || this.#answers.has(response)) return;
    const timer = setTimeout(() => response.destroy(), this.patienceMs + (1000 * bytes) / SLOWEST).unref();
    this.#answers.set(response, { bytes, timer });
    this.#bytes += bytes;
    response.once("close", () => this.#forget(response));
    for (const [oldest] of this.#answers) {
      if (this.#bytes <= this.most || oldest === response) break;
      this.#forget(oldest);
      oldest.destroy();
    }
  }

  #forget(response: ServerResponse): void {
    const known = this.#answers.get(response);
    if (!known) return;
    clearTimeout(known.timer);
    this.#answers.delete(response);
    this.#bytes -= known.bytes;
  }
}
