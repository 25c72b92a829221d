import { dirname, isAbsolute, join } from "node:path";
import type { Warning } from "../../encoder.js";
import { andMore, ClipError } from "../../errors.js";
import { parseRows } from "../../models/rows.js";
import type { LabelledSet } from "./labelled-set.js";
import {
  classesOf,
  fingerprintOf,
  MOST_PICTURES,
  readText,
  type SetOptions,
  sortedIds,
} from "./set-options.js";

/** A million lines of 256 bytes. */
const MOST_BYTES = 256 * 1024 * 1024;

/** What the fields may be called, case ignored. */
const FIELDS = {
  path: [
    "path",
    "image",
    "file",
    "filename",
    "filepath",
    "file_name",
    "file_path",
    "image_path",
    "image_file",
    "img",
    "img_path",
  ],
  label: ["label", "class", "category", "class_name", "label_name", "target"],
  labels: ["labels", "tags"],
  split: ["split"],
} as const;
type Field = keyof typeof FIELDS;

interface Entry {
  readonly line: number;
  readonly path: string;
  readonly label: string;
  /** Where the list has `labels`: all that hold. */
  readonly tags: readonly string[] | undefined;
  readonly split: string | undefined;
}

/** Labels of a picture: far more than anyone names. */
const MOST_TAGS = 1000;

/** Labels in one cell: `cat|dog`; an empty cell is none. */
function tagsOf(cell: string): string[] {
  return cell
    .split("|")
    .map((tag) => tag.trim())
    .filter((tag) => tag !== "");
}

function fieldOf(name: string): Field | undefined {
  const wanted = name.trim().toLowerCase();
  return (Object.keys(FIELDS) as Field[]).find((field) =>
    (FIELDS[field] as readonly string[]).includes(wanted),
  );
}

function checked(line: number, values: Partial<Record<Field, string>>, where: string): Entry {
  const [path, label] = [values.path?.trim() ?? "", values.label?.trim() ?? ""];
  const tags = values.labels === undefined ? undefined : tagsOf(values.labels);
  const missing = path === "" ? "a path" : label === "" && !tags ? "a label" : undefined;
  if (missing !== undefined) {
    throw new ClipError(
      "evaluate.manifest",
      `Expected ${missing} in line ${line} of ${where} but found none.`,
    );
  }
  if (path.includes("\0")) {
    throw new ClipError(
      "evaluate.manifest",
      `Expected a path in line ${line} of ${where} but it has a zero byte.`,
    );
  }
  if (tags && tags.length > MOST_TAGS) {
    throw new ClipError(
      "evaluate.manifest",
      `Expected at most ${MOST_TAGS} labels in line ${line} of ${where} but found ${tags.length}.`,
    );
  }
  return { line, path, label, tags, split: values.split?.trim() };
}

/** With a first row of names (path, label, split in any order), or without: then in this order. */
function* fromTable(text: string, separator: "," | "\t", where: string): Generator<Entry> {
  let fields: readonly (Field | undefined)[] | undefined;
  for (const { line, cells } of parseRows(text, separator, where, "evaluate.manifest")) {
    if (fields === undefined) {
      const named = cells.map(fieldOf);
      const isHead = named.includes("path") && (named.includes("label") || named.includes("labels"));
      fields = isHead ? named : ["path", "label", "split"];
      if (isHead) continue;
    }
    const values: Partial<Record<Field, string>> = {};
    for (const [i, field] of fields.entries()) {
      const cell = cells[i];
      if (field !== undefined && cell !== undefined) values[field] = cell;
    }
    yield checked(line, values, where);
  }
}

/** One JSON object a line. */
function* fromJsonLines(text: string, where: string): Generator<Entry> {
  for (const [i, words] of text.split("\n").entries()) {
    if (words.trim() === "") continue;
    let value: unknown;
    try {
      value = JSON.parse(words);
    } catch {
      value = undefined;
    }
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new ClipError(
        "evaluate.manifest",
        `Expected a JSON object such as {"path": "1.jpg", "label": "cat"} in line ${i + 1} of ${where} but found ${JSON.stringify(words.slice(0, 60))}.`,
      );
    }
    const values: Partial<Record<Field, string>> = {};
    for (const [name, given] of Object.entries(value)) {
      const field = fieldOf(name);
      if (field === "labels" && Array.isArray(given)) values.labels = listed(given, i + 1, where);
      else if (field && (typeof given === "string" || typeof given === "number"))
        values[field] = String(given);
    }
    yield checked(i + 1, values, where);
  }
}

