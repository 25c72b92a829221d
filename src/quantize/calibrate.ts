import { type Gains, upperBounds } from "../graph/conv-sites.js";
import type { Ranges } from "../graph/held-values.js";
import { calibrationPoints } from "../graph/quantise-static.js";
import type { RoundedKernel } from "../graph/round-kernel.js";
import type { Graph } from "../graph/types.js";
import type { OpenedModel } from "../models/manifest.js";
import type { Features } from "../runtime/session.js";
import type { FeatureOptions } from "./features.js";
import { gainsOf } from "./gains.js";
import { Histogram } from "./histogram.js";
import { roundKernels } from "./round-kernels.js";
import { withValues } from "./run-values.js";

/** What some pictures say about the convolutions of an image tower. */
export interface Calibration {
  /** Where 256 codes come nearest to what the values are. */
  readonly ranges: Ranges;
  /** What channels are multiplied by before they are rounded; ranges and kernels are of what comes out. */
  readonly gains: Gains;
  /** Kernels by the name of the convolution's result. */
  readonly kernels: ReadonlyMap<string, RoundedKernel>;
}

/** Room above the most that was measured, where a bound is known. */
const ROOM = 2;

export const UNCALIBRATED: Calibration = { ranges: new Map(), gains: new Map(), kernels: new Map() };

export interface CalibrateOptions {
  readonly signal?: AbortSignal | undefined;
  /**
   * Where it stands: pictures whose channels were compared, whose values were counted, and that a group of kernels was held against;
   * then kernels that were rounded.
   */
  readonly onProgress?: (stage: CalibrationStage, done: number, total: number) => void;
}

export type CalibrationStage = "channels" | "calibrate" | "patches" | "kernels";

/** Squares u8 [size, size, 3] → what `quantiseConvs` needs of an image tower. Raises `aborted`, `runtime.*`. */
export async function calibrate(
  graph: Graph,
  model: OpenedModel,
  squares: readonly Uint8Array[],
  { signal, onProgress }: CalibrateOptions = {},
): Promise<Calibration> {
  const at = (stage: CalibrationStage): FeatureOptions => ({
    signal,
    onProgress: (done, total) => onProgress?.(stage, done, total),
  });
  const points = calibrationPoints(graph);
  if (points.length === 0) return UNCALIBRATED;
  return await withValues(graph, points, model, squares, { signal }, async (values) => {
    const gains = await gainsOf(graph, values, at("channels").onProgress);
    const histograms = new Map(points.map((name) => [name, new Histogram()]));
    await values(
      points,
      (name, value) => histograms.get(name)!.add(multiplied(value, gains.get(name))),
      at("calibrate").onProgress,
    );
    const bounds = upperBounds(graph);
    const ranges = new Map(
      [...histograms].map(([name, histogram]) => {
        const bound = bounds.get(name);
        return [name, bound === undefined ? histogram.nearest() : boundedRange(histogram, bound)] as const;
      }),
    );
    return {
      ranges,
      gains,
      kernels: await roundKernels(graph, { ranges, gains, pictures: squares.length }, values, {
        ...at("kernels"),
        onPicture: at("patches").onProgress,
      }),
    };
  });
}

/**
 * What an activation cuts off is in no doubt: nothing else is to be. What few places of few pictures reach says most of
 * them, and cutting it off cost the starter ten times what coarser steps do.
 */
function boundedRange({ least, most }: Histogram, bound: number): [number, number] {
  return [Math.min(0, least), Math.min(bound, most * ROOM)];
}

/** [1, channels, h, w] by gains [channels] */
function multiplied({ data, dims }: Features, gains: Float32Array | undefined): Float32Array {
  if (!gains) return data;
  const plane = dims[2]! * dims[3]!;
  const result = new Float32Array(data.length);
  for (let channel = 0, i = 0; channel < gains.length; channel++) {
    const gain = gains[channel]!;
    for (const end = i + plane; i < end; i++) result[i] = data[i]! * gain;
  }
  return result;
}
