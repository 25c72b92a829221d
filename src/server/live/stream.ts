import { ClipError } from "../../errors.js";
import { latencies } from "../../live/smooth.js";
import { shownAnswer } from "../../zeroshot/chosen-labels.js";
import type { AnswerContext } from "../answer.js";
import type { Serving } from "../serving.js";
import type { LiveAnswer, LiveStartAsked } from "../wire/live.js";
import { versionOf } from "./compared.js";
import type { Desk, Seat } from "./desk.js";
import type { TimedFrame } from "./frame.js";
import { type LiveAsker, StreamLabels } from "./labels.js";
import { EventWatch } from "./watch.js";

/** The way to the client. */
export interface Channel {
  send(answer: LiveAnswer): void;
  /** True while the client does not read: nothing is computed for it then. */
  readonly full: boolean;
}

/** What became of a frame, for metrics. */
export type FrameTold = (outcome: "answered" | "dropped" | "failed", seconds?: number) => void;

/** What a stream is made of. */
export interface StreamParts {
  readonly context: AnswerContext;
  readonly serving: Serving;
  readonly desk: Desk<TimedFrame>;
  readonly channel: Channel;
  readonly asker: LiveAsker;
  readonly told: FrameTold;
  /** A fault of our own: for the log; the client learns that there was one. */
  readonly fault: (error: unknown) => void;
}

/** One client's frames: each is answered, dropped for a newer one, or refused, and its credit goes back. */
export class LiveStream implements Seat<TimedFrame> {
  readonly #parts: StreamParts;
  readonly #asked: LiveStartAsked;
  readonly #labels: StreamLabels;
  readonly #watch: EventWatch;
  readonly #latency = latencies();
  readonly #counts = { frames: 0, dropped: 0, failed: 0 };
  /** The newest frame while the client does not read. */
  #held: TimedFrame | undefined;
  /** Credits of dropped frames that were not given back yet. */
  #owed = 0;
  #ending = false;
  #idle: (() => void) | undefined;
  #waiting = 0;

  private constructor(parts: StreamParts, asked: LiveStartAsked, labels: StreamLabels, watch: EventWatch) {
    this.#parts = parts;
    this.#asked = asked;
    this.#labels = labels;
    this.#watch = watch;
    parts.desk.join(this);
    parts.asker.signal.addEventListener("abort", () => parts.desk.leave(this), { once: true });
  }

  /** Computes the first labels. Raises `usage.labels`, `labels.*`, `calibrate.*`, `live.options`, `aborted`. */
  static async open(parts: StreamParts, asked: LiveStartAsked): Promise<LiveStream> {
    const { context, serving, asker, channel } = parts;
    const watch = new EventWatch(present(asked));
    const labels = await StreamLabels.open(context, serving, asked, asker, {
      changed: (now) => channel.send({ type: "labels", ...versionOf(now) }),
      failed: ({ code, message }) => channel.send({ type: "error", code, message }),
    });
    return new LiveStream(parts, asked, labels, watch);
  }

  get labels(): StreamLabels {
    return this.#labels;
  }

  get counts(): { readonly frames: number; readonly dropped: number; readonly failed: number } {
    return this.#counts;
  }

  /** A frame came. */
  take(frame: TimedFrame): void {
    if (this.#ending) return;
    this.#waiting += 1;
    const { channel, desk } = this.#parts;
    const older = this.#held;
    this.#held = channel.full ? frame : undefined;
    if (older) this.dropped();
    if (!this.#held) desk.offer(this, frame);
  }

  /** The client reads again. */
  resume(): void {
    const frame = this.#held;
    this.#held = undefined;
    if (frame) this.#parts.desk.offer(this, frame);
    else this.#giveBack();
  }

  /** A frame that came too early after the ones before. */
  refuse(): void {
    this.#waiting += 1;
    this.dropped();
  }

  dropped(): void {
    this.#counts.dropped += 1;
    this.#owed += 1;
    this.#parts.told("dropped");
    this.#giveBack();
    this.#settled();
  }

  async run(frame: TimedFrame): Promise<void> {
    const { asker, channel } = this.#parts;
    try {
      await this.#answer(frame);
    } catch (error) {
      if (asker.signal.aborted) return;
      const known = this.#known(error);
      if (known.code === "server.busy") {
        this.dropped();
        return;
      }
      this.#counts.failed += 1;
      this.#parts.told("failed");
      const { code, message } = known;
      channel.send({ type: "error", code, message, time: frame.time, credits: this.#credits() });
      this.#settled();
    }
  }

  /** Takes no more; what waits is answered, what is seen ends, and the last message is `done`. */
  async end(): Promise<void> {
    this.#ending = true;
    if (this.#waiting > 0)
      await new Promise<void>((done) => {
        this.#idle = done;
      });
    const { channel } = this.#parts;
    for (const event of this.#watch.end()) channel.send(event);
    channel.send({ type: "done", ...this.#counts, latency: this.#latency.read() });
  }

  async #answer({ picture, time, arrived }: TimedFrame): Promise<void> {
    const { serving, asker, channel, told } = this.#parts;
    const { weights, chosen, answer, version } = this.#labels.now();
    const kind = {
      views: "center",
      eachView: false,
      ...(serving.clip.needsLabels ? { weights } : {}),
    } as const;
    const [encoded] = await serving.encodeImages([picture], kind, asker);
    if (encoded instanceof ClipError) throw encoded;
    if (encoded!.result instanceof ClipError) throw encoded!.result;
    const given = answer(encoded!.result);
    const { frames, top } = this.#asked;
    const shown = frames
      ? shownAnswer({ ...given, predictions: given.predictions.slice(0, top) }, chosen)
      : undefined;
    const ms = performance.now() - arrived;
    this.#counts.frames += 1;
    this.#latency.add(ms);
    told("answered", ms / 1000);
    channel.send({
      type: "frame",
      time,
      latency: Math.round(10 * ms) / 10,
      version,
      credits: this.#credits(),
      ...(shown ? { predictions: [...shown.predictions] } : {}),
    });
    for (const event of this.#watch.see(time, given.predictions, chosen.show)) channel.send(event);
    this.#settled();
  }

  #settled(): void {
    this.#waiting -= 1;
    if (this.#waiting === 0) this.#idle?.();
  }

  #known(error: unknown): ClipError {
    if (error instanceof ClipError) return error;
    this.#parts.fault(error);
    return new ClipError("server.fault", "Something in the server failed; its log says more.");
  }

  /** Of the frame that is answered now, and of those that were dropped. */
  #credits(): number {
    const credits = 1 + this.#owed;
    this.#owed = 0;
    return credits;
  }

  /** At once, so that a client always has a credit for its newest frame. */
  #giveBack(): void {
    const { channel } = this.#parts;
    if (this.#owed === 0 || channel.full) return;
    const credits = this.#owed;
    this.#owed = 0;
    channel.send({ type: "dropped", credits });
  }
}

function present({ smooth, on, off, minDuration }: LiveStartAsked): {
  smooth?: number;
  on?: number;
  off?: number;
  minDuration?: number;
} {
  return {
    ...(smooth === undefined ? {} : { smooth }),
    ...(on === undefined ? {} : { on }),
    ...(off === undefined ? {} : { off }),
    ...(minDuration === undefined ? {} : { minDuration }),
  };
}
