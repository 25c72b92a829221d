import { readFile } from "node:fs/promises";
import { asClipError, ClipError } from "../../errors.js";
import type { LabelledSet, SetClass } from "../../evaluate/data/labelled-set.js";
import type { Names } from "../../evaluate/labelled-folder.js";
import { nearest } from "../../math/nearest.js";
import { labelSet } from "../../zeroshot/label-sets.js";
import type { EvalOptions } from "./shared.js";

/** `--label-set`: one for all data sets, or one for each, `-` for none. Raises `usage.labels`. */
export function labelSetsOf({ labelSet: given }: EvalOptions, count: number): (string | undefined)[] {
  if (given === undefined) return new Array<undefined>(count).fill(undefined);
  const names = given.split(",").map((name) => name.trim());
  if (names.length === 1) return new Array<string>(count).fill(names[0]!);
  if (names.length === count) return names.map((name) => (name === "-" ? undefined : name));
  throw new ClipError(
    "usage.labels",
    `Expected one label set, or one for each of the ${count} data sets, but received ${names.length}.`,
  );
}

/** How classes are called: by a JSON object, by a ready set's ids and names, or by themselves. */
export async function namesOf(set: string | undefined, { names }: EvalOptions): Promise<Names> {
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
function strangersError(set: string, strangers: readonly SetClass[], known: readonly string[]): ClipError {
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

/** Classes of a ready set that have no picture, as labels to choose among; a class that is not of the set is an error. */
export function withSet(
  found: LabelledSet,
  name: string | undefined,
  { allLabels }: EvalOptions,
): LabelledSet {
  if (name === undefined) {
    if (allLabels) throw new ClipError("usage.labels", "Expected --label-set with --all-labels.");
    return found;
  }
  const { classes } = found;
  const present = new Set(classes.map(({ label }) => label));
  const set = labelSet(name).labels;
  const known = new Set(set.map((label) => label.name));
  const strangers = classes.filter(({ label }) => !known.has(label));
  if (strangers.length > 0) throw strangersError(name, strangers, [...known]);
  if (!allLabels) return found;
  const others = set.filter((label) => !present.has(label.name));
  return { ...found, classes: [...classes, ...others.map((label) => ({ id: label.id, label: label.name }))] };
}
