import fastifyWebsocket from "@fastify/websocket";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { ClipError } from "../../errors.js";
import type { ServerContext } from "../context.js";
import { LiveConnection } from "../live/connection.js";
import { Desk } from "../live/desk.js";
import type { TimedFrame } from "../live/frame.js";
import { LiveRequest } from "../live/upgrade.js";
import { BusyError } from "../queue/busy.js";
import { LIVE_PROTOCOL } from "../wire/live.js";

/** Before any route: those that are WebSockets are known by it. */
export async function acceptSockets(app: FastifyInstance, { options }: ServerContext): Promise<void> {
  endRefused(app);
  await app.register(fastifyWebsocket, {
    options: {
      maxPayload: options.maxStreamBytes,
      // Pieces of one message: what splits a picture into single bytes is no client.
      maxFragments: 1_024,
      perMessageDeflate: false,
      // Of what a client offers never the one that holds its key.
      handleProtocols: (offered) => (offered.has(LIVE_PROTOCOL) ? LIVE_PROTOCOL : false),
    },
    // Errors of a socket are the client's: too large a message, bytes that are no WebSocket's.
    errorHandler: (error, socket, request) => {
      request.log.info({ detail: error.message }, "stream broken");
      // ws has said why (1009, 1002, …): a moment for that to arrive.
      setTimeout(() => socket.terminate(), 1_000).unref();
    },
  });
}

/** What was refused before it became a WebSocket leaves its connection behind: it ends with the answer. */
function endRefused(app: FastifyInstance): void {
  app.addHook("onSend", async (request, reply) => {
    if (isUpgrade(request)) reply.header("connection", "close");
  });
  app.addHook("onResponse", async (request) => {
    if (isUpgrade(request)) request.raw.socket.destroySoon();
  });
}

function isUpgrade({ raw }: FastifyRequest): boolean {
  return raw instanceof LiveRequest && raw.upgrade;
}

/** Streams by who has them. */
class Streams {
  readonly #of = new Map<string, number>();
  #all = 0;

  get size(): number {
    return this.#all;
  }

  /** Takes a place until the function that it returns is called. Raises `server.busy`. */
  take(client: string, { maxStreams, maxClientStreams }: ServerContext["options"]): () => void {
    const own = this.#of.get(client) ?? 0;
    if (this.#all >= maxStreams || own >= maxClientStreams) throw new BusyError(5);
    this.#all += 1;
    this.#of.set(client, own + 1);
    return () => {
      this.#all -= 1;
      const left = (this.#of.get(client) ?? 1) - 1;
      if (left > 0) this.#of.set(client, left);
      else this.#of.delete(client);
    };
  }
}

export function liveRoutes(app: FastifyInstance, context: ServerContext): void {
  const streams = new Streams();
  const desks = new Map<string, Desk<TimedFrame>>();
  const deskOf = (model: string): Desk<TimedFrame> => {
    const desk = desks.get(model) ?? new Desk<TimedFrame>();
    desks.set(model, desk);
    return desk;
  };
  context.metrics.watchStreams(() => streams.size);
  app.route({
    method: "GET",
    url: "/v1/live",
    config: { work: true },
    preValidation: async (request: FastifyRequest) => {
      if (!isUpgrade(request)) return;
      const leave = streams.take(request.keyId ?? request.ip, context.options);
      request.raw.socket.once("close", leave);
    },
    handler: async () => {
      throw new ClipError(
        "usage.request",
        "Expected a WebSocket (Upgrade: websocket), as docs/live.md says.",
      );
    },
    wsHandler: (socket, request) => {
      new LiveConnection(socket, request, context, deskOf);
    },
  });
}
