import { mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ModelPlan } from "./plan.js";
import { type WrittenFile, writeSynced } from "./write-tower.js";

/** Puts a plan's text towers for scripts of their own, as they are, into the folder of another form of the model. */
export async function writeScriptTowers(
  folder: string,
  { scriptFiles = [] }: Pick<ModelPlan, "scriptFiles">,
): Promise<WrittenFile[]> {
  const written: WrittenFile[] = [];
  for (const { name, path } of scriptFiles) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    written.push(await writeSynced(folder, name, [await readFile(path)]));
  }
  return written;
}
