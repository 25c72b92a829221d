import { ClipError } from "../errors.js";
import { readTextFile } from "../models/text-file.js";
import { type ChosenLabels, chooseLabels, type LabelChoice } from "../zeroshot/chosen-labels.js";
import { DOMAINS } from "../zeroshot/data/domains.js";
import { composeTemplates } from "../zeroshot/domains.js";
import type { LabelSet } from "../zeroshot/label.js";
import { MOST_LABEL_BYTES } from "../zeroshot/label-file/limits.js";
import { LABEL_SETS, labelSet } from "../zeroshot/label-sets.js";

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

/** A label set in a file: YAML, JSON or one label a line. Raises `labels.*` with the line. */
export async function readLabelsFile(path: string): Promise<LabelSet> {
  const text = await readTextFile(path, {
    code: "labels.file",
    what: "a file of labels",
    most: MOST_LABEL_BYTES,
  });
  // Loaded where there is a file: most commands have their labels in words.
  const { parseLabelSet } = await import("../zeroshot/label-file/parse.js");
  return parseLabelSet(text, path);
}

/** The options of a command that say which labels and prompts there are. */
export interface LabelOptions extends LabelChoice {
  readonly labels?: string;
  readonly labelsFile?: string;
  readonly labelSet?: string;
  /** Its labels are those of the call where no others are given. */
  readonly adapter?: string;
}

/** Exactly one of the three ways to give labels → their set. Raises `labels.*` and `usage.labels`. */
async function labelSetOf(options: LabelOptions): Promise<LabelSet> {
  const given = [options.labels, options.labelsFile, options.labelSet].filter((value) => value !== undefined);
  if (given.length === 0 && options.adapter !== undefined) {
    const { readAdapter } = await import("../fewshot/adapter-file.js");
    const { labels } = readAdapter(options.adapter);
    return { description: "", labels: labels.map((name) => ({ id: name, name })) };
  }
  if (given.length !== 1) {
    const what = given.length === 0 ? "received none of them" : "received more than one of them";
    throw new ClipError("usage.labels", `Expected --labels, --labels-file or --label-set but ${what}.`);
  }
  if (options.labelSet !== undefined) return labelSet(options.labelSet);
  if (options.labelsFile !== undefined) return readLabelsFile(options.labelsFile);
  const labels = splitLabels(options.labels!).map((name) => ({ id: name, name }));
  return { description: "", labels };
}

/** The labels that a command's options ask for. Raises `labels.*` and `usage.labels`. */
export async function labelsOf(options: LabelOptions): Promise<ChosenLabels> {
  if (options.sum && options.level === undefined)
    throw new ClipError("usage.labels", "Expected --level N with --sum but received none.");
  return chooseLabels(await labelSetOf(options), options);
}

export interface TemplateOptions {
  readonly template?: readonly string[];
  readonly domain?: readonly string[];
}

/** Templates given and those of the domains together; undefined where neither was given: then the model's are used. */
export function templatesOf({ template = [], domain = [] }: TemplateOptions): readonly string[] | undefined {
  const all = composeTemplates(domain, template);
  return all.length > 0 ? all : undefined;
}

/** Names of domains, for help. */
export const DOMAIN_NAMES = Object.keys(DOMAINS).join(", ");

/** Names of ready sets, for help. */
export const SET_NAMES = Object.keys(LABEL_SETS).join(", ");
