import { ClipError } from "../../errors.js";
import type { RawPixels } from "../../image/sources.js";
import { sampled } from "../sample.js";
import type { Shape, Up } from "../shape.js";
import { cameraOf, seenFrom, VIEW_COUNTS, type ViewCount, viewpoints } from "./cameras.js";
import { fitted, framed } from "./frame.js";
import { enlarged, type Grey } from "./grey.js";
import { meshView } from "./mesh.js";
import { plainView } from "./plain.js";
import { realisticView } from "./realistic.js";
import { shadedView } from "./shaded.js";

/**
 * How shapes become pictures: `plain`, PointCLIP's projection; `realistic`, PointCLIP V2's; `shaded`, a lit surface laid over the points;
 * `mesh`, the triangles lit. `auto`: `mesh` where there are triangles, else `shaded`.
 */
export const STYLES = ["auto", "plain", "realistic", "shaded", "mesh"] as const;
export type Style = (typeof STYLES)[number];

export interface ViewOptions {
  /** Default `auto`. */
  readonly style?: Style;
  /** 6: four sides, top and bottom; 8: sides and corners; 10 (default): all of them. */
  readonly views?: ViewCount;
  /** Axis that points up; default: what the format says (GLB: y), else z. */
  readonly up?: Up;
}

/** One picture of a shape. */
export interface ShapeView extends RawPixels {
  /** `front`, `back-left`, `top`, … */
  readonly name: string;
}

/** Points that a mesh is drawn with where points are asked for. */
const SAMPLES = 20_000;

/** Side of a view, pixels: models read 224 to 512. */
const SIDES = { least: 32, most: 1024 };

/** Raises `usage.views` for numbers and names that there are not. */
export function checkViewOptions({ style = "auto", views = 10 }: ViewOptions): void {
  if (!STYLES.includes(style))
    throw new ClipError("usage.views", `Expected a style of ${STYLES.join(", ")} but received "${style}".`);
  if (!Object.hasOwn(VIEW_COUNTS, views))
    throw new ClipError("usage.views", `Expected 6, 8 or 10 views but received ${views}.`);
}

const POINT_VIEWS: Readonly<Record<"plain" | "realistic" | "shaded", (seen: Float32Array) => Grey>> = {
  plain: plainView,
  realistic: realisticView,
  shaded: shadedView,
};

/** A shape → pictures from around it, size × size. Raises `points.flat`, `points.too-large`, `usage.views`. */
export function renderViews(shape: Shape, size: number, options: ViewOptions = {}): ShapeView[] {
  checkViewOptions(options);
  if (!(Number.isInteger(size) && size >= SIDES.least && size <= SIDES.most))
    throw new ClipError(
      "usage.views",
      `Expected views of ${SIDES.least} to ${SIDES.most} pixels but received ${size}.`,
    );
  const { style = "auto", views = 10, up } = options;
  const { faces, colours } = shape;
  const positions = framed(shape, up);
  const chosen =
    style === "auto" ? (faces ? "mesh" : "shaded") : style === "mesh" && !faces ? "shaded" : style;
  const all = viewpoints(chosen !== "plain");
  const drawn = chosen !== "mesh" && faces ? sampled(positions, faces, SAMPLES) : positions;
  return VIEW_COUNTS[views].map((at) => {
    const { name } = all[at]!;
    const along = seenFrom(drawn, cameraOf(all[at]!));
    const seen = chosen === "plain" ? along : fitted(along);
    if (chosen === "mesh")
      return { name, width: size, height: size, ...meshView(seen, faces!, size, colours) };
    const data = enlarged(POINT_VIEWS[chosen](seen), size);
    return { name, data, width: size, height: size, channels: 1 };
  });
}

/** Names of the views of a count, in order. */
export function viewNames(views: ViewCount = 10): string[] {
  const all = viewpoints(true);
  return VIEW_COUNTS[views].map((at) => all[at]!.name);
}
