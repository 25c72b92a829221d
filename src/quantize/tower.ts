import { rm } from "node:fs/promises";
import { join } from "node:path";
import { EXTERNAL_FROM_BYTES, type PlacedWeights, serializeModel } from "../graph/serialize.js";
import type { Graph } from "../graph/types.js";
import { dot } from "../math/dot.js";
import type { Embedding } from "../math/unit.js";
import { sizeOf, type WrittenFile, weightsFile, writeTower } from "../models/write-tower.js";
import type { Calibration } from "./calibrate.js";
import type { FeatureOptions } from "./features.js";
import type { Passes } from "./passes.js";
import { type LayerCost, rankLayers, worstInputs } from "./sensitivity.js";

/** All that quantising one tower needs. */
export interface TowerJob {
  readonly tower: "image" | "text";
  /** The tower as its weights are, built anew each time: its weights are read while it is written. */
  readonly graph: () => Promise<Graph>;
  readonly passes: Passes;
  readonly layers: readonly string[];
  readonly calibration: Calibration;
  /** Features of the tower as its weights are, for all inputs. */
  readonly reference: readonly Embedding[];
  /** Features of the tower in a file: of all inputs, or of those at some positions. */
  readonly encode: (
    file: string,
    options: FeatureOptions,
    positions?: readonly number[],
  ) => Promise<Embedding[]>;
}

/** A tower that was quantised and measured. */
export interface QuantisedTower {
  readonly job: TowerJob;
  readonly kept: ReadonlySet<string>;
  readonly files: readonly WrittenFile[];
  /** Weights that trials with fewer int8 layers can use again. */
  readonly written: ReusedWeights;
  readonly features: readonly Embedding[];
  readonly bytes: { readonly fp32: number; readonly int8: number };
}

interface ReusedWeights {
  readonly placed: PlacedWeights;
  /** Small weights (scales), which took a look at the whole matrix to compute, by name. */
  readonly small: Map<string, Uint8Array>;
}

/** Writes the tower with all but the kept layers in int8 into the folder, and computes its features. */
export async function quantiseTower(
  job: TowerJob,
  kept: ReadonlySet<string>,
  folder: string,
  options: FeatureOptions & {
    readonly onScales?: FeatureOptions["onProgress"];
    readonly onWrite?: FeatureOptions["onProgress"];
  },
): Promise<QuantisedTower> {
  const { tower } = job;
  const graph = await job.graph();
  const small = new Map<string, Uint8Array>();
  // The graph, which holds the scales, is written before the weights: to find them takes a look at each matrix.
  const int8 = remembering(job.passes.quantise(graph, job.calibration, kept), small, options.onScales);
  const total = sizeOf(int8.weights);
  let done = 0;
  const files = await writeTower(folder, tower, int8, {
    signal: options.signal,
    onBytes: (bytes) => {
      done += bytes;
      options.onWrite?.(done, total);
    },
  });
  // With all layers kept it is the tower that the reference is of.
  const whole = kept.size === job.layers.length;
  const features = whole ? job.reference : await job.encode(join(folder, `${tower}.onnx`), options);
  const { external } = serializeModel(int8, weightsFile(tower));
  const offsets = new Map(external.map(({ weight, offset }) => [weight.name, offset]));
  return {
    job,
    kept,
    files,
    written: { placed: { file: weightsFile(tower), offsets }, small },
    features,
    bytes: { fp32: 4 * countOf(graph), int8: total },
  };
}

/** Numbers in all weights of a graph, however they are stored. */
function countOf({ weights }: Graph): number {
  return weights.reduce((sum, { dims }) => sum + dims.reduce((a, b) => a * b, 1), 0);
}

/** The same graph, whose small weights are asked for once each, by name. */
function remembering(
  graph: Graph,
  known: Map<string, Uint8Array>,
  onProgress?: FeatureOptions["onProgress"],
): Graph {
  const isSmall = ({ byteLength }: { readonly byteLength: number }): boolean =>
    byteLength < EXTERNAL_FROM_BYTES;
  const total = graph.weights.filter(isSmall).length;
  const weights = graph.weights.map((weight) => {
    if (!isSmall(weight)) return weight;
    const read = (): Uint8Array => {
      const bytes = known.get(weight.name) ?? weight.read();
      known.set(weight.name, bytes);
      onProgress?.(known.size, total);
      return bytes;
    };
    return { ...weight, read };
  });
  return { ...graph, weights };
}

/** Takes a tower's files away, so that it can be written again. */
export async function removeTower({ files }: QuantisedTower, folder: string): Promise<void> {
  for (const { name } of files) await rm(join(folder, name));
}

/** What each layer of a tower with all layers in int8 costs, dearest first, on the inputs that fare worst. */
export async function costsOf(
  { job, features, written }: QuantisedTower,
  folder: string,
  options: FeatureOptions,
): Promise<LayerCost[]> {
  const positions = worstInputs(job.reference, features);
  const { placed, small } = written;
  const distance = async (kept: ReadonlySet<string>): Promise<number> => {
    // A weight of one name is the same whatever else is kept: only the kept layers are written.
    const graph = remembering(job.passes.quantise(await job.graph(), job.calibration, kept), small);
    const files = await writeTower(folder, "trial", graph, { signal: options.signal, placed });
    try {
      const found = await job.encode(join(folder, "trial.onnx"), { signal: options.signal }, positions);
      const cosines = found.map((vector, i) => dot(vector, job.reference[positions[i]!]!));
      return 1 - cosines.reduce((sum, value) => sum + value, 0) / cosines.length;
    } finally {
      for (const { name } of files) await rm(join(folder, name));
    }
  };
  return rankLayers(job.tower, job.layers, distance, options.onProgress);
}
