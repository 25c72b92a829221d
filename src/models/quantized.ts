import { createHash } from "node:crypto";
import { ClipError } from "../errors.js";
import {
  cacheKey,
  findCompiled,
  listCompiled,
  openCompiled,
  publishCompiled,
  removeCompiled,
} from "./compiled-cache.js";
import type { ModelManifest, OpenedModel, QuantizationRecord } from "./manifest.js";
import { asWritten, type WrittenFile } from "./write-tower.js";

/** What follows a model's name where its quantised form is meant. */
const SUFFIX = "@int8";

/**
 * Raised by hand whenever the passes (graph/quantise-*, graph/equalise, and how they are calibrated) make another form of
 * the same model: forms of another version are not found.
 */
export const PASSES_VERSION = 7;

/** Revision of a model → the key of its quantised form's entry in the cache. */
export function quantizedKey(revision: string, passes = PASSES_VERSION): string {
  return cacheKey(createHash("sha256").update(`int8 ${passes} ${revision}`).digest("hex"));
}

/** `ViT-B/32` → `ViT-B/32@int8`. */
export function quantizedName(name: string): string {
  return `${name}${SUFFIX}`;
}

/** True where a whole quantised form of the model is on this machine. */
export async function hasQuantized(model: ModelManifest, cacheFolder: string): Promise<boolean> {
  return (await openCompiled(cacheFolder, quantizedKey(model.revision))) !== undefined;
}

/** The quantised form of a model, which need not be compiled itself. Raises `model.not-quantized` where there is none, `model.damaged`. */
export async function openQuantized(model: ModelManifest, cacheFolder: string): Promise<OpenedModel> {
  const found = await openCompiled(cacheFolder, quantizedKey(model.revision));
  if (found)
    return { folder: found.folder, manifest: { ...found.manifest, name: quantizedName(model.name) } };
  const key = quantizedKey(model.revision);
  const what = `run "zeroclip quantize ${model.name} --to int8"`;
  const damaged = await findCompiled(cacheFolder, key);
  if (damaged === undefined) throw notQuantized(model.name, what);
  throw new ClipError(
    "model.damaged",
    `Expected a whole quantised form of ${model.name} but the one in ${damaged.folder} is damaged: ${what} again.`,
  );
}

/** Keys that the quantised form of a model may have, those of older passes too. */
export function quantizedKeys(revision: string): string[] {
  return Array.from({ length: PASSES_VERSION }, (_, i) => quantizedKey(revision, i + 1));
}

function notQuantized(name: string, what: string): ClipError {
  return new ClipError(
    "model.not-quantized",
    `Expected a quantised form of ${name} on this machine but there is none: ${what}.`,
  );
}

/**
 * What is asked for as int8 is made here, never downloaded: where neither the model nor such a form of it lies on this
 * machine, a download would end in the same error. Raises `model.not-quantized`.
 */
export async function checkQuantizedHere(name: string, cacheFolder: string): Promise<void> {
  const made = await listCompiled(cacheFolder);
  if (made.some((entry) => entry.name === quantizedName(name))) return;
  throw notQuantized(name, `run "zeroclip models pull ${name}", then "zeroclip quantize ${name} --to int8"`);
}

/** What quantising a model has written into the folder that it was given. */
export interface QuantizedFiles {
  readonly files: readonly WrittenFile[];
  readonly quantization: QuantizationRecord;
}

/**
 * Puts the quantised form of a model into the cache in place of an older one, of older passes too; `write` fills a folder that nobody else
 * sees. Where it raises, nothing changes and nothing is left. The revision is made of what was written, so that vectors
 * of two forms of one model are never taken for the same.
 */
export async function publishQuantized(
  model: ModelManifest,
  cacheFolder: string,
  write: (folder: string) => Promise<QuantizedFiles>,
): Promise<OpenedModel> {
  const key = quantizedKey(model.revision);
  const fill = async (
    folder: string,
  ): Promise<{ manifest: ModelManifest; files: readonly WrittenFile[] }> => {
    const { files, quantization } = await write(folder);
    const hashes = files.map(({ name, sha256 }) => [name, sha256]);
    const revision = createHash("sha256")
      .update(JSON.stringify({ precision: "int8", of: model.revision, hashes }))
      .digest("hex");
    return { files, manifest: quantizedManifest(model, revision, quantization) };
  };
  const published = await publishCompiled(cacheFolder, key, fill, { replace: true });
  for (let passes = 1; passes < PASSES_VERSION; passes++)
    await removeCompiled(cacheFolder, quantizedKey(model.revision, passes));
  return published;
}

function quantizedManifest(
  model: ModelManifest,
  revision: string,
  quantization: QuantizationRecord,
): ModelManifest {
  return {
    ...{ ...model, ...asWritten(model) },
    name: quantizedName(model.name),
    revision,
    precision: "int8",
    quantization,
  };
}
