import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { ClipError, shownValue } from "../errors.js";
import { nearest } from "../math/nearest.js";
import { findEntry, REGISTRY, type RegistryEntry } from "./registry.js";

/** How a model computes: in 32-bit floats, in 16-bit ones (for GPUs), or with 8-bit whole numbers made by `quantize`. */
export type Precision = "fp32" | "fp16" | "int8";

/** What may follow a model's name after `@`; `auto` is what was measured faster on this machine. */
export type AskedPrecision = Precision | "auto";

const PRECISIONS: readonly AskedPrecision[] = ["fp32", "fp16", "int8", "auto"];

/** A caller's precision, as it is where there is none. Raises `usage.precision` for every other word. */
export function checkPrecision(precision: AskedPrecision | undefined): void {
  if (precision === undefined || PRECISIONS.includes(precision)) return;
  throw new ClipError(
    "usage.precision",
    `Expected the precision fp32, fp16, int8 or auto but received ${shownValue(precision)}.`,
  );
}

/** What a model's name turned out to be, and the precision where the name ended in one (`@int8`). */
export type ResolvedModel = NamedModel & { readonly precision?: AskedPrecision };

type NamedModel =
  | { readonly kind: "starter"; readonly folder: string }
  | { readonly kind: "registry"; readonly entry: RegistryEntry }
  | HubModel
  | { readonly kind: "path"; readonly path: string };

/** A model on Hugging Face: `owner/name`, and a branch, tag or commit where one was given. */
export interface HubModel {
  readonly kind: "hub";
  readonly id: string;
  readonly revision?: string;
}

/** The model that ships inside the package. */
export const STARTER_NAME = "starter";

/** Longest name read; a path may be long, but no system takes more than 4,096 bytes (Linux's PATH_MAX). */
const MAX_NAME = 4096;

/** Hugging Face: letters, digits, `-`, `_`, `.`, 96 characters, no `--` or `..`; neither part begins with a dot or dash. */
const HUB_ID =
  /^(?!.*(?:--|\.\.))([A-Za-z0-9_][\w.-]{0,95})\/([A-Za-z0-9_][\w.-]{0,95})(?:@([A-Za-z0-9_][\w./-]{0,99}))?$/;

/** Words that only a path has: a leading slash, dot-slash, tilde or drive, or a checkpoint's ending. */
const PATH_LIKE = /^(?:[/\\~]|\.{1,2}(?:[/\\]|$)|[A-Za-z]:[/\\])|\\|\.(?:pt|pth|bin|ckpt|safetensors|onnx)$/i;

/** The last part of a name that is a precision. It is reserved: a hub's branch of that name is written with one more after it. */
const PRECISION = /@(fp32|fp16|int8|auto)$/i;

/** `ViT-B/32@int8` → the model and the precision; without one the whole name is the model's. Reads nothing. */
export function splitPrecision(name: string): {
  readonly model: string;
  readonly precision?: AskedPrecision;
} {
  const found = PRECISION.exec(name)?.[1]?.toLowerCase();
  if (found === undefined) return { model: name };
  return { model: name.slice(0, -found.length - 1), precision: found as AskedPrecision };
}

/**
 * `ViT-B/32+M-CLIP/XLM-Roberta-Large-Vit-B-32` → the model whose image tower it is, and that whose text tower; undefined where it is one
 * model's name, as it is where a file of that name lies on this machine.
 */
export async function splitPair(
  name: string,
): Promise<{ readonly image: string; readonly text: string } | undefined> {
  const at = name.indexOf("+");
  if (at <= 0 || at === name.length - 1 || name.length > 2 * MAX_NAME || name.includes("\0"))
    return undefined;
  if (await exists(resolve(splitPrecision(name).model))) return undefined;
  return { image: name.slice(0, at), text: name.slice(at + 1) };
}

