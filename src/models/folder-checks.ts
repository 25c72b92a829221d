import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { hashFile } from "./checksum.js";
import { JsonObject } from "./json.js";
import type { FileCheck } from "./store-options.js";

/** Written beside a folder's `zeroclip.json` by what made it (tools/starter/export.py): `{"file": "SHA-256"}`. */
const CHECKSUMS = "checksums.json";

/**
 * Hashes the files of a model folder that has a `checksums.json`, again each time; empty where it has none. Raises
 * `model.manifest` for one that is not what it should be.
 */
export async function checkFolderFiles(folder: string, signal?: AbortSignal): Promise<FileCheck[]> {
  const list = join(folder, CHECKSUMS);
  const text = await readFile(list, "utf8").catch(() => undefined);
  if (text === undefined) return [];
  const sums = JsonObject.parse(text, list, "model.manifest");
  const checks: FileCheck[] = [];
  for (const name of Object.keys(sums.fields)) {
    if (/[/\\]/.test(name)) throw sums.wrong(name, "a file of this folder");
    const [path, expected] = [join(folder, name), sums.string(name)];
    const there = await stat(path).catch(() => undefined);
    const actual = there?.isFile()
      ? await hashFile(path, { kind: "sha256", hex: expected }, signal)
      : undefined;
    checks.push({ path, expected, ...(actual === undefined ? {} : { actual }), ok: actual === expected });
  }
  return checks;
}
