import { join } from "node:path";
import { ClipError } from "../errors.js";
import { isJson, readJsonFile } from "./json-file.js";
import { FileReader } from "./reader.js";
import { checkTensorCount } from "./shape.js";
import type { SourceConfig, WeightsSource } from "./source.js";
import type { Scalar } from "./state-dict.js";
import type { NamedTensor } from "./tensor.js";
import { readWeightsFile, type WeightsFile } from "./weights-file.js";

/** Bytes of an index: about 100 a tensor. */
const MOST_INDEX_BYTES = 2 ** 24;

/** Files of one checkpoint: sharding makes files of some GB each. */
const MOST_SHARDS = 1000;

/** The three that OpenAI's archives store as tensors but that are no parameters (CLIP, model.py, `build_model`). */
const STORED_SCALARS = ["input_resolution", "context_length", "vocab_size"];

/** Put before every name by DistributedDataParallel and by torch.compile. */
const PREFIXES = ["module.", "_orig_mod."];

/** Weights and the folder and configurations beside them, if any. */
interface Beside {
  readonly folder: string;
  /** Read only where the weights can go with one. */
  readonly configs: () => readonly SourceConfig[];
}

/** One file of weights in any form. */
export function openFile(path: string, beside?: Beside): WeightsSource {
  const reader = new FileReader(path);
  return closingOnError([reader], () => toSource(readWeightsFile(reader), [reader], beside));
}

/** Weights in several files, named by an index of Hugging Face's form. Raises also `checkpoint.unsafe` for names that leave the folder. */
export function openSharded(indexPath: string, folder: string, beside?: Beside): WeightsSource {
  const { weight_map: map } = readJsonFile(indexPath, MOST_INDEX_BYTES);
  const entries = isJson(map) ? Object.entries(map) : [];
  checkTensorCount(entries.length, indexPath);
  const names = [...new Set(entries.map(([, file]) => shardName(file, indexPath)))];
  if (names.length === 0 || names.length > MOST_SHARDS) {
    throw new ClipError(
      "checkpoint.format",
      `Expected 1 to ${MOST_SHARDS} files in the weight_map of ${indexPath} but it names ${names.length}.`,
    );
  }
  const readers: FileReader[] = [];
  return closingOnError(readers, () => {
    const files = new Map<string, WeightsFile>();
    for (const name of names) {
      const reader = new FileReader(join(folder, name));
      readers.push(reader);
      files.set(name, readWeightsFile(reader));
    }
    const tensors = new Map<string, NamedTensor>();
    for (const [name, file] of entries) {
      const tensor = files.get(String(file))?.tensors.get(name);
      if (!tensor)
        throw new ClipError(
          "checkpoint.missing-tensor",
          `Expected ${name} in ${String(file)}, as ${indexPath} says, but it is not there.`,
        );
      tensors.set(name, tensor);
    }
    const format = files.get(names[0]!)!.format;
    return toSource({ format, tensors, scalars: new Map() }, readers, beside);
  });
}

/** A plain name in the index's own folder. */
function shardName(file: unknown, indexPath: string): string {
  if (typeof file === "string" && file !== "" && !/[/\\\0:]/.test(file) && file !== "." && file !== "..")
    return file;
  throw new ClipError(
    "checkpoint.unsafe",
    `Expected files beside ${indexPath} but it names ${String(JSON.stringify(file)).slice(0, 200)}.`,
  );
}

function toSource(
  file: WeightsFile,
  readers: readonly FileReader[],
  beside: Beside | undefined,
): WeightsSource {
  const scalars = new Map<string, Scalar>(file.scalars);
  const tensors = new Map<string, NamedTensor>();
  for (const [name, tensor] of withoutPrefixes(file.tensors)) {
    const value = STORED_SCALARS.includes(name) ? wholeNumber(tensor) : undefined;
    if (value === undefined) tensors.set(name, tensor);
    else scalars.set(name, value);
  }
  const config = file.format === "torchscript" ? undefined : beside && configFor(tensors, beside.configs());
  return {
    kind: "weights",
    format: file.format,
    tensors,
    scalars,
    ...(beside && config ? { folder: beside.folder, config } : {}),
    files: readers.map(({ path }) => path),
    [Symbol.asyncDispose]: async () => {
      for (const reader of readers) reader.close();
    },
  };
}

/** Hugging Face's CLIP names its towers `vision_model` and `text_model`, M-CLIP its last layer so; what does not is open_clip's. */
function configFor(
  tensors: ReadonlyMap<string, NamedTensor>,
  configs: readonly SourceConfig[],
): SourceConfig | undefined {
  const isHuggingFace = [...tensors.keys()].some((name) =>
    /^(?:(clip\.)?(vision_model|text_model)|LinearTransformation)\./.test(name),
  );
  return configs.find(({ kind }) => kind === (isHuggingFace ? "huggingface" : "open_clip"));
}

function wholeNumber(tensor: NamedTensor): number | undefined {
  if ((tensor.dtype !== "i64" && tensor.dtype !== "i32") || tensor.shape.some((size) => size !== 1))
    return undefined;
  const bytes = tensor.read();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return tensor.dtype === "i64" ? Number(view.getBigInt64(0, true)) : view.getInt32(0, true);
}

function withoutPrefixes(tensors: Map<string, NamedTensor>): Map<string, NamedTensor> {
  const prefix = PREFIXES.find(
    (start) => tensors.size > 0 && [...tensors.keys()].every((name) => name.startsWith(start)),
  );
  if (!prefix) return tensors;
  const shorter = new Map<string, NamedTensor>();
  for (const tensor of tensors.values()) {
    const name = tensor.name.slice(prefix.length);
    shorter.set(name, { ...tensor, name });
  }
  return withoutPrefixes(shorter);
}

function closingOnError<T>(readers: readonly FileReader[], work: () => T): T {
  try {
    return work();
  } catch (error) {
    for (const reader of readers) reader.close();
    throw error;
  }
}
