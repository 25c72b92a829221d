import { gate, prefetch } from "../encode/prefetch.js";
import type { BatchSize, EncodeProgress, Encoder } from "../encoder.js";
import { asClipError, ClipError, throwIfAborted } from "../errors.js";
import type { RawPixels } from "../image/sources.js";
import type { Embedding } from "../math/unit.js";
import type { ZeroShotWeights } from "../zeroshot/weights.js";
import type { DrawnShape, ShapeInput } from "./draw.js";
import { openRenderer, type Renderer } from "./renderer.js";
import type { ShapeWarning } from "./shape.js";
import { checkViewOptions, type ShapeView, type ViewOptions } from "./view/render.js";
import { pooled, type ViewWeights } from "./weights.js";

export interface EncodeShapesOptions extends ViewOptions {
  /** How much each view counts; default: top and bottom a quarter of the others. `entropy` needs `labels`. */
  readonly weights?: ViewWeights;
  /** What shapes will be compared with. */
  readonly labels?: ZeroShotWeights;
  /** Pictures computed at once. */
  readonly batchSize?: BatchSize;
  /** Threads that read and draw, 0 (none) to 64; default: one a core, at most 4. */
  readonly workers?: number;
  /** Draws; default: one of this call's own. */
  readonly renderer?: Renderer;
  /** True: the pictures come with each shape. */
  readonly keepViews?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: EncodeProgress) => void;
}

/** One shape: its vector, or what was wrong with it. */
export interface EncodedShape {
  /** Path, name or position, for messages. */
  readonly id: string;
  readonly result: Embedding | ClipError;
  /** Vectors of its views by their names; empty where it failed. */
  readonly views: Readonly<Record<string, Embedding>>;
  readonly points: number;
  /** Triangles; 0 of a cloud. */
  readonly faces: number;
  readonly warnings: readonly ShapeWarning[];
  /** With `keepViews`. */
  readonly pictures?: readonly ShapeView[];
}

/** What shapes are called. */
export function shapeId(input: ShapeInput, position: number): string {
  if (typeof input === "string") return input;
  return "bytes" in input ? input.name : `#${position}`;
}

/** A shape whose views are on their way through the model. */
interface Underway {
  readonly id: string;
  readonly drawn: DrawnShape | ClipError;
  readonly vectors: (Embedding | ClipError)[];
}

const isDone = ({ drawn, vectors }: Underway): boolean =>
  drawn instanceof ClipError || vectors.length === drawn.views.length;

/**
 * Shapes → vectors in a model's space, in order; what is wrong with one is its own result. Threads read and draw while the model
 * computes the views of shapes before, batch after batch across shapes. Raises `usage.*`, `points.weights`, `aborted`.
 */
export async function* encodeShapes(
  encoder: Encoder,
  inputs: Iterable<ShapeInput> | AsyncIterable<ShapeInput>,
  options: EncodeShapesOptions = {},
): AsyncGenerator<EncodedShape> {
  checkViewOptions(options);
  const { workers, signal, onProgress, labels, batchSize } = options;
  await using own = options.renderer ? undefined : openRenderer(workers);
  const renderer = options.renderer ?? own!;
  const underway: Underway[] = [];
  const pictures = drawnPictures(renderer, encoder.model.imageSize, inputs, options, underway);
  let done = 0;
  const finished = function* (): Generator<EncodedShape> {
    while (underway[0] && isDone(underway[0])) {
      yield finishedShape(underway.shift()!, encoder.model.logitScale, options);
      onProgress?.({ done: ++done, ...(Array.isArray(inputs) ? { total: inputs.length } : {}) });
    }
  };
  const stream = encoder.encodeImageStream(pictures, {
    ...(signal ? { signal } : {}),
    ...(labels ? { labels } : {}),
    ...(batchSize === undefined ? {} : { batchSize }),
  });
  for await (const { result } of stream) {
    yield* finished();
    underway[0]!.vectors.push(result);
    yield* finished();
  }
  yield* finished();
}

/** Pictures of shape after shape; what they are of is put into `underway` before the first of them is given. */
async function* drawnPictures(
  renderer: Renderer,
  size: number,
  inputs: Iterable<ShapeInput> | AsyncIterable<ShapeInput>,
  { style, views, up, signal }: EncodeShapesOptions,
  underway: Underway[],
): AsyncGenerator<RawPixels> {
  const how: ViewOptions = {
    ...(style ? { style } : {}),
    ...(views ? { views } : {}),
    ...(up ? { up } : {}),
  };
  const turn = gate(renderer.atOnce);
  const drawing = prefetch(inputs, renderer.atOnce + 1, (input, position) =>
    turn(async () => {
      const id = shapeId(input, position);
      try {
        throwIfAborted(signal);
        return { id, drawn: await renderer.draw({ input, size, options: how }) };
      } catch (error) {
        return { id, drawn: asClipError(error, "points.read") };
      }
    }),
  );
  for await (const { id, drawn } of drawing) {
    if (drawn instanceof ClipError && drawn.code === "aborted") throw drawn;
    underway.push({ id, drawn, vectors: [] });
    if (!(drawn instanceof ClipError)) yield* drawn.views;
  }
}

function finishedShape(
  { id, drawn, vectors }: Underway,
  logitScale: number,
  { weights, labels, keepViews }: EncodeShapesOptions,
): EncodedShape {
  const nothing = { id, views: {}, points: 0, faces: 0, warnings: [] };
  if (drawn instanceof ClipError) return { ...nothing, result: drawn };
  const { points, faces, warnings, views: pictures } = drawn;
  const failed = vectors.find((vector) => vector instanceof ClipError);
  const known = { id, points, faces, warnings, ...(keepViews ? { pictures } : {}) };
  if (failed) return { ...known, views: {}, result: failed };
  const names = pictures.map(({ name }) => name);
  const found = vectors as Embedding[];
  const result = pooled(found, names, weights, labels && { labels, logitScale });
  return { ...known, result, views: Object.fromEntries(names.map((name, i) => [name, found[i]!])) };
}
