import type { Warning } from "../encoder.js";
import { ClipError, shownValue } from "../errors.js";
import type { SetLabel } from "./label.js";
import { fillTemplate } from "./templates.js";

/** Most labels of one call: a text batch of this size stays below a few hundred MB of features. */
export const MAX_LABELS = 200_000;

/** Most prompts and aliases of one label. */
export const MAX_OWN = 1000;

/** A label as it may be given: its words, or an entry of a label set. */
export type LabelInput = string | SetLabel;

/** A checked label and all that its prompts are made of. */
export interface LabelForm {
  /** What results call it. */
  readonly name: string;
  /** What is put into templates: the name and its aliases, or nothing. */
  readonly words: readonly string[];
  /** Whole prompts beside the templates'. */
  readonly own: readonly string[];
}

function checkTexts(value: unknown, what: string, name: string): readonly string[] {
  const texts: unknown = value ?? [];
  if (Array.isArray(texts) && texts.length <= MAX_OWN && texts.every((text) => typeof text === "string")) {
    return texts.map((text: string) => text.trim()).filter((text) => text !== "");
  }
  throw new ClipError(
    "labels.type",
    `Expected at most ${MAX_OWN} ${what} in words for the label ${shownValue(name)} but received ${shownValue(value)}.`,
  );
}

/** Callers without types may hand over anything. */
function formOf(label: unknown, index: number): LabelForm {
  if (typeof label === "string") return { name: label.trim(), words: [label.trim()], own: [] };
  const { name, aliases, description, prompts, promptsOnly } = (label ?? {}) as Partial<SetLabel>;
  if (typeof name !== "string" || (description !== undefined && typeof description !== "string")) {
    throw new ClipError(
      "labels.type",
      `Expected words for label ${index + 1} but received ${shownValue(label)}.`,
    );
  }
  const word = name.trim();
  const words = [...new Set([word, ...checkTexts(aliases, "aliases", word)])];
  const described = description?.trim() ? [`${word}, ${description.trim()}`] : [];
  const own = [...new Set([...checkTexts(prompts, "prompts", word), ...described])];
  return { name: word, words: promptsOnly && own.length > 0 ? [] : words, own };
}

/** A character that can be seen: joiners, marks of direction and their like alone are no word. */
export const SEEN = /[^\s\p{Cc}\p{Default_Ignorable_Code_Point}]/u;

/**
 * Labels → the same, trimmed and checked: words in each, none twice. Raises `labels.type`, `labels.empty`,
 * `labels.duplicate`, `labels.too-many`.
 */
export function labelForms(labels: readonly LabelInput[]): LabelForm[] {
  if (!Array.isArray(labels)) {
    throw new ClipError("labels.type", `Expected a list of labels but received ${shownValue(labels)}.`);
  }
  if (labels.length === 0)
    throw new ClipError("labels.empty", "Expected at least one label but received none.");
  if (labels.length > MAX_LABELS) {
    throw new ClipError(
      "labels.too-many",
      `Expected at most ${MAX_LABELS} labels but received ${labels.length}.`,
    );
  }
  const seen = new Map<string, number>();
  return Array.from(labels, (label, index) => {
    const form = formOf(label, index);
    if (!SEEN.test(form.name))
      throw new ClipError("labels.empty", `Expected a word for every label but label ${index + 1} is empty.`);
    const first = seen.get(form.name);
    if (first !== undefined) {
      throw new ClipError(
        "labels.duplicate",
        `Expected every label once but ${JSON.stringify(form.name)} is label ${first + 1} and label ${index + 1}.`,
      );
    }
    seen.set(form.name, index);
    return form;
  });
}

/** Labels → their names, trimmed and checked as {@link labelForms} does. */
export function checkLabels(labels: readonly LabelInput[]): readonly string[] {
  return labelForms(labels).map(({ name }) => name);
}

/** The first two labels that differ in case alone. */
function sameButForCase(names: readonly string[]): readonly [string, string] | undefined {
  const seen = new Map<string, string>();
  for (const name of names) {
    const folded = name.toLowerCase();
    const other = seen.get(folded);
    if (other !== undefined) return [other, name];
    seen.set(folded, name);
  }
  return undefined;
}

/** Said of labels that differ in case alone, which a model that reads lower case can't tell apart. */
export function caseWarning(names: readonly string[]): Warning | undefined {
  const pair = sameButForCase(names);
  if (!pair) return undefined;
  const [one, other] = pair.map((name) => JSON.stringify(name));
  return {
    code: "labels.case",
    message: `The labels ${one} and ${other} differ in case only: most models can't tell them apart.`,
  };
}

/** A prompt and its share of the label's vector, in parts: those of one label need not sum to 1. */
export interface WeightedPrompt {
  readonly text: string;
  readonly weight: number;
}

/**
 * Raised by hand whenever the same label and templates make other prompts (`promptsOf`, `fillTemplate`): vectors of labels
 * that were made by another version are not found.
 */
export const PROMPTS_VERSION = 2;

/** All that prompts of a label are made of beside the label itself. */
export function recipeOf({
  templates,
  templateWeights,
}: {
  readonly templates: readonly string[];
  readonly templateWeights?: readonly number[];
}): unknown {
  return { version: PROMPTS_VERSION, templates, templateWeights };
}

/**
 * A label's ensemble: every template filled with its name and each alias, then its own prompts and its description. Each
 * counts alike, or a template's as `templateWeights` say and an own one as the mean of those.
 */
export function promptsOf(
  { words, own }: LabelForm,
  templates: readonly string[],
  templateWeights: readonly number[] = templates.map(() => 1),
): WeightedPrompt[] {
  const mean = templateWeights.reduce((a, b) => a + b, 0) / templateWeights.length;
  return [
    ...words.flatMap((word) =>
      templates.map((template, t) => ({ text: fillTemplate(template, word), weight: templateWeights[t]! })),
    ),
    ...own.map((text) => ({ text, weight: mean })),
  ];
}
