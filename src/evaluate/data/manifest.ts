import { dirname, isAbsolute, join } from "node:path";
import { ClipError } from "../../errors.js";
import type { LabelledSet } from "./labelled-set.js";
import { parseRows } from "./rows.js";
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
  path: ["path", "image", "file", "filename", "filepath"],
  label: ["label", "class", "category"],
  split: ["split"],
} as const;
type Field = keyof typeof FIELDS;

interface Entry {
  readonly line: number;
  readonly path: string;
  readonly label: string;
  readonly split: string | undefined;
}

function fieldOf(name: string): Field | undefined {
  const wanted = name.trim().toLowerCase();
  return (Object.keys(FIELDS) as Field[]).find((field) =>
    (FIELDS[field] as readonly string[]).includes(wanted),
  );
}

function checked(line: number, values: Partial<Record<Field, string>>, where: string): Entry {
  const [path, label] = [values.path?.trim() ?? "", values.label?.trim() ?? ""];
  const missing = path === "" ? "a path" : label === "" ? "a label" : undefined;
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
  return { line, path, label, split: values.split?.trim() };
}

/** With a first row of names (path, label, split in any order), or without: then in this order. */
function* fromTable(text: string, separator: "," | "\t", where: string): Generator<Entry> {
  let fields: readonly (Field | undefined)[] | undefined;
  for (const { line, cells } of parseRows(text, separator, where)) {
    if (fields === undefined) {
      const named = cells.map(fieldOf);
      const isHead = named.includes("path") && named.includes("label");
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
      if (field && (typeof given === "string" || typeof given === "number")) values[field] = String(given);
    }
    yield checked(i + 1, values, where);
  }
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
  const ids = sortedIds(entries.map(({ label }) => label));
  const classes = classesOf(ids, options.names ?? new Map(), path);
  const position = new Map(ids.map((id, i) => [id, i]));
  const place = (file: string): string =>
    isAbsolute(file) || /^https?:/i.test(file) ? file : join(dirname(path), file);
  const pictures = entries.map((entry) => {
    const file = place(entry.path);
    return { name: file, truth: position.get(entry.label)!, open: () => file };
  });
  const fingerprint = await fingerprintOf(
    pictures.map((picture) => picture.name),
    entries.map(({ label }) => label),
    options.signal,
  );
  return { name, kind: "manifest", classes, pictures, fingerprint };
}
