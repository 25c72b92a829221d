import type { EncodeImagesOptions, ModelInfo } from "../encoder.js";
import { ClipError } from "../errors.js";
import type { ImageInput } from "../image/sources.js";
import type { Embedding } from "../math/unit.js";
import type { Answerer } from "../zeroshot/confidence/answer.js";
import type { Prediction } from "../zeroshot/predict.js";
import type { LabelInput } from "../zeroshot/prompts.js";
import type { ZeroShotWeights } from "../zeroshot/weights.js";
import { isBlank } from "./blank.js";
import { type EventOptions, eventOptions, flush, type LiveEvent, NOTHING_SEEN, observe } from "./events.js";
import { frameQueue } from "./queue.js";
import { type SourceOptions, sourceFrames } from "./reconnect.js";
import { type Latency, latencies } from "./smooth.js";
import { sourceForm } from "./source.js";

/** What a run needs of a model; a `Clip` has it. */
export interface LiveModel {
  readonly model: ModelInfo;
  encodeImages(
    inputs: readonly ImageInput[],
    options?: EncodeImagesOptions,
  ): Promise<(Embedding | ClipError)[]>;
  zeroShotWeights(labels: readonly LabelInput[], templates?: readonly string[]): Promise<ZeroShotWeights>;
  answerer(weights: ZeroShotWeights): Promise<Answerer>;
}

/** A picture with its time, s: for sources that are not ffmpeg's. */
export interface TimedImage {
  readonly image: ImageInput;
  readonly time: number;
}

export interface LiveOptions extends Omit<SourceOptions, "shrinkTo">, EventOptions {
  readonly labels: readonly LabelInput[];
  /** Prompt templates; default: the model's. */
  readonly templates?: readonly string[];
  /** True: where the model is slower than the source, the newest frame counts. Default: of live sources and `realtime`. */
  readonly newest?: boolean;
}

/** What was said of one frame. */
export interface LiveFrame {
  readonly event: "frame";
  /** Seconds of the source. */
  readonly time: number;
  /** Of this frame alone, most probable first; empty for a blank picture. */
  readonly predictions: readonly Prediction[];
  /** Milliseconds from the frame's arrival to this answer. */
  readonly latency: number;
  /** Which labels it was compared with: 1, and one more after each `setLabels`. */
  readonly version: number;
}

/** The last item of a run. */
export interface LiveDone {
  readonly event: "done";
  /** Frames answered, blank ones among them. */
  readonly frames: number;
  readonly blank: number;
  readonly dropped: number;
  readonly latency: Latency;
}

export type LiveItem = LiveFrame | LiveEvent | LiveDone;

/** A run: iterate it once. */
export interface LiveRun extends AsyncIterable<LiveItem>, AsyncDisposable {
  /** From the next frame on these labels → their version. Raises `labels.*`, and the old ones stay. */
  setLabels(labels: readonly LabelInput[]): Promise<number>;
}

/** Frames of a file that are computed together, as many as pictures are by default. */
const BATCH = 8;

/** Blank pictures for so long, s, are no cut any more: nothing is seen in them. */
const BLANK_ENDS = 1;

/** ffmpeg shrinks no further than to this many times the model's side, so that zeroclip's exact resize has the last word. */
export const SHRINK_TO = 2;

interface Compared {
  readonly version: number;
  readonly weights: ZeroShotWeights;
  readonly answer: Answerer;
}

async function* arriving(
  frames: AsyncIterable<TimedImage>,
): AsyncGenerator<TimedImage & { arrived: number }> {
  for await (const { image, time } of frames) yield { image, time, arrived: performance.now() };
}

function blank(image: ImageInput): boolean {
  return typeof image === "object" && "channels" in image && isBlank(image);
}

/** Documented in `door.ts`. */
export async function live(
  clip: LiveModel,
  source: string | AsyncIterable<TimedImage>,
  options: LiveOptions,
): Promise<LiveRun> {
  const rules = eventOptions(options);
  const comparing = async (labels: readonly LabelInput[], version: number): Promise<Compared> => {
    const weights = await clip.zeroShotWeights(labels, options.templates);
    return { version, weights, answer: await clip.answerer(weights) };
  };
  let current = await comparing(options.labels, 1);
  let asked = 1;
  const abort = new AbortController();
  const stop = (): void => abort.abort();
  options.signal?.addEventListener("abort", stop, { once: true });
  if (options.signal?.aborted) stop();
  const shrinkTo = SHRINK_TO * clip.model.imageSize;
  const newest =
    options.newest ?? (typeof source !== "string" || sourceForm(source).live || options.realtime === true);

  async function* items(): AsyncGenerator<LiveItem> {
    const frames =
      typeof source === "string"
        ? sourceFrames(source, { ...options, shrinkTo, signal: abort.signal })
        : source;
    const most = newest ? 1 : BATCH;
    const queue = frameQueue(arriving(frames), most, newest, abort.signal);
    const taken = latencies();
    let state = NOTHING_SEEN;
    let count = 0;
    let blanks = 0;
    let blankSince: number | undefined;
    let failed: unknown;
    try {
      while (!abort.signal.aborted) {
        const batch = await queue.take(most);
        if (batch.length === 0) break;
        const { weights, answer, version } = current;
        const seen = batch.filter(({ image }) => !blank(image));
        const results = await clip.encodeImages(
          seen.map(({ image }) => image),
          { labels: weights },
        );
        const of = new Map(seen.map((frame, i) => [frame, results[i]!]));
        for (const frame of batch) {
          const { time, arrived } = frame;
          const result = of.get(frame);
          if (result instanceof ClipError) throw result;
          const predictions = result ? answer(result).predictions : [];
          count += 1;
          let believed: Map<string, number> | undefined;
          if (result) {
            blankSince = undefined;
            believed = new Map(predictions.map(({ label, probability }) => [label, probability]));
          } else {
            blanks += 1;
            blankSince ??= time;
            if (time - blankSince >= BLANK_ENDS)
              believed = new Map(weights.labels.map((label) => [label, 0]));
          }
          const latency = performance.now() - arrived;
          taken.add(latency);
          yield { event: "frame", time, predictions, latency, version };
          if (!believed) continue;
          const next = observe(state, time, believed, rules);
          state = next.state;
          yield* next.events;
        }
      }
    } catch (error) {
      failed = error;
    }
    yield* flush(state);
    if (failed !== undefined) throw failed;
    yield { event: "done", frames: count, blank: blanks, dropped: queue.dropped, latency: taken.read() };
  }

  const running = items();
  const close = async (): Promise<void> => {
    options.signal?.removeEventListener("abort", stop);
    stop();
  };
  return {
    async *[Symbol.asyncIterator]() {
      try {
        yield* running;
      } finally {
        await close();
      }
    },
    async setLabels(labels) {
      const version = ++asked;
      const next = await comparing(labels, version);
      // Of two calls at once the later one counts.
      if (next.version > current.version) current = next;
      return version;
    },
    [Symbol.asyncDispose]: close,
  };
}
