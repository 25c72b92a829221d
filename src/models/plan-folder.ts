import { join } from "node:path";
import type { OpenedModel } from "./manifest.js";
import { scriptFiles } from "./manifest-file.js";
import type { ModelPlan } from "./plan.js";

/** A folder whose ONNX files run as they are. */
export function planFolder(opened: OpenedModel): ModelPlan {
  const { folder, manifest } = opened;
  const { tokenizer } = manifest.text;
  return {
    manifest,
    graphs: async () => (await import("./read-towers.js")).readTowers(opened),
    open: async () => opened,
    ...(tokenizer.kind === "huggingface" ? { tokenizerFile: join(folder, tokenizer.file) } : {}),
    scriptFiles: scriptFiles(manifest).map((name) => ({ name, path: join(folder, name) })),
    async [Symbol.asyncDispose]() {},
  };
}
