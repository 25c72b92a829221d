import { open } from "node:fs/promises";
import type { Clip } from "../clip.js";
import type { EncodedImage } from "../encoder.js";
import { asClipError } from "../errors.js";
import { type ImageInput, VIDEO_ENDINGS } from "../image/sources.js";
import type { TimelinePart } from "../live/timeline.js";
import type { Answer, Answerer } from "../zeroshot/confidence/answer.js";
import type { ZeroShotWeights } from "../zeroshot/weights.js";

/** Names that say what the file is, so that it need not be opened to know. */
const PICTURE = /\.(?:jpe?g|jpe|png|webp|gif|tiff?|avif|svg|heic|bmp)$/i;
const VIDEO = new RegExp(`\\.(?:${VIDEO_ENDINGS.join("|")})$`, "i");

/** First bytes of containers: ISO media (but for AVIF and HEIF pictures), Matroska, AVI, FLV, Ogg, MPEG program streams, Y4M. */
const MAGIC =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: containers begin with them
  /^(?:.{4}ftyp(?!avi|hei|mif|msf)|\x1aE\xdf\xa3|RIFF.{4}AVI |FLV\x01|OggS|\0\0\x01\xba|YUV4MPEG2)/s;

/** An encoded input, of a video with what was seen when. */
export interface EncodedInput extends EncodedImage {
  readonly timeline?: readonly TimelinePart[];
}

/** True for the path of a video file: by its name, and of names that say nothing by its first bytes. */
export async function isVideo(input: ImageInput): Promise<boolean> {
  if (typeof input !== "string" || /^(?:https?|data):/i.test(input) || PICTURE.test(input)) return false;
  if (VIDEO.test(input)) return true;
  const file = await open(input).catch(() => undefined);
  if (!file) return false;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(16), 0, 16, 0);
    return MAGIC.test(buffer.toString("latin1", 0, bytesRead));
  } catch {
    return false;
  } finally {
    await file.close();
  }
}

/** Places of the video files: by their names, and of names that say nothing by their first bytes. */
export async function videosAmong(inputs: readonly ImageInput[]): Promise<ReadonlySet<number>> {
  const found = new Set<number>();
  for (const [at, input] of inputs.entries()) if (await isVideo(input)) found.add(at);
  return found;
}

/** All inputs in order: pictures between two videos as one stream. */
export async function* withVideos(
  clip: Clip,
  inputs: readonly ImageInput[],
  videos: ReadonlySet<number>,
  streamOf: (pictures: readonly ImageInput[]) => AsyncGenerator<EncodedImage>,
  weights: ZeroShotWeights,
  answer: Answerer,
  signal: AbortSignal,
): AsyncGenerator<EncodedInput> {
  const { videoAnswer } = await import("../live/timeline.js");
  for (let at = 0; at < inputs.length; at++) {
    let end = at;
    while (end < inputs.length && !videos.has(end)) end += 1;
    if (end > at) yield* streamOf(inputs.slice(at, end));
    at = end;
    if (at >= inputs.length) return;
    const path = String(inputs[at]);
    try {
      const { embedding, timeline } = await videoAnswer(clip, path, weights, answer, { signal });
      yield { id: path, result: embedding, timeline };
    } catch (error) {
      const failed = asClipError(error, "live.source");
      if (failed.code === "aborted" || failed.code === "live.ffmpeg") throw failed;
      yield { id: path, result: failed };
    }
  }
}

/** The answer of a video with its timeline, labels shown as those of the predictions. */
export function withTimeline(
  answer: Answer,
  timeline: readonly TimelinePart[],
  show: (label: string) => { readonly label: string },
): Answer & { readonly timeline: readonly TimelinePart[] } {
  return { ...answer, timeline: timeline.map((part) => ({ ...part, label: show(part.label).label })) };
}
