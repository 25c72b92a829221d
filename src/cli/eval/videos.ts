import type { EncodedImage, EncodeImagesOptions, EncodeProgress, Encoder } from "../../encoder.js";
import { asClipError } from "../../errors.js";
import type { ImageInput } from "../../image/sources.js";
import { isVideo } from "../videos.js";

/** Inputs up to the next video, which stays in `video`. */
interface Part {
  readonly pictures: AsyncGenerator<ImageInput>;
  readonly ended: () => boolean;
  readonly video: () => string | undefined;
}

function upToVideo(inputs: AsyncIterator<ImageInput>): Part {
  let ended = false;
  let video: string | undefined;
  async function* pictures(): AsyncGenerator<ImageInput> {
    for (;;) {
      const next = await inputs.next();
      if (next.done) {
        ended = true;
        return;
      }
      if (await isVideo(next.value)) {
        video = String(next.value);
        return;
      }
      yield next.value;
    }
  }
  return { pictures: pictures(), ended: () => ended, video: () => video };
}

async function* each(inputs: Iterable<ImageInput> | AsyncIterable<ImageInput>): AsyncGenerator<ImageInput> {
  yield* inputs;
}

/** A model that takes paths of videos where it takes pictures: each is the mean of its frames' vectors. */
export function withVideoFiles(clip: Encoder & AsyncDisposable): Encoder & AsyncDisposable {
  async function* stream(
    inputs: Iterable<ImageInput> | AsyncIterable<ImageInput>,
    { onProgress, ...options }: EncodeImagesOptions = {},
  ): AsyncGenerator<EncodedImage> {
    const all = each(inputs);
    let done = 0;
    for (;;) {
      const before = done;
      const part = upToVideo(all);
      const progress = onProgress
        ? { onProgress: (at: EncodeProgress): void => onProgress({ done: before + at.done }) }
        : {};
      for await (const one of clip.encodeImageStream(part.pictures, { ...options, ...progress })) {
        done += 1;
        yield one;
      }
      const path = part.video();
      if (path !== undefined) {
        yield await pooled(path, options);
        onProgress?.({ done: ++done });
      } else if (part.ended()) return;
    }
  }
  const pooled = async (path: string, options: EncodeImagesOptions): Promise<EncodedImage> => {
    const { pooledVideo } = await import("../../live/timeline.js");
    const { signal, labels, views } = options;
    try {
      const { embedding } = await pooledVideo(clip, path, {
        ...(signal ? { signal } : {}),
        ...(labels ? { labels } : {}),
        ...(views ? { views } : {}),
      });
      return { id: path, result: embedding };
    } catch (error) {
      const failed = asClipError(error, "live.source");
      if (failed.code === "aborted" || failed.code === "live.ffmpeg") throw failed;
      return { id: path, result: failed };
    }
  };
  return {
    model: clip.model,
    encodeImages: (pictures, options) => clip.encodeImages(pictures, options),
    encodeImageStream: stream,
    encodeTexts: (texts, options) => clip.encodeTexts(texts, options),
    ...(clip.comparing ? { comparing: (labels) => clip.comparing!(labels) } : {}),
    ...(clip.needsLabels === undefined ? {} : { needsLabels: clip.needsLabels }),
    [Symbol.asyncDispose]: () => clip[Symbol.asyncDispose](),
  };
}
