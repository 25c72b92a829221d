import type { AddressInfo } from "node:net";
import WebSocket from "ws";
import type { LiveAnswer, LiveMessage } from "../../src/server/wire/live.js";
import type { TestServer } from "./server.js";

/** A client that keeps all that it was told, and waits for more. */
export class LiveClient {
  readonly socket: WebSocket;
  readonly told: LiveAnswer[] = [];
  #at = 0;
  #wake: (() => void) | undefined;
  closed: { readonly code: number; readonly reason: string } | undefined;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (data) => {
      this.told.push(JSON.parse(String(data)) as LiveAnswer);
      this.#wake?.();
    });
    socket.on("close", (code, reason) => {
      this.closed = { code, reason: String(reason) };
      this.#wake?.();
    });
  }

  say(message: LiveMessage | Record<string, unknown>): void {
    this.socket.send(JSON.stringify(message));
  }

  frame(picture: Uint8Array, time = Number.NaN): void {
    const head = Buffer.alloc(8);
    head.writeDoubleLE(time);
    this.socket.send(Buffer.concat([head, picture]));
  }

  /** The next message of the type; those before it are skipped. Fails where the socket closes first. */
  async next<T extends LiveAnswer["type"]>(type: T): Promise<Extract<LiveAnswer, { type: T }>> {
    for (;;) {
      while (this.#at < this.told.length) {
        const answer = this.told[this.#at++]!;
        if (answer.type === type) return answer as Extract<LiveAnswer, { type: T }>;
      }
      if (this.closed) throw new Error(`closed (${JSON.stringify(this.closed)}) before ${type}`);
      await new Promise<void>((wake) => {
        this.#wake = wake;
      });
    }
  }

  async end(): Promise<{ readonly code: number; readonly reason: string }> {
    while (!this.closed)
      await new Promise<void>((wake) => {
        this.#wake = wake;
      });
    return this.closed;
  }
}

/** Why a socket was refused: the status and code of the answer. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
  ) {
    super(`${status} ${code}`);
  }
}

interface Headers {
  readonly protocols?: readonly string[];
  readonly headers?: Record<string, string>;
}

/** Opens a socket to a server that listens. Raises `Refused`. */
export async function connect(
  { server }: TestServer,
  { protocols = [], headers = {} }: Headers = {},
): Promise<LiveClient> {
  const { port } = server.app.server.address() as AddressInfo;
  const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/live`, [...protocols], { headers });
  const client = new LiveClient(socket);
  await new Promise<void>((done, fail) => {
    socket.once("open", done);
    socket.once("error", fail);
    socket.once("unexpected-response", (_, answer) => {
      let body = "";
      answer.on("data", (chunk) => {
        body += chunk;
      });
      answer.on("end", () => fail(new Refused(answer.statusCode ?? 0, JSON.parse(body).code)));
    });
  });
  return client;
}
