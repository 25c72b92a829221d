import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ModelPlan } from "./plan.js";
import { type WrittenFile, weightsFile, writeSynced } from "./write-tower.js";

const GRAPH = ".onnx";

/** Puts a plan's text towers for scripts of their own, as they are, into the folder of another form of the model. */
export async function writeScriptTowers(
  folder: string,
  { scriptFiles = [] }: Pick<ModelPlan, "scriptFiles">,
): Promise<WrittenFile[]> {
  const written: WrittenFile[] = [];
  const put = async (name: string, bytes: Uint8Array): Promise<void> => {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    written.push(await writeSynced(folder, name, [bytes]));
  };
  for (const { name, path } of scriptFiles) {
    await put(name, await readFile(path));
    if (!name.endsWith(GRAPH)) continue;
    // Large weights lie in a file beside the graph, if there are any.
    const [weights, from] = [name, path].map((one) => weightsFile(one.slice(0, -GRAPH.length))) as [
      string,
      string,
    ];
    if (existsSync(from)) await put(weights, await readFile(from));
  }
  return written;
}
