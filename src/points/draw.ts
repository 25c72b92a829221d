import type { ShapeLimits } from "./limits.js";
import { type Outline, outlineOf } from "./outline.js";
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
  /** What it may hold; default: USUAL_LIMITS. */
  readonly limits?: ShapeLimits;
  /** True: also what a page shows of it. */
  readonly outline?: boolean;
}

/** Views of a shape and what is known of it. */
export interface DrawnShape {
  readonly views: readonly ShapeView[];
  readonly points: number;
  /** Triangles; 0 of a cloud. */
  readonly faces: number;
  readonly warnings: readonly ShapeWarning[];
  /** Where it was asked for. */
  readonly outline?: Outline;
}

/** An input → a shape. Raises `points.*`. */
export function shapeOf(input: ShapeInput, limits?: ShapeLimits): Shape {
  const bounds = limits ? { limits } : {};
  if (typeof input === "string") return readShape(input, bounds);
  return "bytes" in input ? readShape(input.bytes, { name: input.name, ...bounds }) : input;
}

/** A shape → its views. Raises `points.*`, `usage.views`. */
export function draw({ input, size, options, limits, outline }: ShapeJob): DrawnShape {
  const shape = shapeOf(input, limits);
  const views = renderViews(shape, size, options);
  return {
    views,
    points: pointsOf(shape),
    faces: facesOf(shape),
    warnings: shape.warnings,
    ...(outline ? { outline: outlineOf(shape, options.up) } : {}),
  };
}
