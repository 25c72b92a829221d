import { type Command, Option } from "commander";
import type { Up } from "../../points/shape.js";
import type { ViewCount } from "../../points/view/cameras.js";
import { STYLES, type Style, type ViewOptions } from "../../points/view/render.js";
import type { ViewWeights } from "../../points/weights.js";
import { readWeights } from "../../points/weights-file.js";
import type { ModelOptions } from "../options.js";

/** Options that say how shapes are looked at. */
export interface ShapeOptions {
  readonly style?: Style;
  readonly views?: "6" | "8" | "10";
  readonly up?: Up;
}

/** Adds them. */
export function withShapes(command: Command): Command {
  return command
    .optionsGroup("Views:")
    .addOption(
      new Option(
        "--style <style>",
        "plain (PointCLIP), realistic (PointCLIP V2), shaded, mesh (default: auto: mesh where there are triangles, else shaded)",
      ).choices([...STYLES]),
    )
    .addOption(
      new Option("--views <n>", "6: sides, top, bottom; 8: sides, corners; 10: all (default: 10)").choices([
        "6",
        "8",
        "10",
      ]),
    )
    .addOption(new Option("--up <axis>", "what points up (default: y of GLB, else z)").choices(["y", "z"]));
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
  return { weights: given === "equal" || given === "entropy" ? given : await readWeights(given) };
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

/** Paths, folders and globs → files of shapes. Raises `input.none`, `aborted`. */
export async function shapeFiles(patterns: readonly string[], signal: AbortSignal): Promise<string[]> {
  const { expandInputs, SHAPE_ENDINGS } = await import("../../image/sources.js");
  const files: string[] = [];
  for await (const path of expandInputs(patterns, {
    signal,
    endings: SHAPE_ENDINGS,
    what: "point clouds or meshes",
  }))
    files.push(path);
  return files;
}
