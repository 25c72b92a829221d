import { join } from "node:path";
import { ClipError } from "../errors.js";
import { findModel } from "../find-model.js";
import { cacheKey, openCompiled } from "../models/compiled-cache.js";
import type { GateFigures } from "../models/manifest.js";
import { STARTER_NAME, splitPrecision } from "../models/names.js";
import { planModel } from "../models/open.js";
import { hasQuantized, openQuantized, quantizedKey, quantizedName } from "../models/quantized.js";
import { findEntry, type RegistryEntry } from "../models/registry.js";
import { listPulled } from "../models/store.js";

/** One form of a model that lies on this machine. */
export interface PresentModel {
  /** The name that opens it. */
  readonly model: string;
  readonly variant: string;
  readonly precision: "fp32" | "int8";
  /** Changes when the form does: what was measured of another is not believed. */
  readonly key: string;
  /** False: it would be compiled first, which can take a minute, and is estimated instead. */
  readonly ready: boolean;
  readonly entry?: RegistryEntry;
  /** Of a quantised form. */
  readonly gate?: GateFigures;
}

/**
 * The starter, the downloaded models, and further ones by name or path: each in the forms that are here. Nothing is
 * downloaded, compiled or run. Raises `model.*` for a further one that is not here.
 */
export async function presentModels(
  home: string,
  further: readonly string[] = [],
  signal?: AbortSignal,
): Promise<PresentModel[]> {
  const pulled = (await listPulled(home)).map(({ name }) => name);
  const named = further.map((name) => splitPrecision(name).model);
  const names = [
    ...new Set([STARTER_NAME, ...pulled, ...named.map((name) => findEntry(name)?.name ?? name)]),
  ];
  const found: PresentModel[] = [];
  for (const name of names) {
    try {
      found.push(...(await formsOf(name, home, signal)));
    } catch (error) {
      // A damaged download is nobody's choice; a model that was named is missed.
      if (named.includes(name) || !(error instanceof ClipError) || error.code === "aborted") throw error;
    }
  }
  return found;
}

async function formsOf(name: string, home: string, signal: AbortSignal | undefined): Promise<PresentModel[]> {
  const { path, options } = await findModel(name, { home, offline: true, ...(signal ? { signal } : {}) });
  await using plan = await planModel(path, options);
  const { manifest } = plan;
  const entry = findEntry(name);
  const known = entry ? { entry } : {};
  const compiled = join(home, "compiled");
  const own: PresentModel = {
    model: name,
    variant: name,
    precision: manifest.precision === "int8" ? "int8" : "fp32",
    key: manifest.revision,
    // What is no variant has no estimate either: it is opened to be measured, compiled or not.
    ready: !entry || (await openCompiled(compiled, cacheKey(manifest.revision))) !== undefined,
    ...known,
  };
  if (!(await hasQuantized(manifest, compiled))) return [own];
  const { quantization } = (await openQuantized(manifest, compiled)).manifest;
  const int8: PresentModel = {
    model: quantizedName(name),
    variant: name,
    precision: "int8",
    key: quantizedKey(manifest.revision),
    ready: true,
    ...known,
    ...(quantization ? { gate: quantization.gate } : {}),
  };
  return [own, int8];
}
