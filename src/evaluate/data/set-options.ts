import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { Warning } from "../../encoder.js";
import { ClipError, throwIfAborted } from "../../errors.js";
import { readTextFile } from "../../models/text-file.js";
import { labelsFor, type Names } from "../labelled-folder.js";
import type { SetClass } from "./labelled-set.js";

export interface SetOptions {
  /** How classes are called in prompts, by what the set calls them. */
  readonly names?: Names;
  /** Only the pictures of this split, where the set has splits. */
  readonly split?: string;
  /** Names of classes that a set gives as numbers, the first for 0. */
  readonly numbered?: readonly string[];
  /** Told of class folders without a picture, and of pictures that a list has twice. */
  readonly onWarning?: (warning: Warning) => void;
  /** Endings of files of class folders that count as pictures; default: those of pictures. */
  readonly endings?: readonly string[];
  readonly signal?: AbortSignal;
}

/** Most pictures of one set: beyond this a figure no longer gets sharper by a hundredth of a point, and lists take gigabytes. */
export const MOST_PICTURES = 1_000_000;

/** Files that are looked at together. */
const AT_ONCE = 64;

/** What a set calls its classes → classes with words for prompts. Raises `evaluate.data` for two of one label, and for fewer than two. */
export function classesOf(ids: readonly string[], names: Names, where: string): SetClass[] {
  if (ids.length < 2) {
    throw new ClipError(
      "evaluate.data",
      `Expected pictures of at least two classes in ${where} but found ${ids.length}.`,
    );
  }
  const byLabel = new Map<string, string>();
  const labels = labelsFor(ids, names);
  return ids.map((id, i) => {
    const label = labels[i]!;
    const other = byLabel.get(label);
    if (other !== undefined) {
      throw new ClipError(
        "evaluate.data",
        `Expected a different label for each class of ${where} but ${other} and ${id} are both "${label}".`,
      );
    }
    byLabel.set(label, id);
    return { id, label };
  });
}

/** Class numbers in their order, words by code unit. */
export function sortedIds(ids: Iterable<string>): string[] {
  const all = [...new Set(ids)];
  return all.every((id) => /^\d{1,9}$/.test(id)) ? all.sort((a, b) => Number(a) - Number(b)) : all.sort();
}

/** A text file that is not too long. Raises `evaluate.data`. */
export async function readText(path: string, most: number): Promise<string> {
  return readTextFile(path, { code: "evaluate.data", what: "a text file", most });
}

/** Names, sizes and times of files, and further facts → a hash that changes where any of them does. */
export async function fingerprintOf(
  paths: readonly string[],
  facts: unknown,
  signal?: AbortSignal,
): Promise<string> {
  const hash = createHash("sha256").update(JSON.stringify(facts));
  for (let i = 0; i < paths.length; i += AT_ONCE) {
    throwIfAborted(signal);
    const part = paths.slice(i, i + AT_ONCE);
    const found = await Promise.all(part.map((path) => stat(path).catch(() => undefined)));
    for (const [k, info] of found.entries())
      hash.update(`${resolve(part[k]!)}\0${info?.size}\0${info?.mtimeMs}\n`);
  }
  return hash.digest("hex");
}
