import { createHash } from "node:crypto";
import { join } from "node:path";
import type { ManifestSource } from "../checkpoint/source.js";
import type { OpenedModel } from "./manifest.js";
import { featureFiles, parseManifest, revisionText } from "./manifest-file.js";
import { hashFiles } from "./weights-hash.js";

/**
 * A folder with zeroclip's own `zeroclip.json` (the starter) as a runnable model. Raises `model.manifest` with one
 * sentence that names the key that is wrong. Where it states no revision, the files' hashes make one.
 */
export async function openManifest(
  { folder, json }: ManifestSource,
  options: { readonly cacheFolder: string; readonly signal?: AbortSignal | undefined },
): Promise<OpenedModel> {
  const manifest = parseManifest(json, join(folder, "zeroclip.json"));
  if (manifest.revision !== "") return { folder, manifest };
  const files = featureFiles(manifest).map((name) => join(folder, name));
  const hashes = await hashFiles(files, options.cacheFolder, { signal: options.signal });
  const revision = createHash("sha256").update(revisionText(manifest, hashes)).digest("hex");
  return { folder, manifest: { ...manifest, revision } };
}
