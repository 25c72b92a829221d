import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Warning } from "../encoder.js";
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
export function labelsFor(ids: readonly string[], names: Names): string[] {
  const taken = new Set<string>();
  return ids.map((id) => {
    const words = asWords(id.replace(WORDNET_ID, ""));
    const label = names.get(id) ?? (taken.has(words) ? asWords(id) : words);
    taken.add(label);
    return label;
  });
}

/** Raises `evaluate.folder` where there is no folder of that path: a slip is told before a model is opened. */
export async function checkFolder(folder: string, what: string): Promise<void> {
  const facts = await stat(folder).catch(() => undefined);
  if (facts?.isDirectory()) return;
  const why = facts === undefined ? "there is no such folder" : "it is a file";
  throw new ClipError("evaluate.folder", `Expected a folder with ${what} at ${folder} but ${why}.`);
}

export interface LabelledFolderOptions {
  /** Told of each class folder without a picture, which is left out. */
  readonly onWarning?: (warning: Warning) => void;
  /** Endings of files that count as pictures; default: those of pictures. */
  readonly endings?: readonly string[];
  readonly signal?: AbortSignal;
}

/**
 * A folder with one folder a class → classes in order of their names; hidden folders and those without a picture are
 * left out. Raises `evaluate.folder` where there are no two classes with pictures, and `aborted`.
 */
export async function readLabelledFolder(
  folder: string,
  names: Names = new Map(),
  options: LabelledFolderOptions = {},
): Promise<LabelledClass[]> {
  await checkFolder(folder, "one folder a class");
  const ids = await classFolders(folder);
  const classes: LabelledClass[] = [];
  const labels = labelsFor(ids, names);
  for (const [i, id] of ids.entries()) {
    const images = await picturesBelow(join(folder, id), options);
    if (images.length > 0) classes.push({ id, label: labels[i]!, images });
    else {
      const message = `The class folder ${id} has no picture and is left out.`;
      options.onWarning?.({ code: "evaluate.empty-class", message });
    }
  }
  if (classes.length < 2) {
    const found = ids.length === classes.length ? "" : ` with pictures, of ${ids.length} folders`;
    throw new ClipError(
      "evaluate.folder",
      `Expected at least two classes (one folder of pictures each) in ${folder} but found ${classes.length}${found}.`,
    );
  }
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

async function classFolders(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw new ClipError("evaluate.folder", `Expected to read the folder ${folder} but it can't be read.`, {
      cause: error,
    });
  });
  const folders = entries.filter((entry) => !entry.name.startsWith(".") && !entry.isFile());
  return folders.map(({ name }) => name).sort();
}

/** Pictures of a folder, at any depth, in order of their paths; none where there are none. */
export async function picturesBelow(
  folder: string,
  { signal, endings }: LabelledFolderOptions = {},
): Promise<string[]> {
  const images: string[] = [];
  try {
    for await (const path of expandInputs([folder], { signal, ...(endings ? { endings } : {}) }))
      images.push(path);
  } catch (error) {
    if (!(error instanceof ClipError && error.code === "input.none")) throw error;
  }
  return images;
}
