import { readFile } from "node:fs/promises";
import { asClipError, ClipError } from "../../errors.js";
import type { LabelledClass, Names } from "../../evaluate/labelled-folder.js";
import { nearest } from "../../math/nearest.js";
import { labelSet } from "../../zeroshot/label-sets.js";
import type { EvalOptions } from "./shared.js";

/** How folders are called: by a JSON object, by a ready set's ids and names, or by themselves. */
export async function namesOf({ names, labelSet: set }: EvalOptions): Promise<Names> {
  const ofSet = set === undefined ? [] : labelSet(set).labels.map(({ id, name }) => [id, name] as const);
  return new Map([...ofSet, ...(names === undefined ? [] : await readNames(names))]);
}

/** `{"folder": "label"}` → its pairs. Raises `labels.file`. */
async function readNames(path: string): Promise<readonly (readonly [string, string])[]> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    const why = error.code === "ENOENT" ? "there is no such file" : `it can't be read (${error.code})`;
    throw new ClipError("labels.file", `Expected a JSON file of names at ${path} but ${why}.`);
  });
  const entries = Object.entries(parsed(text, path));
  if (entries.every((entry): entry is [string, string] => typeof entry[1] === "string")) return entries;
  throw new ClipError("labels.file", `Expected a label in words for every folder in ${path}.`);
}

function parsed(text: string, path: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (value !== null && typeof value === "object" && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch (error) {
    const why = asClipError(error, "labels.file").message;
    throw new ClipError("labels.file", `Expected JSON in ${path} but it can't be parsed: ${why}.`);
  }
  throw new ClipError("labels.file", `Expected a JSON object such as {"folder": "label"} in ${path}.`);
}

/** Labels of a set, and folders that are none of it, that a message shows. */
const SHOWN = 10;
const STRANGERS = 3;

function some(words: readonly string[], most: number): string {
  const shown = words.slice(0, most).join(", ");
  return words.length > most ? `${shown} and ${words.length - most} more` : shown;
}

/** What the set has, which folders it has not, and how to say what they are. */
function strangersError(
  set: string,
  strangers: readonly LabelledClass[],
  known: readonly string[],
): ClipError {
  const first = strangers[0]!;
  const near = nearest(first.label, known);
  const found = some(
    strangers.map(({ id }) => JSON.stringify(id)),
    STRANGERS,
  );
  const hint = near === undefined ? "" : ` Did you mean ${near}?`;
  const example = JSON.stringify({ [first.id]: near ?? "one of these labels" });
  return new ClipError(
    "labels.folder",
    `Expected folders called by ids or names of ${set} (${some(known, SHOWN)}) but found ${found}.${hint} A file with ${example} for --names says what a folder shows.`,
  );
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
  const strangers = classes.filter(({ label }) => !known.has(label));
  if (strangers.length > 0) throw strangersError(options.labelSet, strangers, [...known]);
  if (!options.allLabels) return classes;
  const others = set.filter(({ name }) => !present.has(name));
  return [...classes, ...others.map(({ id, name }) => ({ id, label: name, images: [] }))];
}
