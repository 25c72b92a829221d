import { readFile, stat } from "node:fs/promises";
import { ClipError } from "../errors.js";
import { DOMAINS } from "../zeroshot/data/domains.js";
import { composeTemplates } from "../zeroshot/domains.js";
import { checkLanguage, inLanguage, labelsAt, waysOf } from "../zeroshot/hierarchy.js";
import type { LabelSet, SetLabel } from "../zeroshot/label.js";
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
  const text = await readBounded(path);
  // Loaded where there is a file: most commands have their labels in words.
  const { parseLabelSet } = await import("../zeroshot/label-file/parse.js");
  return parseLabelSet(text, path);
}

async function readBounded(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > MOST_LABEL_BYTES) {
      throw new ClipError(
        "labels.file",
        `Expected at most ${MOST_LABEL_BYTES} bytes of labels but ${path} has ${size}.`,
      );
    }
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof ClipError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    const why = code === "ENOENT" ? "there is no such file" : `it can't be read (${code})`;
    throw new ClipError("labels.file", `Expected a file of labels at ${path} but ${why}.`, { cause: error });
  }
}

/** The options of a command that say which labels and prompts there are. */
export interface LabelOptions {
  readonly labels?: string;
  readonly labelsFile?: string;
  readonly labelSet?: string;
  /** Level of a set with several; 1 is the top. */
  readonly level?: number;
  /** Language of names in answers. */
  readonly lang?: string;
  /** Language of words in prompts. */
  readonly promptLang?: string;
}

/** Exactly one of the three ways to give labels → their set. Raises `labels.*` and `usage.labels`. */
async function labelSetOf(options: LabelOptions): Promise<LabelSet> {
  const given = [options.labels, options.labelsFile, options.labelSet].filter((value) => value !== undefined);
  if (given.length !== 1) {
    const what = given.length === 0 ? "received none of them" : "received more than one of them";
    throw new ClipError("usage.labels", `Expected --labels, --labels-file or --label-set but ${what}.`);
  }
  if (options.labelSet !== undefined) return labelSet(options.labelSet);
  if (options.labelsFile !== undefined) return readLabelsFile(options.labelsFile);
  const labels = splitLabels(options.labels!).map((name) => ({ id: name, name }));
  return { description: "", labels };
}

/** What answers say of a label. */
export interface ShownLabel {
  /** Its name, in the language asked for. */
  readonly label: string;
  /** Where the set has ids of its own. */
  readonly id?: string;
  /** Names of the labels above, the top first, where the set has levels. */
  readonly above?: readonly string[];
}

/** Labels of a command: what goes into prompts, and how answers show them. */
export interface CommandLabels {
  /** Those that pictures are compared with. */
  readonly labels: readonly SetLabel[];
  /** Name of the label that stands for "none of these". */
  readonly none?: string;
  readonly show: (name: string) => ShownLabel;
}

/** The labels that a command's options ask for. Raises `labels.*` and `usage.labels`. */
export async function labelsOf(options: LabelOptions): Promise<CommandLabels> {
  const set = await labelSetOf(options);
  const { lang, promptLang } = options;
  const chosen = labelsAt(set, options.level);
  checkLanguage(chosen, lang);
  checkLanguage(chosen, promptLang);
  const labels = promptLang === undefined ? chosen : inLanguage(chosen, promptLang);
  const word = ({ name, translations }: SetLabel): string =>
    (lang === undefined ? undefined : translations?.[lang]) ?? name;
  const ways = waysOf(set);
  const hasIds = chosen.some(({ id, name }) => id !== name);
  const shown = new Map(
    labels.map(({ name }, i): [string, ShownLabel] => {
      const label = chosen[i]!;
      const above = ways.get(label.id)?.map(word);
      return [name, { label: word(label), ...(hasIds ? { id: label.id } : {}), ...(above ? { above } : {}) }];
    }),
  );
  const none = labels[chosen.findIndex(({ id }) => id === set.none)]?.name;
  return {
    labels,
    ...(none === undefined ? {} : { none }),
    show: (name) => shown.get(name) ?? { label: name },
  };
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
