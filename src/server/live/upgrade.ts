import { IncomingMessage } from "node:http";

const ASKED = Symbol("upgrade");

/** True for a request that asks for a WebSocket. */
export function asksForSocket({ headers, method }: Pick<IncomingMessage, "headers" | "method">): boolean {
  return method === "GET" && headers.upgrade?.toLowerCase() === "websocket";
}

/**
 * Node takes every request with an Upgrade header for an upgrade once somebody listens for one. Clients that offer HTTP/2 so
 * (Java's, `curl --http2`) are to be answered as before: only a WebSocket at the one address is an upgrade.
 */
export class LiveRequest extends IncomingMessage {
  declare [ASKED]: unknown;

  get upgrade(): boolean {
    return this[ASKED] === true && asksForSocket(this) && /^\/v1\/live\/?(?:\?|$)/.test(this.url ?? "");
  }

  set upgrade(asked: unknown) {
    this[ASKED] = asked;
  }
}
