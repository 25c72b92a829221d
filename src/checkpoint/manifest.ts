import { statSync } from "node:fs";
import { join } from "node:path";
import { ClipError } from "../errors.js";
import { CONFIG_BYTES, readJsonFile } from "./json-file.js";
import type { ManifestSource } from "./source.js";

/** zeroclip's own manifest (`ModelManifest` in models/manifest.ts). */
export const MANIFEST = "zeroclip.json";

/** A folder with a manifest. Raises `checkpoint.*` for one that can't be read. */
export function manifestOf(folder: string): ManifestSource {
  return { kind: "zeroclip", folder, json: readJsonFile(join(folder, MANIFEST), CONFIG_BYTES) };
}

/** The same, where there is one at this path; what else may lie there takes more to look at, and says what is wrong with it. */
export function manifestIn(path: string): ManifestSource | undefined {
  try {
    return statSync(join(path, MANIFEST)).isFile() ? manifestOf(path) : undefined;
  } catch (error) {
    if (error instanceof ClipError) throw error;
    return undefined;
  }
}
