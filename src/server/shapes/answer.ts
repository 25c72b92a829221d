import { prefetch } from "../../encode/prefetch.js";
import { ClipError } from "../../errors.js";
import { imageOptions } from "../../image/options.js";
import { preview } from "../../image/recode.js";
import type { Embedding } from "../../math/unit.js";
import type { DrawnShape } from "../../points/draw.js";
import { viewNames } from "../../points/view/render.js";
import { checkWeights, pooled, type ViewWeights } from "../../points/weights.js";
import type { ZeroShotWeights } from "../../zeroshot/weights.js";
import { AllFailed } from "../all-failed.js";
import { type AnswerContext, answerOptions, labelled, responseOf, setOf, weightsFor } from "../answer.js";
import type { Asker } from "../queue/batcher.js";
import { BusyError } from "../queue/busy.js";
import type { Serving } from "../serving.js";
import { LIMITS } from "../wire/limits.js";
import type {
  ClassifiedShape,
  DrawingAsked,
  DrawnShapeEntry,
  ShapeOutline,
  ShapesAsked,
  ShapesResponse,
  ViewsResponse,
} from "../wire/points.js";
import type { Drawing, NamedShape, ShapeDesk } from "./desk.js";

/** What answering for shapes needs of a server. */
export type ShapeContext = AnswerContext & { readonly shapes: ShapeDesk };

/** Shapes that one request has drawn at a time, so that others have their turn. */
const AHEAD = 2;

/** Pixels of views that no model asks for: as most models see them. */
const SHOWN_SIZE = 224;

/** Raises `input.none`, `usage.request`. */
function checkCount(shapes: readonly NamedShape[]): void {
  if (shapes.length === 0)
    throw new ClipError("input.none", "Expected at least one point cloud or mesh but received none.");
  if (shapes.length > LIMITS.shapes)
    throw new ClipError("usage.request", `Expected at most ${LIMITS.shapes} shapes a request.`);
}

/** Of one shape: what is answered, or beside what an answer can't do without what is wrong. */
type Entry<T> = T & { readonly shape: string; readonly error?: { code: string; message: string } };

/**
 * Shapes → an entry each, in order: what `told` says of a drawn one, or `empty` with what is wrong with it. Raises `server.busy`,
 * `aborted`, and where no shape can be read the first one's error.
 */
async function entriesOf<T extends object>(
  desk: ShapeDesk,
  shapes: readonly NamedShape[],
  how: Drawing,
  signal: AbortSignal | undefined,
  empty: T,
  told: (one: DrawnShape) => Promise<T>,
): Promise<Entry<T>[]> {
  const results: Entry<T>[] = [];
  let failed: ClipError | undefined;
  for await (const one of prefetch(shapes, AHEAD, (shape) => desk.draw(shape, how, signal))) {
    const shape = shapes[results.length]!.name;
    if (!(one instanceof ClipError)) results.push({ shape, ...(await told(one)) });
    else if (one instanceof BusyError || one.code === "aborted") throw one;
    else {
      failed ??= one;
      results.push({ shape, ...empty, error: entryOf(one) });
    }
  }
  if (failed && results.every(({ error }) => error)) throw new AllFailed(failed, results);
  return results;
}

function drawingOf({ views, style, up, outline }: DrawingAsked, size: number): Drawing {
  return {
    size,
    outline: outline ?? false,
    ...(views ? { views } : {}),
    ...(style ? { style } : {}),
    ...(up ? { up } : {}),
  };
}

/** What an answer says of a shape beside its labels. */
async function shown(
  { points, faces, warnings, views, outline }: DrawnShape,
  pictures: boolean,
): Promise<Omit<DrawnShapeEntry, "shape">> {
  const images: { name: string; image: string }[] = [];
  for (const view of pictures ? views : []) {
    const png = await preview(view, view.width, "png", imageOptions());
    images.push({ name: view.name, image: `data:image/png;base64,${Buffer.from(png).toString("base64")}` });
  }
  return {
    points,
    faces,
    ...(pictures ? { views: images } : {}),
    ...(outline ? { outline: coded(outline) } : {}),
    ...(warnings.length > 0 ? { warnings: [...warnings] } : {}),
  };
}

