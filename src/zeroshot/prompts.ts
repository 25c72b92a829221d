import { ClipError } from "../errors.js";

/** Most templates of one ensemble; ImageNet's has 80 (CLIP paper, notebook "Prompt Engineering for ImageNet"). */
const MAX_TEMPLATES = 1000;

/** Most labels of one call: a text batch of this size stays below a few hundred MB of features. */
const MAX_LABELS = 200_000;

/** Callers without types may hand over anything. */
function checkWords(words: readonly string[], what: string, code: "labels.template" | "labels.type"): void {
  if (Array.isArray(words) && words.every((word) => typeof word === "string")) return;
  throw new ClipError(
    code,
    `Expected a list of ${what} but received ${JSON.stringify(words)?.slice(0, 60) ?? typeof words}.`,
  );
}

/** Templates with `{}` where the label goes → checked templates. Raises `labels.template`. */
export function checkTemplates(templates: readonly string[]): readonly string[] {
  checkWords(templates, "prompt templates", "labels.template");
  if (templates.length === 0 || templates.length > MAX_TEMPLATES) {
    throw new ClipError(
      "labels.template",
      `Expected 1 to ${MAX_TEMPLATES} prompt templates but received ${templates.length}.`,
    );
  }
  for (const template of templates) {
    if (!template.includes("{}")) {
      throw new ClipError(
        "labels.template",
        `Expected "{}" in every prompt template but received ${JSON.stringify(template)}.`,
      );
    }
  }
  return templates;
}

/** Labels → the same, trimmed and checked: not empty, no duplicates. Raises `labels.type`, `labels.empty`, `labels.duplicate`, `labels.too-many`. */
export function checkLabels(labels: readonly string[]): readonly string[] {
  checkWords(labels, "labels", "labels.type");
  if (labels.length === 0)
    throw new ClipError("labels.empty", "Expected at least one label but received none.");
  if (labels.length > MAX_LABELS) {
    throw new ClipError(
      "labels.too-many",
      `Expected at most ${MAX_LABELS} labels but received ${labels.length}.`,
    );
  }
  const seen = new Set<string>();
  return labels.map((raw, index) => {
    const label = raw.trim();
    if (label === "")
      throw new ClipError("labels.empty", `Expected a word for every label but label ${index + 1} is empty.`);
    if (seen.has(label)) {
      throw new ClipError(
        "labels.duplicate",
        `Expected every label once but ${JSON.stringify(label)} came twice.`,
      );
    }
    seen.add(label);
    return label;
  });
}

/** Every `{}` of the template replaced by the label, taken literally. */
export function fillTemplate(template: string, label: string): string {
  return template.split("{}").join(label);
}
