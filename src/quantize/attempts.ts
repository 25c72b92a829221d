import type { GateFigures, QuantizationRecord } from "../models/manifest.js";
import type { ModelPlan } from "../models/plan.js";
import type { QuantizedFiles } from "../models/quantized.js";
import { writeScriptTowers } from "../models/script-towers.js";
import { readTokenizerFile } from "../models/tokenizer-file.js";
import { TOKENIZER_FILE, writeSynced } from "../models/write-tower.js";
import { type GateBounds, type GateFailure, gateFailures, gateFigures } from "./gate.js";
import { gateError } from "./gate-error.js";
import { KEEP, type QuantizeOptions, TOWERS } from "./options.js";
import type { LayerCost } from "./sensitivity.js";
import type { Task } from "./task.js";
import { costsOf, type QuantisedTower, quantiseTower, removeTower, type TowerJob } from "./tower.js";

/** Layers that `auto` keeps first. */
const FIRST_KEPT = 4;

/** Writes both towers into the folder; where they fail the gate, once more with the dearest layers in fp32. */
export async function writeWithinGate(
  folder: string,
  plan: ModelPlan,
  jobs: readonly [image: TowerJob, text: TowerJob],
  task: Task,
  bounds: GateBounds,
  { towers: chosen = TOWERS, keep = KEEP, calibration, signal, onProgress }: QuantizeOptions,
): Promise<QuantizedFiles> {
  const at = (stage: "int8" | "layers", tower: TowerJob["tower"]) => ({
    signal,
    onProgress: (done: number, total: number) => onProgress?.({ stage, tower, done, total }),
    onScales: (done: number, total: number) => onProgress?.({ stage: "scales", tower, done, total }),
    onWrite: (done: number, total: number) => onProgress?.({ stage: "write", tower, done, total }),
  });
  const towers: QuantisedTower[] = [];
  for (const job of jobs) {
    const kept = new Set(chosen.includes(job.tower) ? [] : job.layers);
    towers.push(await quantiseTower(job, kept, folder, at("int8", job.tower)));
  }
  let figures = judge(towers, task);
  let failures = gateFailures(figures, bounds);
  const failed = failures.map(({ words }) => words);
  const wholeText = judge(towers, task, "text");
  const imageAlone = chosen.length > 1 && gateFailures(wholeText, bounds).length === 0;
  if (failures.length > 0 && keep === "auto" && imageAlone) {
    [figures, failures] = [wholeText, []];
    await keepWhole("text", towers, folder, at);
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
      throw gateError({
        name: plan.manifest.name,
        failures,
        costs,
        kept,
        ownPhotos: calibration !== undefined,
        imageAlone,
      });
  }
  const files = towers.flatMap((tower) => tower.files);
  if (plan.tokenizerFile !== undefined)
    files.push(
      await writeSynced(folder, TOKENIZER_FILE, [Buffer.from(await readTokenizerFile(plan.tokenizerFile))]),
    );
  files.push(...(await writeScriptTowers(folder, plan)));
  return { files, quantization: recordOf(plan.manifest.revision, towers, figures, failed) };
}

/** How many layers are kept one try after the other; with all of them it would be no int8 form. */
function countsToKeep(keep: number | "auto", layers: number): number[] {
  if (keep !== "auto") return keep === 0 || layers === 0 ? [] : [Math.min(keep, layers)];
  const counts: number[] = [];
  for (let count = FIRST_KEPT; count < layers - 1; count *= 2) counts.push(count);
  return layers < 2 ? [] : [...counts, layers - 1];
}

/** Writes the towers that these layers belong to once more, with them in fp32. */
async function keepLayers(
  kept: readonly LayerCost[],
  towers: QuantisedTower[],
  folder: string,
  at: (stage: "int8", tower: TowerJob["tower"]) => Parameters<typeof quantiseTower>[3],
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
  at: (stage: "int8", tower: TowerJob["tower"]) => Parameters<typeof quantiseTower>[3],
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

function recordOf(
  revision: string,
  [image, text]: readonly QuantisedTower[],
  gate: GateFigures,
  failed: readonly string[],
): QuantizationRecord {
  const sum = (precision: "fp32" | "int8"): number => image!.bytes[precision] + text!.bytes[precision];
  const count = ({ job, kept }: QuantisedTower): number => job.layers.length - kept.size;
  return {
    of: revision,
    layers: { image: count(image!), text: count(text!) },
    kept: { image: [...image!.kept], text: [...text!.kept] },
    bytes: { fp32: sum("fp32"), int8: sum("int8") },
    gate,
    ...(failed.length === 0 ? {} : { failed }),
  };
}
