import { readFile } from "node:fs/promises";
import { ClipError } from "../errors.js";
import { type FindOptions, findModel, type LoadProgress } from "../find-model.js";
import type { GateFigures, OpenedModel, QuantizationRecord } from "../models/manifest.js";
import { type ModelPlan, planModel } from "../models/open.js";
import { publishQuantized, type QuantizedFiles, quantizedName } from "../models/quantized.js";
import { TOKENIZER_FILE, writeSynced } from "../models/write-tower.js";
import { UNCALIBRATED } from "./calibrate.js";
import { type FeatureOptions, imageFeatures, textFeatures, towerFile } from "./features.js";
import { type GateBounds, type GateFailure, gateFailures, gateFigures } from "./gate.js";
import { isQuantised, PASSES, type Passes } from "./passes.js";
import type { LayerCost } from "./sensitivity.js";
import { readTask, type Task, type TaskOptions } from "./task.js";
import { costsOf, type QuantisedTower, quantiseTower, removeTower, type TowerJob } from "./tower.js";

/** What quantising is doing, beside what loading does. */
export interface QuantizeProgress extends Omit<LoadProgress, "stage"> {
  readonly stage: LoadProgress["stage"] | "pictures" | "fp32" | "calibrate" | "kernels" | "int8" | "layers";
  readonly tower?: "image" | "text";
}

export interface QuantizeOptions extends Omit<FindOptions, "onProgress">, TaskOptions {
  /** The only form there is. */
  readonly to?: "int8";
  /**
   * Default: both. Where labels are computed once and pictures all day, a text tower as its weights are costs memory and no
   * time.
   */
  readonly towers?: readonly TowerJob["tower"][];
  /** Under these nothing is written. */
  readonly gate?: Partial<GateBounds>;
  /**
   * Where the gate says no: leave this many of the layers that cost most in fp32, and try once more. `auto`: the text tower as
   * its weights are where that is enough (labels are computed once and remembered), else twice as many layers each time,
   * from 4 until it passes. Default 0.
   */
  readonly keep?: number | "auto";
  readonly onProgress?: (progress: QuantizeProgress) => void;
}

/** A model that was quantised and passed its gate. */
export interface QuantizedModel {
  /** What `loadClip` opens it by, as long as the model is called as it was here. */
  readonly name: string;
  readonly revision: string;
  /** Where it lies. */
  readonly folder: string;
  readonly quantization: QuantizationRecord;
}

const BOUNDS: GateBounds = { worstCosine: 0.99, agreement: 0.98 };

/** More layers than any model has. */
const MOST_KEPT = 10_000;

/** Layers that `auto` keeps first. */
const FIRST_KEPT = 4;

const TOWERS: readonly TowerJob["tower"][] = ["image", "text"];

/** Layers that an error names. */
const SHOWN = 3;

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
  const layers = await layersOf(plan, passes, options.towers);
  const own = await plan.open();
  const task = await readTask(own, options, {
    signal: options.signal,
    onWarning: options.onWarning,
    onProgress: (done, total) => options.onProgress?.({ stage: "pictures", done, total }),
  });
  const jobs = await jobsOf(plan, own, passes, layers, task, options);
  const { folder, manifest } = await publishQuantized(plan.manifest, found.options.cacheFolder, (partial) =>
    fill(partial, plan, jobs, task, bounds, options),
  );
  const { revision, quantization } = manifest;
  return { name: manifest.name, revision, folder, quantization: quantization! };
}

