// What the public door shows of this room, loaded when it is first called: a program that only loads a model starts without it.
import type { EncodedShape } from "./encode.js";
import type { MakeOptions } from "./generate/generate.js";
import type { ReadShapeOptions } from "./read/read.js";
import type { Shape } from "./shape.js";
import type { ShapeView, ViewOptions } from "./view/render.js";
import type { LabelledViews, NamedWeights } from "./weights.js";

/** Shapes and the labels to choose from → an answer or an error each, in order. Raises `labels.*`, `usage.*`, `points.weights`, `aborted`. */
export const classifyShapes: typeof import("./classify.js").classifyShapes = async (...given) =>
  (await import("./classify.js")).classifyShapes(...given);

/**
 * Shapes → vectors in a model's space, in order; what is wrong with one is its own result. Threads read and draw while the model
 * computes the views of shapes before. Raises `usage.*`, `points.weights`, `aborted`.
 */
export async function* encodeShapes(
  ...given: Parameters<typeof import("./encode.js").encodeShapes>
): AsyncGenerator<EncodedShape> {
  yield* (await import("./encode.js")).encodeShapes(...given);
}

/**
 * A file's path, or its bytes → a shape: PLY, OBJ, OFF, XYZ and its like, NPY, PCD, STL, GLB. A cloud of more than two million
 * points is thinned while it is read, with a warning; a mesh of more than five million triangles is refused. Raises `points.*`.
 */
export async function readShape(input: string | Uint8Array, options?: ReadShapeOptions): Promise<Shape> {
  return (await import("./read/read.js")).readShape(input, options);
}

/** A shape → pictures from around it, size × size. Raises `points.flat`, `points.too-large`, `usage.views`. */
export async function renderViews(shape: Shape, size: number, options?: ViewOptions): Promise<ShapeView[]> {
  return (await import("./view/render.js")).renderViews(shape, size, options);
}

/** Labelled shapes → how much each view counts, the largest 1. Raises `points.weights` for fewer than 20 shapes. */
export async function fitViewWeights(views: LabelledViews, names: readonly string[]): Promise<NamedWeights> {
  return (await import("./weights.js")).fitViewWeights(views, names);
}

/**
 * A large cloud (or mesh, whose surface is sampled) → its parts with their labels, and the scene coloured by them. Raises
 * `points.scene`, `labels.*`, `usage.*`, `aborted`.
 */
export const labelScene: typeof import("./scene/label.js").labelScene = async (...given) =>
  (await import("./scene/label.js")).labelScene(...given);

/** A made shape of a kind: an everyday thing with proportions by chance. Raises `points.kind`, `usage.points`. */
export async function makeShape(kind: string, options?: MakeOptions): Promise<Shape> {
  return (await import("./generate/generate.js")).makeShape(kind, options);
}

/** Made shapes in a folder with one folder a kind → how many. Raises `points.kind`, `usage.points`, `aborted`. */
export const generateShapes: typeof import("./generate/folder.js").generateShapes = async (...given) =>
  (await import("./generate/folder.js")).generateShapes(...given);
