import { type Stats, statSync } from "node:fs";
import { basename, dirname } from "node:path";
import { ClipError } from "../errors.js";
import { configsIn, filesIn, weightsIn } from "./folder.js";
import { CONFIG_BYTES, isJson, readJsonFile } from "./json-file.js";
import { MANIFEST, manifestOf } from "./manifest.js";
import { onnxVariants } from "./onnx-folder.js";
import { FileReader, readError } from "./reader.js";
import type { OnnxSource, Source, WeightsSource } from "./source.js";
import { kindOf } from "./weights-file.js";
import { openFile, openSharded } from "./weights-source.js";

/**
 * A checkpoint at a path, a file or a folder, known by its content. Nothing in it is executed, and tensors are read
 * from the open files only when asked for. Raises `checkpoint.not-found`, `.format` (not a checkpoint, or one with a
 * contradiction), `.truncated`, `.damaged`, `.dtype`, `.unsupported`, `.unsafe` (a name or call outside the fixed list, a
 * path that leaves its folder, a size beyond its bound), `.missing-tensor` (an index names what is not there) or `.read`.
 */
export async function openSource(path: string): Promise<Source> {
  let stat: Stats;
  try {
    stat = statSync(path);
  } catch (error) {
    throw readError(path, error);
  }
  return stat.isDirectory() ? openFolder(path) : openAnyFile(path);
}

function openFolder(folder: string): Source {
  const files = filesIn(folder);
  if (files.includes(MANIFEST)) return manifestOf(folder);
  const weights = weightsIn(folder, files);
  if (weights) return openWeights(weights.path, folder, files, weights.isIndex);
  const variants = onnxVariants(folder);
  if (variants.length > 0) return onnxSource(folder, variants);
  const expected = `${MANIFEST}, weights (model.safetensors, pytorch_model.bin, a .pt file …), or onnx/vision_model.onnx and onnx/text_model.onnx`;
  throw new ClipError("checkpoint.format", `Expected ${expected} in ${folder} but found none of them.`);
}

function openWeights(
  path: string,
  folder: string,
  files: readonly string[],
  isIndex: boolean,
): WeightsSource {
  const beside = { folder, configs: () => configsIn(folder, files) };
  return isIndex ? openSharded(path, folder, beside) : openFile(path, beside);
}

/** `folder` may be the `onnx` folder itself, with the configurations one above. */
function onnxSource(folder: string, variants: OnnxSource["variants"]): OnnxSource {
  const [config] = configsIn(folder, filesIn(folder)).filter(({ kind }) => kind === "huggingface");
  const above = dirname(folder);
  if (!config && basename(folder) === "onnx" && filesIn(above).includes("config.json")) {
    return onnxSource(above, onnxVariants(above));
  }
  const files = [...new Set(variants.flatMap((variant) => variant.files))];
  return { kind: "onnx", folder, variants, ...(config ? { config } : {}), files };
}

/** A file of weights, or the JSON file (manifest or index) of a folder. */
function openAnyFile(path: string): Source {
  const folder = dirname(path);
  if (!isJsonFile(path)) return openWeights(path, folder, readableFilesIn(folder), false);
  if (basename(path) === MANIFEST) return manifestOf(folder);
  const isIndex = isJson(readJsonFile(path, CONFIG_BYTES).weight_map);
  return openWeights(path, folder, filesIn(folder), isIndex);
}

/** A lone file may lie among thousands of others, or where its folder can't be listed: then nothing is taken from there. */
function readableFilesIn(folder: string): string[] {
  try {
    return filesIn(folder);
  } catch {
    return [];
  }
}

function isJsonFile(path: string): boolean {
  const reader = new FileReader(path);
  try {
    return kindOf(reader) === "json";
  } finally {
    reader.close();
  }
}