/** True where the owner's part is the first part of a registry name (`ViT-B/99`): a slip of the pen, not a hub id. */
function looksLikeRegistryName(owner: string): boolean {
  return REGISTRY.some((entry) => entry.name.split("/")[0]?.toLowerCase() === owner.toLowerCase());
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

/** What is wrong with the words after `@`, where what stands before is a model that has no revisions. */
function unknownPrecision(name: string): ClipError | undefined {
  const [, model = "", given = ""] = /^(.+)@([^@]*)$/.exec(name) ?? [];
  const known = model.toLowerCase() === STARTER_NAME ? STARTER_NAME : findEntry(model)?.name;
  return known === undefined ? undefined : notPrecision(known, given);
}

function notPrecision(model: string, given: string): ClipError {
  return new ClipError(
    "model.unknown",
    `Expected fp32, fp16, int8 or auto after ${model}@ but received "${given.slice(0, 200)}".`,
  );
}

/** `starter@int8@int8`: of a model without revisions the part before the precision is no name. */
function checkOnePrecision(name: string, precision: AskedPrecision): void {
  const { model, precision: before } = splitPrecision(name);
  const known = model.toLowerCase() === STARTER_NAME ? STARTER_NAME : findEntry(model)?.name;
  if (before === undefined || known === undefined) return;
  throw new ClipError(
    "model.unknown",
    `Expected one precision after ${known} but received two, "@${before}" and "@${precision}".`,
  );
}

function unknownModel(name: string): ClipError {
  const known = [STARTER_NAME, ...REGISTRY.map((entry) => entry.name)];
  const spellings = [...known, ...REGISTRY.flatMap((entry) => entry.aliases)];
  const near = nearest(name, spellings);
  const meant = near === undefined ? undefined : (findEntry(near)?.name ?? near);
  // ViT-L/14@339px is a slip in a name, not in a precision.
  const precision = meant?.includes("@") ? undefined : unknownPrecision(name);
  if (precision !== undefined) return precision;
  const hint = meant === undefined ? "" : ` Did you mean ${meant}?`;
  return new ClipError(
    "model.unknown",
    `Expected one of ${known.join(", ")}, a Hugging Face id (owner/name) or a path but received "${name.slice(0, 200)}".${hint}`,
  );
}

/**
 * A model's name as a person writes it → what it is: `starter`, a registry name or alias (case ignored), an existing
 * path, then a Hugging Face id `owner/name[@revision]`; after each of them `@fp32`, `@fp16`, `@int8` or `@auto`. Paths are made
 * absolute. Touches the disk, never the network. Errors: `model.path` for a path where nothing lies, `model.unknown` with
 * the nearest name otherwise.
 */
export async function resolveModel(
  name: string,
  options: { readonly starterFolder: string },
): Promise<ResolvedModel> {
  const { model, precision } = splitPrecision(name);
  if (precision !== undefined) checkOnePrecision(model, precision);
  const named = await resolveName(model, options);
  return precision === undefined ? named : { ...named, precision };
}

async function resolveName(name: string, options: { readonly starterFolder: string }): Promise<NamedModel> {
  if (name.length > MAX_NAME || name.includes("\0")) throw unknownModel(name.replaceAll("\0", ""));
  if (name.toLowerCase() === STARTER_NAME) return { kind: "starter", folder: options.starterFolder };
  const entry = findEntry(name);
  if (entry !== undefined) return { kind: "registry", entry };
  const path = resolve(name);
  if (name !== "" && (await exists(path))) return { kind: "path", path };
  const [, file = "", given = ""] = /^(.+)@([^@/\\]*)$/.exec(name) ?? [];
  if (file !== "" && (await isFile(resolve(file)))) throw notPrecision(file, given);
  const hub = HUB_ID.exec(name);
  if (PATH_LIKE.test(name) || (hub === null && name.split("/").length > 2)) {
    throw new ClipError("model.path", `Expected a model's file or folder at ${path} but nothing is there.`);
  }
  const [, owner, model, revision] = hub ?? [];
  if (owner === undefined || model === undefined || looksLikeRegistryName(owner)) throw unknownModel(name);
  return { kind: "hub", id: `${owner}/${model}`, ...(revision === undefined ? {} : { revision }) };
}
