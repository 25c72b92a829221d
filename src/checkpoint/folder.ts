import { type Dirent, readdirSync } from "node:fs";
import { join } from "node:path";
import { ClipError } from "../errors.js";
import { CONFIG_BYTES, isJson, type Json, readJsonFile } from "./json-file.js";
import { FileReader, readError } from "./reader.js";
import type { SourceConfig } from "./source.js";
import { kindOf } from "./weights-file.js";

/** Files of a folder that are looked at: a model's has about 20; a folder of pictures given by mistake has more. */
const MOST_FILES = 10_000;

/** Files that are opened to see what they are. */
const MOST_LOOKS = 50;

/** Names of weights in the order of preference: open_clip's first, for its repositories often carry a converted copy. */
const KNOWN = [
  ...[
    "open_clip_model.safetensors",
    "open_clip_model.safetensors.index.json",
    "open_clip_pytorch_model.safetensors",
  ],
  ...["open_clip_pytorch_model.bin", "open_clip_pytorch_model.bin.index.json"],
  ...[
    "model.safetensors",
    "model.safetensors.index.json",
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
  ],
];

/** Names of the files in a folder, sorted; links count as what they lead to when opened. */
export function filesIn(folder: string): string[] {
  let entries: Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    throw readError(folder, error);
  }
  if (entries.length > MOST_FILES) {
    throw new ClipError(
      "checkpoint.format",
      `Expected the folder of a model in ${folder} but it has ${entries.length} files.`,
    );
  }
  return entries
    .filter((entry) => !entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

/** config.json and open_clip_config.json of a folder, whichever are there, known by what they say. */
export function configsIn(folder: string, files: readonly string[]): SourceConfig[] {
  const found: SourceConfig[] = [];
  for (const name of ["open_clip_config.json", "config.json"]) {
    if (!files.includes(name)) continue;
    const json = readJsonFile(join(folder, name), CONFIG_BYTES);
    const kind = configKind(json);
    if (kind && !found.some((other) => other.kind === kind)) found.push({ kind, json });
  }
  return found;
}

function configKind(json: Json): SourceConfig["kind"] | undefined {
  if (isJson(json.model_cfg) || isJson(json.vision_cfg)) return "open_clip";
  const saysSo =
    typeof json.model_type === "string" || Array.isArray(json.architectures) || isJson(json.vision_config);
  return saysSo ? "huggingface" : undefined;
}

/**
 * The weights of a folder: those of a known name, else the only file that is weights by its content.
 * Undefined where there are none. Raises `checkpoint.format` where several could be meant.
 */
export function weightsIn(
  folder: string,
  files: readonly string[],
): { path: string; isIndex: boolean } | undefined {
  const known = KNOWN.find((name) => files.includes(name));
  if (known) return { path: join(folder, known), isIndex: known.endsWith(".json") };
  const indexes = files.filter((name) => name.endsWith(".index.json"));
  if (indexes.length === 1) return { path: join(folder, indexes[0]!), isIndex: true };
  const looked = files.filter((name) => !name.endsWith(".json")).slice(0, MOST_LOOKS);
  const found = looked.filter((name) => isWeights(join(folder, name)));
  if (found.length > 1) {
    throw new ClipError(
      "checkpoint.format",
      `Expected one file of weights in ${folder} but found ${found.join(", ").slice(0, 300)}: give one of them.`,
    );
  }
  return found[0] === undefined ? undefined : { path: join(folder, found[0]), isIndex: false };
}

function isWeights(path: string): boolean {
  let reader: FileReader;
  try {
    reader = new FileReader(path);
  } catch {
    return false;
  }
  try {
    const kind = kindOf(reader);
    return kind !== undefined && kind !== "json";
  } finally {
    reader.close();
  }
}
