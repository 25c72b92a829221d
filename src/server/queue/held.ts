import { BusyError } from "./busy.js";

/** The part of all that one client may hold: those who send slowly, or much, leave room for others. */
const SHARE = 0.5;

/** What may be held at the same time. */
export interface HeldLimits {
  /** Requests that are being answered. */
  readonly maxInFlight: number;
  /** Bytes of their bodies. */
  readonly maxBodiesBytes: number;
}

/** What a request holds. Both may be called more than once. */
export interface Place {
  /** Its body has come. */
  readonly arrived: () => void;
  /** It was answered. */
  readonly letGo: () => void;
}

interface Share {
  requests: number;
  /** Bodies on their way. */
  arriving: number;
  bytes: number;
}

/** What requests hold while they are answered, all together and by client. */
export class Held {
  readonly #all: Share = { requests: 0, arriving: 0, bytes: 0 };
  readonly #of = new Map<string, Share>();

  /** Requests that are being answered. */
  get requests(): number {
    return this.#all.requests;
  }

  /** A place for a request with so many bytes of body, as its head says it. Raises `server.busy`. */
  take(client: string, bytes: number, { maxInFlight, maxBodiesBytes }: HeldLimits): Place {
    const own = this.#of.get(client) ?? { requests: 0, arriving: 0, bytes: 0 };
    // What is alone is never too much.
    const isLarge = (held: number, most: number): boolean => held > 0 && held + bytes > most;
    const isSlow = bytes > 0 && own.arriving >= Math.max(1, SHARE * maxInFlight);
    if (
      this.#all.requests >= maxInFlight ||
      isLarge(this.#all.bytes, maxBodiesBytes) ||
      isLarge(own.bytes, SHARE * maxBodiesBytes) ||
      isSlow
    )
      throw new BusyError(1);
    this.#of.set(client, own);
    const both = [this.#all, own];
    for (const share of both) {
      share.requests += 1;
      share.bytes += bytes;
      if (bytes > 0) share.arriving += 1;
    }
    const arrived = once(() => {
      if (bytes > 0) for (const share of both) share.arriving -= 1;
    });
    const letGo = once(() => {
      arrived();
      for (const share of both) {
        share.requests -= 1;
        share.bytes -= bytes;
      }
      if (own.requests === 0) this.#of.delete(client);
    });
    return { arrived, letGo };
  }
}

function once(work: () => void): () => void {
  let done = false;
  return () => {
    if (!done) work();
    done = true;
  };
}
