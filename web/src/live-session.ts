import type {
  LiveAnswer,
  LiveEventMessage,
  LiveFrameAnswer,
  LiveMessage,
  LiveReady,
} from "../../src/server/wire/live";
import type { ClassifyOptions } from "./api";
import type { Said } from "./said";

/** As src/server/wire/live.ts has them. */
const PROTOCOL = "zeroclip.live";
const KEY_PREFIX = "zeroclip.key.";
const TIME_BYTES = 8;

const AGAIN_MS = 1500;
/** How often a video is looked at for its next frame, ms. */
const LOOK_MS = 15;
/** Frames on their way: one is computed while the next one comes. More would only be dropped for newer ones. */
const ON_THEIR_WAY = 2;
/** Why the server closes a stream that sent nothing for too long. */
const IDLE_CODE = "server.timeout";
/** Latencies that the figures are taken over. */
const WINDOW = 100;

export interface LiveFigures {
  readonly p50: number;
  readonly p95: number;
  readonly framesPerSecond: number;
}

/** What a stream says while it runs. */
export interface LiveHandlers {
  onState(state: "open" | "lost" | "done"): void;
  onFrame(answer: LiveFrameAnswer, figures: LiveFigures): void;
  onEvent(event: LiveEventMessage): void;
  onVersion(version: number): void;
  onError(error: Said): void;
}

/** Where frames come from: undefined while there is none. */
export type FrameSource = () => Promise<
  { readonly picture: Blob | ImageBitmap; readonly time: number } | undefined
>;

type Compared = Omit<LiveMessage & { type: "labels" }, "type">;

function comparedOf(asked: ClassifyOptions): Compared {
  const { labels, labelSet, lang, domain, templates } = asked;
  return Object.fromEntries(
    Object.entries({ labels, labelSet, lang, domain, templates }).filter(([, value]) => value !== undefined),
  ) as Compared;
}

/** Frames to the server as it takes them: each answer asks for the next, so that nothing piles up; a lost connection is made again. */
export class LiveSession {
  #socket: WebSocket | undefined;
  #credits = 0;
  /** Credits that are not here: frames on their way. */
  #away = 0;
  /** Shortest time between two frames, ms. */
  #pause = 0;
  #sending = false;
  #ended = false;
  #finishing = false;
  #again: ReturnType<typeof setTimeout> | undefined;
  readonly #latencies: number[] = [];
  readonly #answered: number[] = [];
  #asked: ClassifyOptions;

  constructor(
    readonly key: string,
    readonly frames: FrameSource,
    asked: ClassifyOptions,
    readonly handlers: LiveHandlers,
  ) {
    this.#asked = asked;
    this.#open();
  }

  /** Other labels from the next frame on. */
  change(asked: ClassifyOptions): void {
    const again = asked.model !== this.#asked.model;
    this.#asked = asked;
    if (again) this.#socket?.close();
    else if (this.#socket?.readyState === WebSocket.OPEN) this.#say({ type: "labels", ...comparedOf(asked) });
  }

  /** True once there will be no more frames. */
  get finished(): boolean {
    return this.#finishing;
  }

  /** The last frame was sent: the server says what became of all, and closes. */
  finish(): void {
    if (this.#finishing || this.#ended) return;
    this.#finishing = true;
    if (this.#socket?.readyState === WebSocket.OPEN) this.#say({ type: "end" });
    else this.handlers.onState("done");
  }

  end(): void {
    this.#ended = true;
    clearTimeout(this.#again);
    this.#socket?.close();
  }

  get #over(): boolean {
    return this.#ended || this.#finishing;
  }

  get #mayGo(): boolean {
    return !this.#over && this.#credits > 0 && this.#away < ON_THEIR_WAY;
  }

  #say(message: LiveMessage): void {
    this.#socket!.send(JSON.stringify(message));
  }

  #open(): void {
    const address = new URL("/v1/live", location.href);
    address.protocol = address.protocol.replace("http", "ws");
    const socket = new WebSocket(address, [PROTOCOL, ...(this.key === "" ? [] : [KEY_PREFIX + this.key])]);
    this.#socket = socket;
    this.#credits = 0;
    this.#away = 0;
    socket.onopen = () => {
      const { model } = this.#asked;
      this.#say({
        type: "start",
        ...comparedOf(this.#asked),
        ...(model === undefined ? {} : { model }),
        top: 8,
      });
    };
    socket.onmessage = ({ data }) => this.#take(JSON.parse(data as string) as LiveAnswer);
    socket.onclose = ({ reason }) => {
      if (this.#ended) return;
      if (this.#finishing) this.handlers.onState("done");
      else if (reason === IDLE_CODE) void this.#rest();
      else {
        this.handlers.onState("lost");
        this.#again = setTimeout(() => this.#open(), AGAIN_MS);
      }
    };
  }

  /** Opens again once there is something to send. */
  async #rest(): Promise<void> {
    while (!this.#ended && !this.#finishing) {
      if (await this.frames()) return this.#open();
      await new Promise((next) => setTimeout(next, LOOK_MS));
    }
  }

  #take(answer: LiveAnswer): void {
    if (answer.type !== "ready" && "credits" in answer) this.#back(answer.credits ?? 0);
    switch (answer.type) {
      case "ready":
        this.#ready(answer);
        break;
      case "frame":
        this.handlers.onFrame(answer, this.#figures(answer.latency));
        break;
      case "event":
        this.handlers.onEvent(answer);
        break;
      case "labels":
        this.handlers.onVersion(answer.version);
        break;
      case "error":
        // A video that stands still sends nothing: the server closes, and the next frame opens again.
        if (answer.code !== IDLE_CODE) this.handlers.onError(answer);
        break;
    }
    void this.#send();
  }

  #back(credits: number): void {
    this.#credits += credits;
    this.#away -= credits;
  }

  #ready({ version, credits, limits }: LiveReady): void {
    this.#credits = credits;
    this.#pause = 1000 / limits.framesPerSecond;
    this.handlers.onState("open");
    this.handlers.onVersion(version);
  }

  #figures(latency: number): LiveFigures {
    const now = performance.now();
    this.#latencies.push(latency);
    this.#answered.push(now);
    if (this.#latencies.length > WINDOW) this.#latencies.shift();
    while (now - this.#answered[0]! > 3000) this.#answered.shift();
    const sorted = [...this.#latencies].sort((a, b) => a - b);
    const at = (share: number): number =>
      sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
    const span = Math.max(500, now - this.#answered[0]!) / 1000;
    return { p50: at(0.5), p95: at(0.95), framesPerSecond: this.#answered.length / span };
  }

  /** Sends the newest frame for each credit, as fast as they are answered. */
  async #send(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    const socket = this.#socket!;
    try {
      for (let next = 0; this.#mayGo && socket.readyState === WebSocket.OPEN; ) {
        const frame = performance.now() < next ? undefined : await this.frames();
        if (!frame) {
          await new Promise((done) => setTimeout(done, LOOK_MS));
          continue;
        }
        next = performance.now() + this.#pause;
        const picture = frame.picture as Blob;
        const message = new Uint8Array(TIME_BYTES + picture.size);
        new DataView(message.buffer).setFloat64(0, frame.time, true);
        message.set(new Uint8Array(await picture.arrayBuffer()), TIME_BYTES);
        if (socket.readyState !== WebSocket.OPEN || this.#over) break;
        socket.send(message);
        this.#back(-1);
      }
    } finally {
      this.#sending = false;
    }
  }
}
