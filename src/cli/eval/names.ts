import { asClipError, ClipError } from "../../errors.js";
import type { GivenLabels } from "../../evaluate/data/label-entries.js";
import type { Names } from "../../evaluate/labelled-folder.js";
import { readTextFile } from "../../models/text-file.js";
import { MOST_LABEL_BYTES } from "../../zeroshot/label-file/limits.js";
import { labelSet } from "../../zeroshot/label-sets.js";
import { readLabelsFile } from "../labels.js";

/** Options that say what classes are. */
export interface ClassOptions {
  readonly labelSet?: string;
  readonly labelsFile?: string;
  readonly allLabels?: boolean;
  readonly level?: number;
  readonly lang?: string;
  readonly promptLang?: string;
  readonly names?: string;
}

/** `--labels-file` for all data sets, or `--label-set`: one for all, or one for each, `-` for none. Raises `usage.labels`, `labels.*`. */
export async function givenLabelsOf(
  options: ClassOptions,
  count: number,
): Promise<(GivenLabels | undefined)[]> {
  const { labelSet: given, labelsFile, allLabels, level, lang, promptLang } = options;
  if (given !== undefined && labelsFile !== undefined)
    throw new ClipError("usage.labels", "Expected --label-set or --labels-file but received both.");
  if (given === undefined && labelsFile === undefined) {
    const lone = Object.entries({ allLabels, level, lang, promptLang }).find(
      ([, value]) => value !== undefined,
    );
    if (lone === undefined) return new Array<undefined>(count).fill(undefined);
    const option = lone[0].replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw new ClipError("usage.labels", `Expected --label-set or --labels-file with --${option}.`);
  }
  const names = new Map(options.names === undefined ? [] : await readNames(options.names));
  const of = (name: string, set: GivenLabels["set"]): GivenLabels => ({
    ...{ name, set, all: allLabels === true, level, lang, promptLang, names },
  });
  if (labelsFile !== undefined) {
    const read = of(labelsFile, await readLabelsFile(labelsFile));
    return new Array<GivenLabels>(count).fill(read);
  }
  const words = given!.split(",").map((name) => name.trim());
  if (words.length !== 1 && words.length !== count) {
    throw new ClipError(
      "usage.labels",
      `Expected one label set, or one for each of the ${count} data sets, but received ${words.length}.`,
    );
  }
  return Array.from({ length: count }, (_, i) => {
    const name = words[i] ?? words[0]!;
    return name === "-" ? undefined : of(name, labelSet(name));
  });
}

/** How classes are called: by a JSON object, by a ready set's ids and names, or by themselves. */
export async function namesOf(set: string | undefined, { names }: ClassOptions): Promise<Names> {
  const ofSet = set === undefined ? [] : labelSet(set).labels.map(({ id, name }) => [id, name] as const);
  return new Map([...ofSet, ...(names === undefined ? [] : await readNames(names))]);
}

/** `{"folder": "label"}` → its pairs. Raises `labels.file`. */
async function readNames(path: string): Promise<readonly (readonly [string, string])[]> {
  const kind = { code: "labels.file", what: "a JSON file of names", most: MOST_LABEL_BYTES } as const;
  const text = await readTextFile(path, kind);
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
