import { manifestIn } from "../checkpoint/manifest.js";
import { ClipError } from "../errors.js";
import { deviceOf } from "../runtime/session.js";
import { openManifest } from "./open-manifest.js";
import type { ModelHandle, ModelPlan, OpenModelOptions } from "./plan.js";
import { planFolder } from "./plan-folder.js";

/**
 * Any checkpoint or model folder → what it is; nothing is compiled. Raises `checkpoint.*` for files that can't be read,
 * `model.unsupported` for models of another shape, `aborted` by the signal.
 */
export async function planModel(path: string, options: OpenModelOptions): Promise<ModelPlan> {
  const own = manifestIn(path);
  if (own && options.text === undefined) return planFolder(await openManifest(own, options));
  // What reads and compiles weights is loaded for those alone.
  return (await import("./plan-source.js")).planSource(path, options);
}

/**
 * Any checkpoint or model folder → a runnable model: weights are compiled (or found compiled already), ONNX folders and
 * zeroclip's own are taken as they are; with `precision: "int8"` the form that `quantize` made of it, with `"fp16"` the
 * one that is compiled for GPUs. Raises as `planModel` does, `model.not-quantized`, and `model.unsupported` for ONNX files in
 * fp16.
 */
export async function openModel(path: string, options: OpenModelOptions): Promise<ModelHandle> {
  // What opens is awaited here: the files have to stay open until the graphs are written.
  await using plan = await planModel(path, options);
  const { cacheFolder, session } = options;
  const onGpu = session !== undefined && deviceOf(session) !== "cpu";
  const free = options.precision === undefined || options.precision === "auto";
  const precision = free && onGpu && plan.openHalf ? "fp16" : (options.precision ?? "fp32");
  if (precision === "fp16") return await openHalf(plan);
  if (precision === "int8") {
    const { openQuantized } = await import("./quantized.js");
    return await openQuantized(plan.manifest, cacheFolder);
  }
  const own = await plan.open();
  if (precision === "fp32") return own;
  const { hasQuantized, openQuantized } = await import("./quantized.js");
  if (!(await hasQuantized(plan.manifest, cacheFolder))) return own;
  const forms = [own, await openQuantized(plan.manifest, cacheFolder)];
  const { fasterOf } = await import("./faster.js");
  return forms[await fasterOf(forms, cacheFolder, session)]!;
}

function openHalf({ manifest, openHalf }: ModelPlan): Promise<ModelHandle> {
  if (openHalf) return openHalf();
  const message = `Expected weights to make fp16 of but ${manifest.name} is ONNX files in ${manifest.precision}, which run as they are.`;
  throw new ClipError("model.unsupported", message);
}
