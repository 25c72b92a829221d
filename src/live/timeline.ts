import type { LabelVectors } from "../encoder.js";
import { ClipError, throwIfAborted } from "../errors.js";
import type { Views } from "../image/views.js";
import { type Embedding, unit } from "../math/unit.js";
import type { Answerer } from "../zeroshot/confidence/answer.js";
import type { ZeroShotWeights } from "../zeroshot/weights.js";
import { isBlank } from "./blank.js";
import { type FrameOptions, type VideoFrame, videoFrames } from "./ffmpeg.js";
import { type LiveModel, SHRINK_TO } from "./run.js";
import { sourceForm } from "./source.js";

/** A stretch of a video in which one label is the most probable. */
export interface TimelinePart {
  readonly label: string;
  /** Seconds. */
  readonly start: number;
  readonly end: number;
  /** Mean probability of the label over the stretch, 0..1. */
  readonly confidence: number;
}

/** The best label of one frame. */
export interface TimedLabel {
  readonly time: number;
  readonly label: string;
  readonly probability: number;
}

/** Adds frames in order; memory grows with the parts, not with the frames. */
export function timelineOf(frames: Iterable<TimedLabel>, before: readonly TimelineRun[] = []): TimelineRun[] {
  const runs = [...before];
  for (const { time, label, probability } of frames) {
    const last = runs.at(-1);
    if (last) runs[runs.length - 1] = { ...last, end: time };
    if (last?.label === label) {
      runs[runs.length - 1] = { ...last, end: time, sum: last.sum + probability, count: last.count + 1 };
    } else runs.push({ label, start: time, end: time, sum: probability, count: 1 });
  }
  return runs;
}

/** A stretch that may still grow. */
export interface TimelineRun {
  readonly label: string;
  readonly start: number;
  readonly end: number;
  readonly sum: number;
  readonly count: number;
}

/** A video as one picture: the mean of its frames' unit vectors, brought back to length 1, and what was seen when. */
export interface VideoAnswer {
  readonly embedding: Embedding;
  readonly timeline: readonly TimelinePart[];
  /** Frames that were looked at, without blank ones. */
  readonly frames: number;
}

/** Frames of a video that are computed together. */
const BATCH = 8;

/** What a video's frames need of a model. */
type FrameModel = Pick<LiveModel, "model" | "encodeImages">;

export interface VideoOptions extends FrameOptions {
  /** What the video will be compared with, where the model has to know. */
  readonly labels?: LabelVectors;
  /** Squares of a frame that are averaged. */
  readonly views?: Views;
}

/** A video file → unit vectors of its frames in order, without blank ones. */
async function* frameVectors(
  clip: FrameModel,
  path: string,
  { labels, views, ...options }: VideoOptions,
): AsyncGenerator<{ readonly time: number; readonly vector: Embedding }> {
  const batch: VideoFrame[] = [];
  const compute = async function* (): AsyncGenerator<{ time: number; vector: Embedding }> {
    const pictures = batch.map(({ image }) => image);
    const results = await clip.encodeImages(pictures, {
      ...(labels ? { labels } : {}),
      ...(views ? { views } : {}),
    });
    for (const [i, vector] of results.entries()) {
      if (vector instanceof ClipError) throw vector;
      yield { time: batch[i]!.time, vector };
    }
    batch.length = 0;
  };
  const shrinkTo = SHRINK_TO * clip.model.imageSize;
  for await (const frame of videoFrames(path, sourceForm(path), { shrinkTo, ...options })) {
    if (!isBlank(frame.image)) batch.push(frame);
    if (batch.length === BATCH) yield* compute();
  }
  // Frames end quietly when the signal fires: half a video is no answer.
  throwIfAborted(options.signal);
  if (batch.length > 0) yield* compute();
}

/**
 * A video file → its pooled vector; `each` is told the vector of each frame. Raises `live.ffmpeg`, `live.source` (also where
 * all frames are blank), `aborted`.
 */
export async function pooledVideo(
  clip: FrameModel,
  path: string,
  options: VideoOptions = {},
  each: (time: number, vector: Embedding) => void = () => {},
): Promise<{ readonly embedding: Embedding; readonly frames: number }> {
  const sum = new Float32Array(clip.model.dim);
  let frames = 0;
  for await (const { time, vector } of frameVectors(clip, path, options)) {
    for (let d = 0; d < sum.length; d++) sum[d]! += vector[d]!;
    frames += 1;
    each(time, vector);
  }
  if (frames === 0)
    throw new ClipError(
      "live.source",
      `Expected a video with pictures at ${path} but all of its frames are blank.`,
    );
  return { embedding: unit(sum), frames };
}

/** A video file → its pooled vector and timeline. Raises what `pooledVideo` raises. */
export async function videoAnswer(
  clip: FrameModel,
  path: string,
  weights: ZeroShotWeights,
  answer: Answerer,
  options: FrameOptions = {},
): Promise<VideoAnswer> {
  let runs: TimelineRun[] = [];
  const pooled = await pooledVideo(clip, path, { ...options, labels: weights }, (time, vector) => {
    const { label, probability } = answer(vector).predictions[0]!;
    runs = timelineOf([{ time, label, probability }], runs);
  });
  const timeline = runs.map(({ label, start, end, sum, count }) => ({
    label,
    start,
    end,
    confidence: sum / count,
  }));
  return { ...pooled, timeline };
}
