import type { LabelledPicture, LabelledSet } from "../../evaluate/data/labelled-set.js";
import type { ImageOptions } from "../../image/options.js";
import type { Preprocessing } from "../../image/preprocessing.js";
import { shrunk } from "../../image/recode.js";
import { readSquares } from "../squares.js";
import { type MeasureListener, type Rate, rateOf } from "./rate.js";
import { answersTo, type Scene } from "./scene.js";

/** Top-1 where pictures had so many pixels on their shorter side, as `zeroclip eval --resolutions` makes them. */
export interface ResolutionRow {
  readonly resolution: number;
  readonly right: Rate;
}

export interface ResolutionOptions extends MeasureListener {
  readonly resolutions: readonly number[];
  readonly preprocessing: Preprocessing;
  readonly image?: Partial<ImageOptions> | undefined;
}

/** Accuracy by resolution. Raises `evaluate.data`, `runtime.*`, `aborted`. */
export async function measureResolutions(
  scene: Scene,
  set: LabelledSet,
  pictures: readonly LabelledPicture[],
  { resolutions, preprocessing, image, signal, onProgress }: ResolutionOptions,
): Promise<ResolutionRow[]> {
  const rows: ResolutionRow[] = [];
  for (const resolution of resolutions) {
    const { squares, truth } = await readSquares(set, pictures, preprocessing, {
      signal,
      ...(image ? { image } : {}),
      worse: (input, options) => shrunk(input, resolution, options),
    });
    const found = await answersTo(scene, squares);
    rows.push({ resolution, right: rateOf(found.map((answer, i) => answer === truth[i])) });
    onProgress?.(rows.length, resolutions.length);
  }
  return rows;
}
