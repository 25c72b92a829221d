import { readFile } from "node:fs/promises";
import { asClipError, ClipError } from "../../errors.js";
import type { LabelledClass, Names } from "../../evaluate/labelled-folder.js";
import { nearest } from "../../math/nearest.js";
import { labelSet } from "../../zeroshot/label-sets.js";
import type { EvalOptions } from "./shared.js";

/** How folders are called: by a JSON object, by a ready set's ids and names, or by themselves. */
export async function namesOf({ names, labelSet: set }: EvalOptions): Promise<Names> {
  if (names === undefined)
    return new Map(set === undefined ? [] : labelSet(set).labels.map(({ id, name }) => [id, name]));
  try {
    const value: unknown = JSON.parse(await readFile(names, "utf8"));
    const entries = Object.entries(value as Record<string, unknown>);
    if (
      value !== null &&
      typeof value === "object" &&
      entries.every(([, word]) => typeof word === "string")
    ) {
      return new Map(entries as [string, string][]);
    }
  } catch (error) {
    throw new ClipError(
      "labels.file",
      `Expected JSON in ${names} but it can't be read: ${asClipError(error, "labels.file").message}.`,
    );
  }
  throw new ClipError("labels.file", `Expected a JSON object of folder names and labels in ${names}.`);
}

/** Classes of a ready set that have no folder, as labels to choose among; a folder that is not of the set is an error. */
export function withSet(classes: readonly LabelledClass[], options: EvalOptions): readonly LabelledClass[] {
  if (options.labelSet === undefined) {
    if (options.allLabels) throw new ClipError("usage.labels", "Expected --label-set with --all-labels.");
    return classes;
  }
  const present = new Set(classes.map(({ label }) => label));
  const set = labelSet(options.labelSet).labels;
  const known = new Set(set.map(({ name }) => name));
  const stranger = classes.find(({ label }) => !known.has(label));
  if (stranger) {
    const near = nearest(stranger.label, [...known]);
    throw new ClipError(
      "labels.folder",
      `Expected folders called by ids or names of ${options.labelSet} but found "${stranger.id}".${near === undefined ? "" : ` Did you mean ${near}?`}`,
    );
  }
  if (!options.allLabels) return classes;
  const others = set.filter(({ name }) => !present.has(name));
  return [...classes, ...others.map(({ id, name }) => ({ id, label: name, images: [] }))];
}