function coded({ positions, colours, faces }: NonNullable<DrawnShape["outline"]>): ShapeOutline {
  const text = ({ buffer, byteOffset, byteLength }: ArrayBufferView): string =>
    Buffer.from(buffer, byteOffset, byteLength).toString("base64");
  return {
    positions: text(positions),
    ...(colours ? { colours: text(colours) } : {}),
    ...(faces ? { faces: text(faces) } : {}),
  };
}

function entryOf({ code, message }: ClipError): { code: string; message: string } {
  return { code, message };
}

/** The vectors of a shape's views → its own. */
async function vectorOf(
  serving: Serving,
  { views }: DrawnShape,
  weights: ZeroShotWeights,
  viewWeights: ViewWeights | undefined,
  asker: Asker,
): Promise<Embedding> {
  const { needsLabels, model } = serving.clip;
  const kind = { views: "center", eachView: false, ...(needsLabels ? { weights } : {}) } as const;
  const vectors = (await serving.encodeImages(views, kind, asker)).map((one) => {
    if (one instanceof ClipError) throw one;
    if (one.result instanceof ClipError) throw one.result;
    return one.result;
  });
  const names = views.map(({ name }) => name);
  return pooled(vectors, names, viewWeights, { labels: weights, logitScale: model.logitScale });
}

/**
 * Shapes and what is asked of them → the answer of /v1/points/classify. Raises `input.none`, `usage.*`, `labels.*`, `calibrate.*`,
 * `model.*`, `points.weights`, `server.busy`, and where no shape can be read the first one's error.
 */
export async function answerShapes(
  context: ShapeContext,
  shapes: readonly NamedShape[],
  asked: ShapesAsked,
  asker: Asker & { readonly signal: AbortSignal },
): Promise<ShapesResponse> {
  checkCount(shapes);
  const { viewWeights, pictures = false, views, ...rest } = asked;
  if (typeof viewWeights === "object") checkWeights(viewWeights, viewNames(views));
  const { set, key, stored } = await setOf(rest, context, context.pool.adapterOf(asked.model));
  const isPlain = rest.domain === undefined && rest.templates === undefined;
  const prompted = isPlain ? { ...rest, domain: "depth" } : rest;
  return context.pool.use(asked.model, async (serving) => {
    // What a set learnt from photos says nothing of shapes: the set alone is given.
    const { weights, chosen } = await weightsFor(serving, prompted, { set, key }, context, asker);
    const answer = await serving.answerer(weights, answerOptions(rest, chosen));
    const how = drawingOf(asked, serving.clip.model.imageSize);
    type Told = Omit<ClassifiedShape, "shape">;
    const empty: Told = { predictions: [] };
    const results = await entriesOf(context.shapes, shapes, how, asker.signal, empty, async (one) => {
      const given = answer(await vectorOf(serving, one, weights, viewWeights, asker));
      return { ...labelled(given, chosen, asked.top), ...(await shown(one, pictures)) } as Told;
    });
    return responseOf(serving, weights, stored, results);
  });
}

/** Shapes → their views as pictures: the answer of /v1/points/views. Raises `input.none`, `usage.*`, `server.busy`, and where no shape can be read the first one's error. */
export async function drawShapes(
  { shapes: desk }: Pick<ShapeContext, "shapes">,
  shapes: readonly NamedShape[],
  asked: DrawingAsked,
  signal: AbortSignal,
): Promise<ViewsResponse> {
  checkCount(shapes);
  const empty: Omit<DrawnShapeEntry, "shape"> = {};
  const how = drawingOf(asked, SHOWN_SIZE);
  const results = await entriesOf(desk, shapes, how, signal, empty, (one) => shown(one, true));
  return { results };
}
