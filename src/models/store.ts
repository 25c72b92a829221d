import { ClipError } from "../errors.js";
import { type AskedPrecision, type ResolvedModel, resolveModel, splitPrecision } from "./names.js";
import { ORIGINAL_LICENSE } from "./registry.js";
import type { FileCheck, PullOptions, StoredModel } from "./store-options.js";

export type { FileCheck, PullOptions, StoredModel } from "./store-options.js";

/** A model that can be pulled: the starter and paths are there or not. */
type Pullable = Extract<ResolvedModel, { kind: "registry" | "hub" }>;

// What asks the network is loaded for models that are pulled: the starter and paths need none of it.
const hub = () => import("./hub-store.js");
const registry = () => import("./registry-store.js");

/** The name of a model as a person would type it. */
export function modelName(model: Pullable): string {
  if (model.kind === "registry") return model.entry.name;
  return model.revision === undefined ? model.id : `${model.id}@${model.revision}`;
}

/** The model where it is on this machine and verified. Never touches the network. Errors: `model.damaged`. */
export async function findPulled(
  model: Pullable,
  options: Pick<PullOptions, "home" | "signal" | "clock">,
): Promise<StoredModel | undefined> {
  if (model.kind === "registry") return (await registry()).findEntryFile(model.entry, options.home, options);
  return (await hub()).findHub(model, options.home);
}

/**
 * Downloads and verifies a model. A registry file that is there and right, placed by hand or pulled before, is used
 * as it is; of a hub model the commit that the revision means now is pulled. Offline, what is there is returned.
 * Errors: `model.missing` offline, those of `downloadFile` otherwise, each saying how to get the file by hand.
 */
export async function pullModel(model: Pullable, options: PullOptions): Promise<StoredModel> {
  if (options.offline) return (await findPulled(model, options)) ?? notHere(model, options.home, "offline");
  return model.kind === "registry"
    ? (await registry()).pullEntry(model.entry, options)
    : (await hub()).pullHub(model, options);
}

/** All models on this machine: registry first, then hubs; nothing is hashed, `verifiedAt` says what was. */
export async function listPulled(home: string): Promise<StoredModel[]> {
  return [...(await (await registry()).listEntries(home)), ...(await (await hub()).listHubModels(home))];
}

/** Hashes all files of a pulled model again. Errors: `model.missing` where it is not on this machine. */
export async function verifyPulled(
  model: Pullable,
  options: Pick<PullOptions, "home" | "signal" | "clock">,
): Promise<FileCheck[]> {
  const checks =
    model.kind === "registry"
      ? [await (await registry()).checkEntry(model.entry, options.home, options)]
      : await (await hub()).checkHub(model, options.home, options.signal);
  return checks.some((check) => check.actual !== undefined) ? checks : notHere(model, options.home, "asked");
}

/** Removes a model and what unfinished downloads of it left; resolves to the bytes freed, 0 where it was not there. */
export async function removePulled(model: Pullable, home: string): Promise<number> {
  return model.kind === "registry"
    ? (await registry()).removeEntry(model.entry, home)
    : (await hub()).removeHub(model, home);
}

async function notHere(model: Pullable, home: string, why: "offline" | "asked"): Promise<never> {
  const name = modelName(model);
  const reason = why === "offline" ? " and offline mode allows no download" : "";
  const place =
    model.kind === "registry"
      ? (await registry()).byHand(model.entry, home)
      : "download its files by hand and give their folder in place of the name";
  const sentence = `Expected ${name} on this machine but it is not there${reason}: run "zeroclip models pull ${name}" with a network, or ${place}.`;
  throw new ClipError("model.missing", sentence);
}

/** Where a model lies. */
export interface LocatedModel {
  /** File or folder. */
  readonly path: string;
  readonly name: string;
  readonly kind: ResolvedModel["kind"];
  /** Where the name ended in one. */
  readonly precision?: AskedPrecision;
  readonly sha256?: string;
  /** Commit of a hub model. */
  readonly revision?: string;
  /** Where it is known: the original's, or what a hub's card names. */
  readonly license?: string;
}

export interface LocateOptions extends PullOptions {
  readonly starterFolder: string;
  /** False: only what is on this machine. Default true. */
  readonly pull?: boolean | undefined;
}

/**
 * A name, Hugging Face id or path → the file or folder to open, pulled first where it must be and may be. What was
 * pulled before is used without asking the network. Errors: `model.unknown`, `model.path`, `model.damaged`,
 * `model.missing`, those of `pullModel`.
 */
export async function locateModel(name: string, options: LocateOptions): Promise<LocatedModel> {
  const model = await resolveModel(name, options);
  const asked = model.precision === undefined ? {} : { precision: model.precision };
  if (model.kind === "starter") return { path: model.folder, name: "starter", kind: "starter", ...asked };
  if (model.kind === "path")
    return { path: model.path, name: splitPrecision(name).model, kind: "path", ...asked };
  const found = await findPulled(model, options);
  if (found === undefined && options.pull === false) return notHere(model, options.home, "asked");
  const { path, sha256, revision, license: card } = found ?? (await pullModel(model, options));
  const license = model.kind === "registry" ? ORIGINAL_LICENSE : card;
  return {
    path,
    name: modelName(model),
    kind: model.kind,
    ...asked,
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(revision === undefined ? {} : { revision }),
    ...(license === undefined ? {} : { license }),
  };
}
