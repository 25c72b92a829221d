import { resolve } from "node:path";
import { asClipError } from "../../errors.js";
import { cacheKey, findCompiled, listCompiled } from "../../models/compiled-cache.js";
import { halvedName, halvedRevision } from "../../models/halved.js";
import {
  type AskedPrecision,
  type Precision,
  type ResolvedModel,
  splitPrecision,
} from "../../models/names.js";
import { planModel } from "../../models/open.js";
import { quantizedKeys, quantizedName } from "../../models/quantized.js";
import { findEntry } from "../../models/registry.js";
import { findPulled, modelName } from "../../models/store.js";
import { compiledFolder } from "./settings.js";

/** A form of a model that lies in the cache, whole or damaged. */
export interface Form {
  readonly key: string;
  readonly precision: Precision;
  readonly bytes: number;
  readonly folder: string;
}

/** What each precision means of the forms: `auto` all of them. */
const MEANT: Readonly<Record<AskedPrecision, readonly Precision[]>> = {
  fp32: ["fp32"],
  fp16: ["fp16"],
  int8: ["int8"],
  auto: ["fp32", "fp16", "int8"],
};

/**
 * The forms of a model, or the one of the precision that was asked for: as opening finds them, by the content of its files,
 * and by the name under which they were made. `typed` is what the person wrote; `model` what it was found to be, where
 * it was.
 */
export async function formsOf(
  typed: string,
  model: ResolvedModel | undefined,
  { home, signal }: { readonly home: string; readonly signal: AbortSignal },
): Promise<Form[]> {
  const { model: words, precision: asked = "auto" } = splitPrecision(typed);
  const name = model?.kind === "registry" || model?.kind === "hub" ? modelName(model) : words;
  const folder = compiledFolder(home);
  const revision = model && (await revisionOf(model, name, home, signal));
  const found = new Map<string, Form>();
  for (const precision of revision === undefined ? [] : MEANT[asked]) {
    for (const key of KEYS[precision](revision!)) {
      const there = await findCompiled(folder, key);
      if (there) found.set(key, { ...there, precision });
    }
  }
  for (const entry of await listCompiled(folder)) {
    const named = MEANT[asked].find((precision) => {
      const own = NAMES[precision](name);
      return entry.name === own || (revision === undefined && isSamePath(entry.name, own));
    });
    if (named && !found.has(entry.key)) found.set(entry.key, { ...entry, precision: named });
  }
  return [...found.values()];
}

const KEYS: Readonly<Record<Precision, (revision: string) => readonly string[]>> = {
  fp32: (revision) => [cacheKey(revision)],
  fp16: (revision) => [cacheKey(halvedRevision(revision))],
  int8: quantizedKeys,
};

const NAMES: Readonly<Record<Precision, (name: string) => string>> = {
  fp32: (name) => name,
  fp16: halvedName,
  int8: quantizedName,
};

/** What the model's files make its revision; undefined where they are not on this machine, or can't be read. */
async function revisionOf(
  model: ResolvedModel,
  name: string,
  home: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const path =
      model.kind === "starter"
        ? model.folder
        : model.kind === "path"
          ? model.path
          : (await findPulled(model, { home, signal }))?.path;
    if (path === undefined) return undefined;
    await using plan = await planModel(path, { cacheFolder: compiledFolder(home), name, signal });
    return plan.manifest.revision;
  } catch (error) {
    if (asClipError(error, "model.path").code === "aborted") throw error;
    return undefined;
  }
}

/** Two spellings of one file, which may be gone; names of the registry are none. */
function isSamePath(one: string, other: string): boolean {
  return findEntry(splitPrecision(one).model) === undefined && resolve(one) === resolve(other);
}
