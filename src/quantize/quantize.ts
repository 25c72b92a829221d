import { ClipError } from "../errors.js";
import { findModel } from "../find-model.js";
import { bytesOnDisk } from "../models/bytes-on-disk.js";
import { checkCacheWritable } from "../models/compiled-cache.js";
import type { OpenedModel, QuantizationRecord } from "../models/manifest.js";
import { planModel } from "../models/open.js";
import type { ModelPlan } from "../models/plan.js";
import { publishQuantized, quantizedName } from "../models/quantized.js";
import { writeWithinGate } from "./attempts.js";
import { UNCALIBRATED } from "./calibrate.js";
import { imageFeatures, textFeatures, towerFile } from "./features.js";
import { checkOptions, type QuantizeOptions, TOWERS } from "./options.js";
import { isQuantised, PASSES, type Passes } from "./passes.js";
import { readTask, type Task } from "./task.js";
import type { TowerJob } from "./tower.js";

export type { QuantizeOptions, QuantizeProgress } from "./options.js";

/** A model that was quantised and passed its gate. */
export interface QuantizedModel {
  /** What `loadClip` opens it by, as long as the model is called as it was here. */
  readonly name: string;
  readonly revision: string;
  /** Where it lies. */
  readonly folder: string;
  readonly quantization: QuantizationRecord;
  /** Bytes of the files of both forms, as they lie on disk: weights may be packed there, in fp16 or in int8. */
  readonly onDisk: { readonly model: number; readonly int8: number };
}

/**
 * A model by name, Hugging Face id or path → its int8 form, which `loadClip("M@int8")` opens. Both forms are compared on
 * pictures and prompts; under the bounds nothing is written and `quantize.gate` says which figure failed and which
 * layers cost most. Equal inputs give equal files. Raises `quantize.*`, `usage.*`, `model.cache`, and what finding a model
 * and reading pictures raise.
 */
export async function quantize(model: string, options: QuantizeOptions = {}): Promise<QuantizedModel> {
  return quantizeWith(PASSES, model, options);
}

/** The same with other passes than zeroclip's own. */
export async function quantizeWith(
  passes: Passes,
  model: string,
  options: QuantizeOptions,
): Promise<QuantizedModel> {
  const bounds = checkOptions(options);
  const found = await findModel(model, options);
  await using plan = await planModel(found.path, found.options);
  const { name } = plan.manifest;
  if (found.options.precision === "int8") throw alreadyQuantised(quantizedName(name));
  if (found.options.precision === "fp16")
    throw new ClipError(
      "usage.precision",
      `Expected a model whose int8 form is to be made but received ${name}@fp16.`,
    );
  await checkCacheWritable(found.options.cacheFolder);
  const layers = await layersOf(plan, passes, options.towers);
  const own = await plan.open();
  const task = await readTask(own, options, {
    signal: options.signal,
    onWarning: options.onWarning,
    onProgress: (done, total) => options.onProgress?.({ stage: "pictures", done, total }),
  });
  const jobs = await jobsOf(plan, own, passes, layers, task, options);
  const { folder, manifest } = await publishQuantized(plan.manifest, found.options.cacheFolder, (partial) =>
    writeWithinGate(partial, plan, jobs, task, bounds, options),
  );
  const { revision } = manifest;
  const quantization = manifest.quantization!;
  for (const message of littleIn(quantization, layers, options.towers))
    options.onWarning?.({ code: "quantize.little", message });
  const onDisk = { model: await bytesOnDisk(own), int8: await bytesOnDisk({ folder, manifest }) };
  return { name: manifest.name, revision, folder, quantization, onDisk };
}

/** A sentence for each tower that was asked for and of which the gate left less than half in int8; a text tower may be left alone. */
function littleIn({ layers: made }: QuantizationRecord, layers: Layers, towers = TOWERS): string[] {
  return towers.flatMap((tower) => {
    const [int8, all] = [made[tower], layers[tower].length];
    if (2 * int8 >= all || (int8 === 0 && tower === "text")) return [];
    return `Only ${int8} of ${all} weights of the ${tower} tower could become int8 within the gate: it is hardly smaller or faster than before.`;
  });
}

function alreadyQuantised(name: string): ClipError {
  return new ClipError(
    "quantize.already",
    `Expected a model with weights to quantise but ${name} computes with 8 bits already.`,
  );
}

type Layers = Readonly<Record<TowerJob["tower"], readonly string[]>>;

/** Both towers' layers. Raises `quantize.already` and `quantize.nothing`. */
async function layersOf(plan: ModelPlan, passes: Passes, towers = TOWERS): Promise<Layers> {
  const { name } = plan.manifest;
  const { image, text } = await plan.graphs();
  if (isQuantised(image) || isQuantised(text)) throw alreadyQuantised(name);
  const layers = { image: passes.layers(image), text: passes.layers(text) };
  if (towers.some((tower) => layers[tower].length > 0)) return layers;
  throw new ClipError(
    "quantize.nothing",
    `Expected weights large enough to gain by int8 but ${name} has none.`,
  );
}

/** Both towers with their features in fp32 and what the passes have to know of their values. */
async function jobsOf(
  plan: ModelPlan,
  own: OpenedModel,
  passes: Passes,
  layers: Layers,
  { squares, calibration, prompts }: Task,
  { signal, onProgress, towers = TOWERS }: QuantizeOptions,
): Promise<readonly [image: TowerJob, text: TowerJob]> {
  const at = (tower: TowerJob["tower"]) => ({
    signal,
    onProgress: (done: number, total: number) => onProgress?.({ stage: "fp32", tower, done, total }),
  });
  const chosen = <T>(items: readonly T[], positions: readonly number[] | undefined): readonly T[] =>
    positions?.map((i) => items[i]!) ?? items;
  const encodeImages: TowerJob["encode"] = (file, options, positions) =>
    imageFeatures(file, own, chosen(squares, positions), options);
  const encodeTexts: TowerJob["encode"] = (file, options, positions) =>
    textFeatures(file, own, chosen(prompts, positions), options);
  // Every other square: the rest are held out, and judged too.
  const measured = squares.slice(0, calibration).filter((_, i) => i % 2 === 0);
  const found = towers.includes("image")
    ? await passes.calibrate((await plan.graphs()).image, own, measured, {
        signal,
        onProgress: (stage, done, total) => onProgress?.({ stage, tower: "image", done, total }),
      })
    : UNCALIBRATED;
  const job = async (tower: TowerJob["tower"], encode: TowerJob["encode"]): Promise<TowerJob> => ({
    tower,
    graph: async () => (await plan.graphs())[tower],
    passes,
    layers: layers[tower],
    calibration: tower === "image" ? found : UNCALIBRATED,
    reference: await encode(towerFile(own, tower), at(tower)),
    encode,
  });
  return [await job("image", encodeImages), await job("text", encodeTexts)];
}
