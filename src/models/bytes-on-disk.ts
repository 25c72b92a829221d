import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { OpenedModel } from "./manifest.js";
import { featureFiles } from "./manifest-file.js";

/** Bytes of a model's files: its graphs, and the weights beside them that are called as they are. */
export async function bytesOnDisk({ folder, manifest }: OpenedModel): Promise<number> {
  const own = featureFiles(manifest).map((name) => join(folder, name));
  const files = new Set(own);
  for (const graph of own.filter((path) => path.endsWith(".onnx"))) {
    const stem = basename(graph).slice(0, -"onnx".length);
    for (const name of await readdir(dirname(graph)))
      if (name.startsWith(stem)) files.add(join(dirname(graph), name));
  }
  let bytes = 0;
  for (const file of files) bytes += (await stat(file)).size;
  return bytes;
}
