import { readShape } from "./read/read.js";
import { facesOf, pointsOf, type Shape, type ShapeWarning } from "./shape.js";
import { renderViews, type ShapeView, type ViewOptions } from "./view/render.js";

/** A shape: a file's path, a file's bytes with a name, or one that was read already. */
export type ShapeInput = string | { readonly bytes: Uint8Array; readonly name: string } | Shape;

/** A shape and how it is to be drawn. */
export interface ShapeJob {
  readonly input: ShapeInput;
  /** Pixels of a side. */
  readonly size: number;
  readonly options: ViewOptions;
}

/** Views of a shape and what is known of it. */
export interface DrawnShape {
  readonly views: readonly ShapeView[];
  readonly points: number;
  /** Triangles; 0 of a cloud. */
  readonly faces: number;
  readonly warnings: readonly ShapeWarning[];
}

/** An input → a shape. Raises `points.*`. */
export function shapeOf(input: ShapeInput): Shape {
  if (typeof input === "string") return readShape(input);
  return "bytes" in input ? readShape(input.bytes, { name: input.name }) : input;
}

/** A shape → its views. Raises `points.*`, `usage.views`. */
export function draw({ input, size, options }: ShapeJob): DrawnShape {
  const shape = shapeOf(input);
  const views = renderViews(shape, size, options);
  return { views, points: pointsOf(shape), faces: facesOf(shape), warnings: shape.warnings };
}
