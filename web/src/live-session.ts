import type {
  LiveAnswer,
  LiveEventMessage,
  LiveFrameAnswer,
  LiveMessage,
  LiveReady,
} from "../../src/server/wire/live";
import type { ClassifyOptions } from "./api";

/** As src/server/wire/live.ts has them. */
const PROTOCOL = "zeroclip.live";
const KEY_PREFIX = "zeroclip.key.";
const TIME_BYTES = 8;

const AGAIN_MS = 1500;
/** Latencies that the figures are taken over. */
const WINDOW = 100;

export interface LiveFigures {
  readonly p50: number;
  readonly p95: number;
  readonly framesPerSecond: number;
}

/** What a stream says while it runs. */
export interface LiveHandlers {
  onState(state: "open" | "lost"): void;
  onFrame(answer: LiveFrameAnswer, figures: LiveFigures): void;
  onEvent(event: LiveEventMessage): void;
  onVersion(version: number): void;
  onError(message: string): void;
}

/** Where frames come from: undefined while there is none. */
export type FrameSource = () => Promise<{ readonly blob: Blob; readonly time: number } | undefined>;

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
  #sending = false;
  #ended = false;
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

  end(): void {
    this.#ended = true;
    clearTimeout(this.#again);
    this.#socket?.close();
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
    socket.onclose = () => {
      if (this.#ended) return;
      this.handlers.onState("lost");
      this.#again = setTimeout(() => this.#open(), AGAIN_MS);
    };
  }

  #take(answer: LiveAnswer): void {
    if ("credits" in answer) this.#credits += answer.credits ?? 0;
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
        this.handlers.onError(answer.message);
        break;
    }
    void this.#send();
  }

  #ready({ version }: LiveReady): void {
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

  /** Sends the newest frame for each credit. */
  async #send(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    const socket = this.#socket!;
    try {
      while (this.#credits > 0 && socket.readyState === WebSocket.OPEN && !this.#ended) {
        const frame = await this.frames();
        if (!frame) {
          await new Promise((next) => setTimeout(next, 40));
          continue;
        }
        const message = new Uint8Array(TIME_BYTES + frame.blob.size);
        new DataView(message.buffer).setFloat64(0, frame.time, true);
        message.set(new Uint8Array(await frame.blob.arrayBuffer()), TIME_BYTES);
        if (socket.readyState !== WebSocket.OPEN) break;
        socket.send(message);
        this.#credits -= 1;
      }
    } finally {
      this.#sending = false;
    }
  }
}