function checkOptions({ to, towers = TOWERS, keep = 0, gate = {} }: QuantizeOptions): GateBounds {
  const unknown = towers.find((tower) => !TOWERS.includes(tower));
  if (unknown !== undefined || towers.length === 0)
    throw new ClipError(
      "usage.towers",
      `Expected towers image, text or both but received ${unknown ?? "none"}.`,
    );
  if (to !== undefined && to !== "int8")
    throw new ClipError("usage.precision", `Expected int8 to quantise to but received "${to}".`);
  if (keep !== "auto" && !(Number.isInteger(keep) && keep >= 0 && keep <= MOST_KEPT))
    throw new ClipError(
      "usage.keep",
      `Expected 0 to ${MOST_KEPT} layers to keep, or auto, but received ${keep}.`,
    );
  const bounds = { ...BOUNDS, ...gate };
  for (const [figure, value] of Object.entries(bounds)) {
    if (typeof value === "number" && value >= -1 && value <= 1) continue;
    throw new ClipError("usage.gate", `Expected ${figure} from -1 to 1 but received ${value}.`);
  }
  return bounds;
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
  { signal, onProgress }: QuantizeOptions,
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
  const found = await passes.calibrate((await plan.graphs()).image, own, measured, {
    signal,
    onProgress: (stage, done, total) => onProgress?.({ stage, tower: "image", done, total }),
  });
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

/** Writes both towers into the folder; where they fail the gate, once more with the dearest layers in fp32. */
async function fill(
  folder: string,
  plan: ModelPlan,
  jobs: readonly [image: TowerJob, text: TowerJob],
  task: Task,
  bounds: GateBounds,
  { towers: chosen = TOWERS, keep = 0, calibration, signal, onProgress }: QuantizeOptions,
): Promise<QuantizedFiles> {
  const at = (stage: "int8" | "layers", tower: TowerJob["tower"]) => ({
    signal,
    onProgress: (done: number, total: number) => onProgress?.({ stage, tower, done, total }),
  });
  const towers: QuantisedTower[] = [];
  for (const job of jobs) {
    const kept = new Set(chosen.includes(job.tower) ? [] : job.layers);
    towers.push(await quantiseTower(job, kept, folder, at("int8", job.tower)));
  }
  let figures = judge(towers, task);
  let failures = gateFailures(figures, bounds);
  if (failures.length > 0 && keep === "auto" && chosen.length > 1) {
    const wholeText = judge(towers, task, "text");
    if (gateFailures(wholeText, bounds).length === 0) {
      [figures, failures] = [wholeText, []];
      await keepWhole("text", towers, folder, at);
    }
  }
  if (failures.length > 0) {
    const tried = towers.filter(({ job }) => chosen.includes(job.tower));
    const costs = await costsOfFailing(tried, failures, folder, at);
    let kept = 0;
    for (const count of countsToKeep(keep, costs.length)) {
      kept = count;
      await keepLayers(costs.slice(0, count), towers, folder, at);
      figures = judge(towers, task);
      failures = gateFailures(figures, bounds);
      if (failures.length === 0) break;
    }
    if (failures.length > 0)
      throw gateError(plan.manifest.name, failures, costs, kept, calibration !== undefined);
  }
  const files = towers.flatMap((tower) => tower.files);
  if (plan.tokenizerFile !== undefined)
    files.push(await writeSynced(folder, TOKENIZER_FILE, [await readFile(plan.tokenizerFile)]));
  return { files, quantization: recordOf(plan.manifest.revision, towers, figures) };
}

/** How many layers are kept one try after the other. */
function countsToKeep(keep: number | "auto", layers: number): number[] {
  if (keep !== "auto") return keep === 0 || layers === 0 ? [] : [Math.min(keep, layers)];
  const counts: number[] = [];
  for (let count = FIRST_KEPT; count < layers; count *= 2) counts.push(count);
  return layers === 0 ? [] : [...counts, layers];
}

/** Writes the towers that these layers belong to once more, with them in fp32. */
async function keepLayers(
  kept: readonly LayerCost[],
  towers: QuantisedTower[],
  folder: string,
  at: (stage: "int8", tower: TowerJob["tower"]) => FeatureOptions,
): Promise<void> {
  for (const [i, tower] of towers.entries()) {
    const own = kept.filter((cost) => cost.tower === tower.job.tower).map(({ layer }) => layer);
    if (own.length === 0) continue;
    await removeTower(tower, folder);
    towers[i] = await quantiseTower(tower.job, new Set(own), folder, at("int8", tower.job.tower));
  }
}

/** Writes a tower once more, as its weights are. */
async function keepWhole(
  name: TowerJob["tower"],
  towers: QuantisedTower[],
  folder: string,
  at: (stage: "int8", tower: TowerJob["tower"]) => FeatureOptions,
): Promise<void> {
  for (const [i, tower] of towers.entries()) {
    if (tower.job.tower !== name) continue;
    await removeTower(tower, folder);
    towers[i] = await quantiseTower(tower.job, new Set(tower.job.layers), folder, at("int8", name));
  }
}

/** The figures; with one tower as its weights are, its features are those that it is compared with. */
function judge(
  [image, text]: readonly QuantisedTower[],
  { gate }: Task,
  whole?: TowerJob["tower"],
): GateFigures {
  const fp32 = { pictures: image!.job.reference, prompts: text!.job.reference };
  const prompts = whole === "text" ? fp32.prompts : text!.features;
  return gateFigures(fp32, { pictures: image!.features, prompts }, gate);
}

/** Layers of the towers that fail, or of both where the towers pass and what they choose together does not. */
async function costsOfFailing(
  towers: readonly QuantisedTower[],
  failures: readonly GateFailure[],
  folder: string,
  at: (stage: "layers", tower: TowerJob["tower"]) => Parameters<typeof costsOf>[2],
): Promise<LayerCost[]> {
  const blamed = new Set(failures.map(({ tower }) => tower));
  const tried = towers.filter(({ job }) => blamed.has(undefined) || blamed.has(job.tower));
  const costs: LayerCost[] = [];
  for (const tower of tried) {
    if (tower.job.layers.length > 0)
      costs.push(...(await costsOf(tower, folder, at("layers", tower.job.tower))));
  }
  return costs.sort((a, b) => b.cost - a.cost);
}

function gateError(
  name: string,
  failures: readonly GateFailure[],
  costs: readonly LayerCost[],
  kept: number,
  ownPhotos: boolean,
): ClipError {
  const figures = failures.map(({ words }) => words).join(", and ");
  const dearest = costs
    .slice(0, SHOWN)
    .map(({ tower, layer, cost }) => `${layer} of the ${tower} tower (${cost.toExponential(1)})`);
  const layers = dearest.length > 0 ? `; the layers that cost most are ${dearest.join(", ")}` : "";
  const hint =
    kept === 0
      ? "--keep N leaves the N that cost most in fp32, --keep auto as many as it takes"
      : `${kept} layers were kept in fp32 and it is not enough`;
  const photos = ownPhotos
    ? ""
    : ", and --calibration FOLDER measures with a few hundred photos of yours instead of the few that ship";
  return new ClipError("quantize.gate", `Expected of ${name}@int8 ${figures}${layers}: ${hint}${photos}.`);
}

function recordOf(
  revision: string,
  [image, text]: readonly QuantisedTower[],
  gate: GateFigures,
): QuantizationRecord {
  const sum = (precision: "fp32" | "int8"): number => image!.bytes[precision] + text!.bytes[precision];
  const count = ({ job, kept }: QuantisedTower): number => job.layers.length - kept.size;
  return {
    of: revision,
    layers: { image: count(image!), text: count(text!) },
    kept: { image: [...image!.kept], text: [...text!.kept] },
    bytes: { fp32: sum("fp32"), int8: sum("int8") },
    gate,
  };
}
