import type { WebSocket } from "@fastify/websocket";
import type { FastifyRequest } from "fastify";
import { asClipError, ClipError } from "../../errors.js";
import type { ServerContext } from "../context.js";
import { askerOf } from "../routes/asking.js";
import type { Serving } from "../serving.js";
import { type LiveAnswer, type LiveStartAsked, liveMessageSchema } from "../wire/live.js";
import { parse } from "../wire/parse.js";
import { checkValues, MOST_VALUES } from "../wire/values.js";
import { versionOf } from "./compared.js";
import type { Desk } from "./desk.js";
import { frameOf, type TimedFrame } from "./frame.js";
import { Rate } from "./rate.js";
import { LiveStream } from "./stream.js";

/** Frames on their way without an answer: one computed, one waiting, one arriving, and one that the client makes. */
const CREDITS = 4;

/** Bytes that a client has not read: above the first its frames are held, above the second it is cut off. */
const UNREAD = { hold: 256 * 1024, most: 16 * 1024 * 1024 } as const;

/** How long, ms, a client may take for its first message, and to close when it is told to. */
const PATIENCE = { start: 10_000, close: 1_000 } as const;

/** How often, ms, the client is asked whether it is there; one that said nothing since the last time is gone. */
const PING_MS = 15_000;

/** Close codes of RFC 6455. */
export const CLOSE = { done: 1000, ending: 1001, rule: 1008, later: 1013 } as const;

/** What ends a stream: an error that the client is told, then the socket closes with the code. */
class Ending extends Error {
  constructor(
    readonly error: ClipError,
    readonly code: number,
  ) {
    super(error.message);
  }
}

/** A socket's stream, from its first message to its close. */
export class LiveConnection {
  readonly #socket: WebSocket;
  readonly #request: FastifyRequest;
  readonly #context: ServerContext;
  readonly #deskOf: (model: string) => Desk<TimedFrame>;
  readonly #gone = new AbortController();
  readonly #frames: Rate;
  readonly #messages: Rate;
  readonly #began = performance.now();
  #stream: LiveStream | undefined;
  #started = false;
  #held = false;
  #alive = true;
  #idle: NodeJS.Timeout;
  #ended: (() => void) | undefined;

  constructor(
    socket: WebSocket,
    request: FastifyRequest,
    context: ServerContext,
    deskOf: (model: string) => Desk<TimedFrame>,
  ) {
    this.#socket = socket;
    this.#request = request;
    this.#context = context;
    this.#deskOf = deskOf;
    const { maxStreamFps } = context.options;
    this.#frames = new Rate(maxStreamFps, Math.max(2, maxStreamFps / 2));
    // A client within its credits stays far below: this one does not listen.
    this.#messages = new Rate(4 * maxStreamFps, 8 * maxStreamFps);
    this.#idle = setTimeout(
      () => this.#late("a first message"),
      Math.min(PATIENCE.start, context.options.streamIdleMs),
    );
    const pings = setInterval(() => this.#ping(), PING_MS);
    const stop = (): void =>
      this.#end(new ClipError("server.closing", "The server is ending."), CLOSE.ending);
    context.closing.addEventListener("abort", stop, { once: true });
    socket.on("message", (data, binary) => this.#take(data, binary));
    socket.on("pong", () => {
      this.#alive = true;
    });
    // Each is answered, and so costs as much as a message. What is not read of the answers ends the socket in ws itself.
    socket.on("ping", () => {
      if (!this.#messages.take(performance.now())) this.#flooded();
    });
    socket.once("close", (code) => {
      context.closing.removeEventListener("abort", stop);
      clearTimeout(this.#idle);
      clearInterval(pings);
      this.#gone.abort();
      this.#ended?.();
      const { frames = 0, dropped = 0, failed = 0 } = this.#stream?.counts ?? {};
      const seconds = (performance.now() - this.#began) / 1000;
      request.log.info({ route: "/v1/live", code, seconds, frames, dropped, failed }, "stream ended");
    });
    if (context.closing.aborted) stop();
  }

  #send(answer: LiveAnswer): void {
    const { readyState, OPEN, bufferedAmount } = this.#socket;
    if (readyState !== OPEN) return;
    if (bufferedAmount > UNREAD.most) {
      this.#socket.terminate();
      return;
    }
    this.#socket.send(JSON.stringify(answer), () => {
      if (!this.#held || this.#full) return;
      this.#held = false;
      this.#stream?.resume();
    });
  }

  get #full(): boolean {
    this.#held ||= this.#socket.bufferedAmount > UNREAD.hold;
    return this.#socket.bufferedAmount > UNREAD.hold;
  }

  /** One last error, then the close; a client that does not answer it is cut off. */
  #end({ code, message }: ClipError, close: number): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#send({ type: "error", code, message });
    this.#close(close, code);
  }