/** A JSON list of labels as one cell. */
function listed(labels: readonly unknown[], line: number, where: string): string {
  if (labels.every((label) => typeof label === "string" && !label.includes("|"))) return labels.join("|");
  throw new ClipError(
    "evaluate.manifest",
    `Expected words without | in the labels of line ${line} of ${where} but found ${JSON.stringify(labels).slice(0, 60)}.`,
  );
}

/** Lines of a list, of the split that is asked for. Raises `evaluate.manifest`, `evaluate.data`. */
async function readEntries(path: string, options: SetOptions): Promise<Entry[]> {
  const text = await readText(path, MOST_BYTES);
  const rows = /\.(?:jsonl|ndjson)$/i.test(path)
    ? fromJsonLines(text, path)
    : fromTable(text, /\.tsv$/i.test(path) ? "\t" : ",", path);
  const entries: Entry[] = [];
  const splits = new Set<string>();
  for (const entry of rows) {
    if (entry.split !== undefined) splits.add(entry.split);
    if (options.split !== undefined && entry.split !== options.split) continue;
    if (entries.push(entry) > MOST_PICTURES) {
      throw new ClipError(
        "evaluate.manifest",
        `Expected at most ${MOST_PICTURES} pictures in ${path} but line ${entry.line} is one more.`,
      );
    }
  }
  if (entries.length === 0) {
    const found = splits.size > 0 ? ` of ${[...splits].sort().slice(0, 10).join(", ")}` : "";
    const wanted = options.split === undefined ? "" : ` of split ${options.split}`;
    throw new ClipError("evaluate.manifest", `Expected pictures${wanted} in ${path} but found none${found}.`);
  }
  return entries;
}

/** What is said of pictures that a list has more than once, each of which counts as often. */
function listedTwice(entries: readonly Entry[], list: string): Warning | undefined {
  const seen = new Map<string, Entry>();
  let first: readonly [Entry, Entry] | undefined;
  let count = 0;
  for (const entry of entries) {
    const before = seen.get(entry.path);
    if (before) {
      count += 1;
      first ??= [before, entry];
    } else seen.set(entry.path, entry);
  }
  if (!first) return undefined;
  const [one, other] = first;
  const labels = one.label === other.label ? "" : ` as ${one.label} and as ${other.label}`;
  const message = `${one.path} is listed in lines ${one.line} and ${other.line} of ${list}${labels}${andMore(count - 1)}: each counts.`;
  return { code: "evaluate.twice", message, count };
}

/** Paths of a list are from its own folder. */
function placed(file: string, list: string): string {
  return isAbsolute(file) || /^https?:/i.test(file) ? file : join(dirname(list), file);
}

/** Pictures of a list with all labels that hold for each. Raises `evaluate.manifest` where it names one a picture only. */
export async function readTags(
  path: string,
  options: SetOptions = {},
): Promise<{ readonly path: string; readonly tags: readonly string[] }[]> {
  if (!/\.(?:csv|tsv|jsonl|ndjson)$/i.test(path)) {
    throw new ClipError(
      "evaluate.manifest",
      `Expected a list (.csv, .tsv, .jsonl) with a column labels, such as cat|dog, but received ${path}.`,
    );
  }
  return (await readEntries(path, options)).map(({ line, path: file, tags }) => {
    if (tags) return { path: placed(file, path), tags };
    throw new ClipError(
      "evaluate.manifest",
      `Expected all labels of a picture in labels, such as cat|dog, in line ${line} of ${path} but found one label.`,
    );
  });
}

/**
 * A file that lists pictures and their labels (`.csv`, `.tsv`: path, label and, where there is one, split; `.jsonl`: one
 * object a line) → a set. Paths are taken from the file's folder. Raises `evaluate.manifest` with the line, `evaluate.data`.
 */
export async function readManifest(
  path: string,
  name: string,
  options: SetOptions = {},
): Promise<LabelledSet> {
  const entries = await readEntries(path, options);
  const several = entries.find(({ label }) => label === "");
  if (several) {
    throw new ClipError(
      "evaluate.manifest",
      `Expected one label a picture in line ${several.line} of ${path} but it has labels, of which any number may hold: that is for calibrate --independent.`,
    );
  }
  const twice = listedTwice(entries, path);
  if (twice) options.onWarning?.(twice);
  const ids = sortedIds(entries.map(({ label }) => label));
  const classes = classesOf(ids, options.names ?? new Map(), path);
  const position = new Map(ids.map((id, i) => [id, i]));
  const pictures = entries.map((entry) => {
    const file = placed(entry.path, path);
    return { name: file, truth: position.get(entry.label)!, open: () => file };
  });
  const fingerprint = await fingerprintOf(
    pictures.map((picture) => picture.name),
    entries.map(({ label }) => label),
    options.signal,
  );
  return { name, kind: "manifest", classes, pictures, fingerprint };
}
