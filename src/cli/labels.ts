import { readFile, stat } from "node:fs/promises";
import { asClipError, ClipError } from "../errors.js";
import { DOMAINS, domainTemplates } from "../zeroshot/domains.js";
import { LABEL_SETS, labelSet, type SetLabel } from "../zeroshot/label-sets.js";

/** A label a line: 16 MiB hold far more than the 200,000 labels of one call. */
const MAX_LABELS_FILE = 16 * 1024 * 1024;

/** Words between commas; `\,` or a part in double quotes keeps its commas. */
export function splitLabels(list: string): string[] {
  const labels: string[] = [];
  let current = "";
  let quoted = false;
  for (let i = 0; i < list.length; i++) {
    const sign = list[i]!;
    if (sign === "\\" && i + 1 < list.length && '",\\'.includes(list[i + 1]!)) current += list[++i];
    else if (sign === '"') quoted = !quoted;
    else if ((sign === "," || sign === "，") && !quoted) {
      labels.push(current);
      current = "";
    } else current += sign;
  }
  if (quoted)
    throw new ClipError("labels.quotes", `Expected a closing quote in the labels ${list.slice(0, 60)}.`);
  labels.push(current);
  return labels
    .map((label) => label.trim())
    .filter((label, i, all) => label !== "" || all.length === 1 || i < all.length - 1);
}

/** A file with one label a line (`#` begins a comment, empty lines are skipped), or a JSON array of words. */
export async function readLabelsFile(path: string): Promise<string[]> {
  const words = await readBounded(path);
  if (words.trimStart().startsWith("[")) return parseJson(words, path);
  const lines = words.split(/\r?\n/).map((line) => line.trim());
  return lines.filter((line) => line !== "" && !line.startsWith("#"));
}

async function readBounded(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > MAX_LABELS_FILE) {
      throw new ClipError(
        "labels.file",
        `Expected at most ${MAX_LABELS_FILE} bytes of labels but ${path} has ${size}.`,
      );
    }
    return (await readFile(path, "utf8")).replace(/^\ufeff/, "");
  } catch (error) {
    if (error instanceof ClipError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    const why = code === "ENOENT" ? "there is no such file" : `it can't be read (${code})`;
    throw new ClipError("labels.file", `Expected a file of labels at ${path} but ${why}.`, { cause: error });
  }
}

function parseJson(words: string, path: string): string[] {
  let value: unknown;
  try {
    value = JSON.parse(words);
  } catch (error) {
    throw new ClipError(
      "labels.file",
      `Expected JSON in ${path} but it can't be parsed: ${asClipError(error, "labels.file").message}.`,
    );
  }
  if (!Array.isArray(value)) throw new ClipError("labels.file", `Expected a JSON array of words in ${path}.`);
  return value.map((label, i) => {
    if (typeof label === "string") return label;
    throw new ClipError(
      "labels.file",
      `Expected a word for label ${i + 1} of ${path} but found ${JSON.stringify(label)}.`,
    );
  });
}

/** The options of a command that say which labels and prompts there are. */
export interface LabelOptions {
  readonly labels?: string;
  readonly labelsFile?: string;
  readonly labelSet?: string;
}

/** Exactly one of the three ways to give labels. Raises `labels.*` and `usage.labels`. */
export async function labelsOf(options: LabelOptions): Promise<readonly SetLabel[]> {
  const given = [options.labels, options.labelsFile, options.labelSet].filter((value) => value !== undefined);
  if (given.length !== 1) {
    const what = given.length === 0 ? "received none of them" : "received more than one of them";
    throw new ClipError("usage.labels", `Expected --labels, --labels-file or --label-set but ${what}.`);
  }
  if (options.labelSet !== undefined) return labelSet(options.labelSet).labels;
  const words =
    options.labels !== undefined ? splitLabels(options.labels) : await readLabelsFile(options.labelsFile!);
  return words.map((name) => ({ id: name, name }));
}

export interface TemplateOptions {
  readonly template?: readonly string[];
  readonly domain?: readonly string[];
}

/** Templates given and those of the domains together; undefined where neither was given: then the model's are used. */
export function templatesOf({ template = [], domain = [] }: TemplateOptions): readonly string[] | undefined {
  const all = [...domain.flatMap(domainTemplates), ...template];
  return all.length > 0 ? [...new Set(all)] : undefined;
}

/** Names of domains, for help. */
export const DOMAIN_NAMES = Object.keys(DOMAINS).join(", ");

/** Names of ready sets, for help. */
export const SET_NAMES = Object.keys(LABEL_SETS).join(", ");
