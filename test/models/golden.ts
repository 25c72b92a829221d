import { cp, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Activation } from "../../src/models/spec.js";

export const CHECKPOINTS = new URL("../golden/checkpoint/", import.meta.url).pathname;

/** One checkpoint's features by the reference (tools/goldens/embeddings.py). */
export interface GoldenCase {
  readonly path: string;
  readonly by: string;
  readonly label?: string;
  /** Values of config.json that the reference was given instead of the folder's. */
  readonly changes?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly activation?: Activation;
  readonly size: number;
  /** False where the weights give all pictures nearly the same feature. */
  readonly varied: boolean;
  readonly ids: readonly (readonly number[])[];
  readonly image: readonly (readonly number[])[];
  readonly text: readonly (readonly number[])[];
}

export interface Golden {
  /** By size: u8 [3, size, size, 3], base64. */
  readonly pixels: Readonly<Record<string, string>>;
  readonly cases: readonly GoldenCase[];
}

export async function readGolden(): Promise<Golden> {
  return JSON.parse(await readFile(new URL("../golden/models/embeddings.json", import.meta.url), "utf8"));
}

/** The case's checkpoint; where its configuration is changed, a copy in a folder inside `scratch`. */
export async function checkpointOf({ path, changes }: GoldenCase, scratch: string): Promise<string> {
  const original = join(CHECKPOINTS, path);
  if (!changes) return original;
  const folder = await mkdtemp(join(scratch, "golden-"));
  await cp(original, folder, { recursive: true });
  const config = JSON.parse(await readFile(join(original, "config.json"), "utf8"));
  for (const [part, values] of Object.entries(changes)) Object.assign(config[part], values);
  await writeFile(join(folder, "config.json"), JSON.stringify(config));
  return folder;
}
