import { ClipError, composeTemplates, type ZeroShotWeights } from "../../../src/browser/index";
import {
  type EventState,
  eventOptions,
  flush,
  type LiveEvent,
  NOTHING_SEEN,
  observe,
} from "../../../src/live/events";
import { percentile } from "../../../src/live/smooth";
import type { ClassifyOptions } from "../api";
import type { FrameSource, LiveHandlers } from "../live-session";
import type { LiveStream } from "../platform";
import type { LocalServer } from "./local-server";

/** How often a video is looked at for its next frame, ms. */
const LOOK_MS = 15;
/** Predictions of a frame that are shown, and latencies that the figures are taken over. */
const [SHOWN, WINDOW] = [8, 100];
const RULES = eventOptions({});

/** Frames of a video compared with labels in this browser, one at a time: the newest whenever the last one was answered. */
export class LocalLive implements LiveStream {
  readonly #server: LocalServer;
  readonly #frames: FrameSource;
  readonly #handlers: LiveHandlers;
  #asked: ClassifyOptions;
  #version = 1;
  #weights: { readonly version: number; readonly made: ZeroShotWeights } | undefined;
  #events: EventState = NOTHING_SEEN;
  #finished = false;
  #ended = false;
  readonly #latencies: number[] = [];
  readonly #answered: number[] = [];

  constructor(server: LocalServer, frames: FrameSource, asked: ClassifyOptions, handlers: LiveHandlers) {
    this.#server = server;
    this.#frames = frames;
    this.#asked = asked;
    this.#handlers = handlers;
    void this.#run();
  }

  get finished(): boolean {
    return this.#finished;
  }

  change(asked: ClassifyOptions): void {
    this.#asked = asked;
    this.#version += 1;
    this.#handlers.onVersion(this.#version);
  }

  finish(): void {
    this.#finished = true;
  }

  end(): void {
    this.#ended = true;
  }

  async #run(): Promise<void> {
    this.#handlers.onState("open");
    this.#handlers.onVersion(this.#version);
    while (!this.#ended && !this.#finished) {
      const frame = await this.#frames();
      if (!frame) {
        await new Promise((next) => setTimeout(next, LOOK_MS));
        continue;
      }
      try {
        await this.#answer(frame.picture, frame.time);
      } catch (error) {
        const { code, message } =
          error instanceof ClipError ? error : new ClipError("runtime.run", String(error));
        this.#handlers.onError({ code, message });
        await new Promise((next) => setTimeout(next, 1000));
      }
    }
    if (this.#ended) return;
    this.#tell(flush(this.#events));
    this.#handlers.onState("done");
  }

  async #answer(picture: Blob | ImageBitmap, time: number): Promise<void> {
    const began = performance.now();
    const { clip } = await this.#server.open();
    const version = this.#version;
    if (this.#weights?.version !== version) {
      const { labels = [], domain = [], templates } = this.#asked;
      const prompts = domain.length > 0 ? composeTemplates([domain].flat(), templates) : templates;
      this.#weights = { version, made: await clip.zeroShotWeights(labels as string[], prompts) };
    }
    const { made } = this.#weights;
    const answer = await clip.answerer(made);
    const [vector] = await clip.encodeImages([picture]);
    if (picture instanceof ImageBitmap) picture.close();
    if (this.#ended || !vector) return;
    if (vector instanceof ClipError) throw vector;
    const { predictions } = answer(vector);
    const latency = performance.now() - began;
    const shown = predictions
      .slice(0, SHOWN)
      .map(({ label, probability, similarity }) => ({ label, probability, similarity }));
    this.#handlers.onFrame(
      { type: "frame", time, latency, version, credits: 1, predictions: shown },
      this.#figures(latency),
    );
    const seen = new Map(predictions.map(({ label, probability }) => [label, probability]));
    const { state, events } = observe(this.#events, time, seen, RULES);
    this.#events = state;
    this.#tell(events);
  }

  #tell(events: readonly LiveEvent[]): void {
    for (const event of events) this.#handlers.onEvent({ type: "event", ...event });
  }

  #figures(latency: number): { p50: number; p95: number; framesPerSecond: number } {
    const now = performance.now();
    this.#latencies.push(latency);
    if (this.#latencies.length > WINDOW) this.#latencies.shift();
    this.#answered.push(now);
    while (now - this.#answered[0]! > 3000) this.#answered.shift();
    const sorted = [...this.#latencies].sort((a, b) => a - b);
    const span = Math.max(500, now - this.#answered[0]!) / 1000;
    return {
      p50: percentile(sorted, 0.5),
      p95: percentile(sorted, 0.95),
      framesPerSecond: this.#answered.length / span,
    };
  }
}
