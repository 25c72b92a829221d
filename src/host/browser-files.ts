import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { locateTowers } from "../clip.js";
import { ClipError } from "../errors.js";
import type { FindOptions } from "../find-model.js";
import { partialName, publishFolder, writeFileAtomic } from "../models/atomic.js";
import { makeFolder } from "../models/folder.js";
import { filesUnder, writeHostedModel } from "./hosted-model.js";

export interface BrowserFilesOptions extends FindOptions {
  /** Models that are put beside the worker, each in a folder of its own; default: the starter. */
  readonly models?: readonly string[];
  /** False: without WebGPU, which is more than half of all bytes. Default true. */
  readonly webgpu?: boolean;
}

/** What was written. */
export interface BrowserFiles {
  readonly folder: string;
  /** Of the worker and ONNX Runtime. */
  readonly bytes: number;
  readonly models: readonly {
    readonly model: string;
    /** Its folder, which `loadClip` is given the name of. */
    readonly name: string;
    readonly bytes: number;
    /** Of its checksums.json: what `loadClip` asks for where the model is on another site. */
    readonly sha256: string;
  }[];
}

/** What runs in browsers as the build made it; the same from `src` and from `dist`. */
const PROGRAMS = fileURLToPath(new URL("../../dist/browser/files", import.meta.url));

/** Parts of ONNX Runtime that only WebGPU needs. */
const FOR_WEBGPU = /webgpu|asyncify/;

/** A model's name as a folder's. */
function folderName(model: string): string {
  return model.replaceAll(/[^\w@.+-]+/g, "-").replace(/^[-.]+/, "");
}

/**
 * Fills a folder with what `zeroclip/browser` loads from a page's own site: the worker, ONNX Runtime, and models (compiled first where
 * they must be). Files that are there already are replaced, each at once. Raises `model.*`, `download.*`, `usage.models`, `aborted`.
 */
export async function writeBrowserFiles(
  folder: string,
  options: BrowserFilesOptions = {},
): Promise<BrowserFiles> {
  const { models = ["starter"], webgpu = true, ...find } = options;
  const names = models.map(folderName);
  if (names.some((name) => name === "") || new Set(names).size < names.length)
    throw new ClipError(
      "usage.models",
      `Expected models whose names differ as folders but received ${models.join(", ")}.`,
    );
  await makeFolder(folder);
  let bytes = 0;
  for await (const file of filesUnder(PROGRAMS)) {
    if (!webgpu && FOR_WEBGPU.test(file.name)) continue;
    await makeFolder(dirname(join(folder, file.name)));
    await writeFileAtomic(join(folder, file.name), file.bytes);
    bytes += file.bytes.length;
  }
  const written: BrowserFiles["models"][number][] = [];
  for (const [i, model] of models.entries()) {
    const opened = await locateTowers(model, find);
    const target = join(folder, names[i]!);
    const partial = partialName(target);
    await makeFolder(partial);
    try {
      const { files, sha256 } = await writeHostedModel(opened, partial, find.signal);
      await rm(target, { recursive: true, force: true });
      await publishFolder(partial, target);
      written.push({
        model,
        name: names[i]!,
        bytes: files.reduce((sum, file) => sum + file.bytes, 0),
        sha256,
      });
    } finally {
      await rm(partial, { recursive: true, force: true });
    }
  }
  return { folder, bytes, models: written };
}
