import { type Command, Option } from "commander";
import type { ClipError } from "../../errors.js";
import type { Up } from "../../points/shape.js";
import type { ViewCount } from "../../points/view/cameras.js";
import { STYLES, type Style, type ViewOptions } from "../../points/view/render.js";
import type { ViewWeights } from "../../points/weights.js";
import type { ConfidenceOptions } from "../confidence.js";
import { orElse } from "../inputs.js";
import type { LabelOptions, TemplateOptions } from "../labels.js";
import type { ModelOptions } from "../options.js";

/** Options that say how shapes are drawn. */
export interface StyleOptions {
  readonly style?: Style;
  readonly up?: Up;
}

/** And from how many sides. */
export interface ShapeOptions extends StyleOptions {
  readonly views?: "6" | "8" | "10";
}

/** Options of `points FILES…`. */
export interface PointsOptions
  extends ModelOptions,
    LabelOptions,
    TemplateOptions,
    ConfidenceOptions,
    ShapeOptions {
  readonly viewWeights?: string;
  readonly saveViews?: string;
  readonly scene?: "grid" | "clusters";
  readonly cell?: number;
  readonly least?: number;
  readonly out?: string;
  readonly top?: number;
  readonly json?: boolean;
}

/** Adds style and axis. */
export function withStyle(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--style <style>",
        "shapes as plain (PointCLIP), realistic (PointCLIP V2), shaded or mesh (default: auto: mesh where there are triangles, else shaded)",
      ).choices([...STYLES]),
    )
    .addOption(
      new Option("--up <axis>", "what points up in shapes (default: y of GLB, else z)").choices(["y", "z"]),
    );
}

/** Adds all. */
export function withShapes(command: Command): Command {
  return withStyle(command.optionsGroup("Views:")).addOption(
    new Option("--views <n>", "6: sides, top, bottom; 8: sides, corners; 10: all (default: 10)").choices([
      "6",
      "8",
      "10",
    ]),
  );
}

export function viewOptionsOf({ style, views, up }: ShapeOptions): ViewOptions {
  return {
    ...(style === undefined ? {} : { style }),
    ...(views === undefined ? {} : { views: Number(views) as ViewCount }),
    ...(up === undefined ? {} : { up }),
  };
}

/** `equal`, `entropy` or a file of `points weigh`. Raises `points.weights`. */
export async function viewWeightsOf(given: string | undefined): Promise<{ readonly weights?: ViewWeights }> {
  if (given === undefined) return {};
  if (given === "equal" || given === "entropy") return { weights: given };
  const { readWeights } = await import("../../points/weights-file.js");
  return { weights: await readWeights(given) };
}

/** How a command's shapes are encoded. */
export function encodingOf(
  { batch, workers }: ModelOptions,
  signal: AbortSignal,
): {
  readonly signal: AbortSignal;
  readonly batchSize?: ModelOptions["batch"] & {};
  readonly workers?: number;
} {
  return {
    signal,
    ...(batch === undefined ? {} : { batchSize: batch }),
    ...(workers === undefined ? {} : { workers }),
  };
}

/** Paths, folders and globs → files of shapes; of several, one that holds none stands among them, and why is told. Raises `input.none`, `aborted`. */
export async function shapeFiles(
  patterns: readonly string[],
  signal: AbortSignal,
): Promise<{ readonly files: readonly string[]; readonly none: ReadonlyMap<string, ClipError> }> {
  const { expandInputs, SHAPE_ENDINGS } = await import("../../image/sources.js");
  const looked = {
    signal,
    endings: SHAPE_ENDINGS,
    what: "point clouds or meshes (TXT and CSV by their names only)",
  };
  const files: string[] = [];
  const none = new Map<string, ClipError>();
  for (const pattern of patterns) {
    const found = await orElse(
      () => expandInputs([pattern], looked),
      patterns.length === 1,
      (why) => {
        none.set(pattern, why);
        return pattern;
      },
    );
    files.push(...found);
  }
  return { files, none };
}