  #close(code: number, reason: string): void {
    this.#socket.close(code, reason);
    this.#gone.abort();
    setTimeout(() => this.#socket.terminate(), PATIENCE.close).unref();
  }

  #flooded(): void {
    this.#end(
      new ClipError("server.busy", "Expected fewer messages: credits say how many frames may be sent."),
      CLOSE.rule,
    );
  }

  #late(what: string): void {
    this.#end(new ClipError("server.timeout", `Expected ${what} but nothing came for too long.`), CLOSE.rule);
  }

  #ping(): void {
    if (!this.#alive) {
      this.#socket.terminate();
      return;
    }
    this.#alive = false;
    this.#socket.ping();
    const { keyId } = this.#request;
    if (keyId === undefined || this.#context.keys().some(({ id }) => id === keyId)) return;
    this.#end(new ClipError("server.auth", "The key of this stream was taken away."), CLOSE.rule);
  }

  #take(data: unknown, binary: boolean): void {
    const now = performance.now();
    if (this.#gone.signal.aborted) return;
    this.#alive = true;
    try {
      if (!this.#messages.take(now)) {
        this.#flooded();
        return;
      }
      if (binary) this.#frame(data as Buffer, now);
      else this.#words(String(data));
      if (this.#started) this.#waitForMore();
    } catch (error) {
      if (error instanceof Ending) {
        this.#end(error.error, error.code);
        return;
      }
      const { code, message } = asClipError(error, "usage.request");
      this.#send({ type: "error", code, message, ...(binary ? { credits: 1 } : {}) });
    }
  }

  #waitForMore(): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.#late("frames"), this.#context.options.streamIdleMs);
  }

  #frame(data: Buffer, now: number): void {
    const stream = this.#stream;
    if (!stream)
      throw new Ending(
        new ClipError("usage.request", 'Expected frames after the answer "ready" but one came before it.'),
        CLOSE.rule,
      );
    const frame = frameOf(data, now, this.#began);
    if (this.#frames.take(now)) stream.take(frame);
    else stream.refuse();
  }

  #words(text: string): void {
    const message = parse(liveMessageSchema, jsonOf(text), "the message");
    if (message.type === "start") {
      if (this.#started) throw new ClipError("usage.request", "Expected one start but a second one came.");
      this.#started = true;
      void this.#start(message);
      return;
    }
    if (!this.#stream)
      throw new Ending(
        new ClipError("usage.request", 'Expected a start and its answer "ready" before other messages.'),
        CLOSE.rule,
      );
    if (message.type === "labels") this.#stream.labels.change(message);
    else void this.#finish(this.#stream);
  }

  /** The stream uses its model, which therefore stays open, until the socket closes. */
  async #start(asked: LiveStartAsked): Promise<void> {
    try {
      await this.#context.pool.use(asked.model, async (serving, name) => {
        await this.#open(asked, serving, name);
        if (this.#gone.signal.aborted) return;
        await new Promise<void>((done) => {
          this.#ended = done;
        });
      });
    } catch (error) {
      if (this.#gone.signal.aborted) return;
      if (!(error instanceof ClipError)) this.#request.log.error({ err: error }, "unexpected");
      const known =
        error instanceof ClipError
          ? error
          : new ClipError("server.fault", "Something in the server failed; its log says more.");
      this.#end(known, known.code === "server.busy" ? CLOSE.later : CLOSE.rule);
    }
  }

  async #open(asked: LiveStartAsked, serving: Serving, name: string): Promise<void> {
    const { maxStreamFps, streamIdleMs, maxStreamBytes } = this.#context.options;
    const full = (): boolean => this.#full;
    const stream = await LiveStream.open(
      {
        context: this.#context,
        serving,
        desk: this.#deskOf(name),
        channel: {
          send: (answer) => this.#send(answer),
          get full() {
            return full();
          },
        },
        asker: { ...askerOf(this.#request, asked.priority), signal: this.#gone.signal },
        told: (outcome, seconds) => this.#context.metrics.frame(name, outcome, seconds),
        fault: (err) => this.#request.log.error({ err }, "unexpected"),
      },
      asked,
    );
    if (this.#gone.signal.aborted) return;
    this.#stream = stream;
    this.#send({
      type: "ready",
      model: name,
      imageSize: serving.clip.model.imageSize,
      ...versionOf(stream.labels.now()),
      credits: CREDITS,
      limits: { messageBytes: maxStreamBytes, framesPerSecond: maxStreamFps, idleMs: streamIdleMs },
    });
    this.#waitForMore();
  }

  async #finish(stream: LiveStream): Promise<void> {
    await stream.end();
    this.#close(CLOSE.done, "done");
  }
}

function jsonOf(text: string): unknown {
  checkValues(text, MOST_VALUES.message, "the message");
  try {
    return JSON.parse(text);
  } catch {
    throw new ClipError("usage.request", "Expected a text message of JSON but it can't be read.");
  }
}
