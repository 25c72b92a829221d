import type { EncodedImage, EncodeImagesOptions, EncodeProgress, Encoder } from "../../encoder.js";
import { asClipError } from "../../errors.js";
import { type ImageInput, PICTURE_ENDINGS, SHAPE_ENDINGS, VIDEO_ENDINGS } from "../../image/sources.js";
import type { StyleOptions } from "../points/options.js";
import { isVideo } from "../videos.js";

/** What class folders may hold. */
export const FILE_ENDINGS: readonly string[] = [...PICTURE_ENDINGS, ...VIDEO_ENDINGS, ...SHAPE_ENDINGS];

type Inputs = Iterable<ImageInput> | AsyncIterable<ImageInput>;
/** Inputs of one kind → a vector each, in order. */
type Stream = (inputs: Inputs, options: EncodeImagesOptions) => AsyncGenerator<EncodedImage>;

const SHAPE = new RegExp(`\\.(?:${SHAPE_ENDINGS.join("|")})$`, "i");

async function kindOf(input: ImageInput): Promise<"picture" | "video" | "shape"> {
  if (typeof input !== "string") return "picture";
  if (SHAPE.test(input)) return "shape";
  return (await isVideo(input)) ? "video" : "picture";
}

/** A video is the mean of its frames' vectors. */
function videoStream(clip: Encoder): Stream {
  return async function* (inputs, { signal, labels, views, onProgress }) {
    const { pooledVideo } = await import("../../live/timeline.js");
    let done = 0;
    for await (const input of inputs) {
      const path = String(input);
      try {
        const { embedding } = await pooledVideo(clip, path, {
          ...(signal ? { signal } : {}),
          ...(labels ? { labels } : {}),
          ...(views ? { views } : {}),
        });
        yield { id: path, result: embedding };
      } catch (error) {
        const failed = asClipError(error, "live.source");
        if (failed.code === "aborted" || failed.code === "live.ffmpeg") throw failed;
        yield { id: path, result: failed };
      }
      onProgress?.({ done: ++done });
    }
  };
}

/** A point cloud or mesh is the weighted mean of its views' vectors. */
function shapeStream(clip: Encoder, { style, up }: StyleOptions): Stream {
  return async function* (inputs, { signal, batchSize, onProgress }) {
    const { encodeShapes } = await import("../../points/encode.js");
    const paths = (async function* () {
      for await (const input of inputs) yield String(input);
    })();
    const how = {
      ...(style ? { style } : {}),
      ...(up ? { up } : {}),
      ...(signal ? { signal } : {}),
      ...(batchSize === undefined ? {} : { batchSize }),
      ...(onProgress ? { onProgress } : {}),
    };
    for await (const { id, result } of encodeShapes(clip, paths, how)) yield { id, result };
  };
}

/** A model that takes paths of videos, point clouds and meshes where it takes pictures; what lies side by side of one kind is one stream. */
export function withFiles(
  clip: Encoder & AsyncDisposable,
  shapes: StyleOptions = {},
): Encoder & AsyncDisposable {
  const streams: Readonly<Record<Awaited<ReturnType<typeof kindOf>>, Stream>> = {
    picture: (inputs, options) => clip.encodeImageStream(inputs, options),
    video: videoStream(clip),
    shape: shapeStream(clip, shapes),
  };
  async function* stream(
    inputs: Inputs,
    { onProgress, ...options }: EncodeImagesOptions = {},
  ): AsyncGenerator<EncodedImage> {
    const all = (async function* () {
      yield* inputs;
    })();
    let next = await all.next();
    let done = 0;
    while (!next.done) {
      const kind = await kindOf(next.value);
      const before = done;
      const alike = async function* (): AsyncGenerator<ImageInput> {
        while (!next.done && (await kindOf(next.value)) === kind) {
          yield next.value;
          next = await all.next();
        }
      };
      const progress = onProgress
        ? { onProgress: (at: EncodeProgress): void => onProgress({ done: before + at.done }) }
        : {};
      for await (const one of streams[kind](alike(), { ...options, ...progress })) {
        done += 1;
        yield one;
      }
    }
  }
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
