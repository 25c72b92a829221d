import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { ClipError } from "../errors.js";
import { expandInputs } from "../image/sources.js";

/** Pictures of one class. */
export interface LabelledClass {
  /** The folder's name. */
  readonly id: string;
  /** The words that go into the prompt. */
  readonly label: string;
  readonly images: readonly string[];
}

/** How folders are called in prompts, by the folder's name. */
export type Names = ReadonlyMap<string, string>;

/** A WordNet id before the words, as in `n01440764_tench`. */
const WORDNET_ID = /^n\d{8}[_ -](?=.)/;

/** A folder's name as words: underscores are spaces. */
function asWords(id: string): string {
  return id.replaceAll("_", " ").trim();
}

/**
 * Folder names → labels: the given name, else the folder's own words. A WordNet id before them is left out, unless
 * another class has the same words without it (ImageNet has two called crane).
 */
function labelsFor(ids: readonly string[], names: Names): string[] {
  const taken = new Set<string>();
  return ids.map((id) => {
    const words = asWords(id.replace(WORDNET_ID, ""));
    const label = names.get(id) ?? (taken.has(words) ? asWords(id) : words);
    taken.add(label);
    return label;
  });
}

/**
 * A folder with one folder a class → classes in order of their names; hidden folders are left out. Raises
 * `evaluate.folder` where there are no two classes, or a class has no picture.
 */
export async function readLabelledFolder(folder: string, names: Names = new Map()): Promise<LabelledClass[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw new ClipError(
      "evaluate.folder",
      `Expected a folder with one folder a class at ${folder} but it can't be read.`,
      { cause: error },
    );
  });
  const ids = entries
    .filter((entry) => !entry.name.startsWith(".") && !entry.isFile())
    .map(({ name }) => name);
  if (ids.length < 2) {
    throw new ClipError(
      "evaluate.folder",
      `Expected at least two classes (one folder each) in ${folder} but found ${ids.length}.`,
    );
  }
  const classes: LabelledClass[] = [];
  const labels = labelsFor(ids.sort(), names);
  for (const [i, id] of ids.entries())
    classes.push({ id, label: labels[i]!, images: await picturesOf(join(folder, id)) });
  const byLabel = new Map<string, string>();
  for (const { id, label } of classes) {
    const other = byLabel.get(label);
    if (other !== undefined) {
      throw new ClipError(
        "evaluate.folder",
        `Expected a different label for each class but ${other} and ${id} are both "${label}".`,
      );
    }
    byLabel.set(label, id);
  }
  return classes;
}

async function picturesOf(folder: string): Promise<string[]> {
  const images: string[] = [];
  for await (const path of expandInputs([folder])) images.push(path);
  return images;
}
