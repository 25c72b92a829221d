import { ClipError, shownValue } from "../errors.js";
import { nearest } from "../math/nearest.js";
import { indefinite, pluralOf, takesArticle } from "./articles.js";
import { TEMPLATES_ZH } from "./data/templates-zh.js";

/** Most templates of one ensemble; ImageNet's has 80 (CLIP paper, notebook "Prompt Engineering for ImageNet"). */
const MAX_TEMPLATES = 1000;

/** Longest template: no text tower reads more than a few hundred words. */
const MAX_LENGTH = 10_000;

/** What a template may hold in braces beside `{}`. */
export const FIELDS = ["label", "article", "plural", "domain", "color"] as const;
type Field = (typeof FIELDS)[number];

const FIELD = /\{([a-z_]*)\}/gi;

/** The colours that `{color}` stands for: the basic colour terms of English (Berlin and Kay 1969), without those that few things have. */
export const COLORS: readonly string[] = [
  "black",
  "white",
  "gray",
  "brown",
  "red",
  "orange",
  "yellow",
  "green",
  "blue",
  "purple",
  "pink",
];

function fieldsOf(template: string): Set<string> {
  return new Set([...template.matchAll(FIELD)].map(([, name]) => name!));
}

function checkTemplate(template: string): void {
  const fields = fieldsOf(template);
  const shown = JSON.stringify(template.length > 80 ? `${template.slice(0, 80)}…` : template);
  if (template.length > MAX_LENGTH) {
    throw new ClipError(
      "labels.template",
      `Expected at most ${MAX_LENGTH} characters of a prompt template but ${shown} has ${template.length}.`,
    );
  }
  for (const name of fields) {
    if (name === "" || FIELDS.includes(name as Field)) continue;
    const near = nearest(name, FIELDS);
    const hint = near === undefined ? "" : ` Did you mean {${near}}?`;
    throw new ClipError(
      "labels.template",
      `Expected {}, ${FIELDS.map((field) => `{${field}}`).join(", ")} in a prompt template but ${shown} has {${name}}.${hint}`,
    );
  }
  if (!fields.has("") && !fields.has("label") && !fields.has("plural")) {
    throw new ClipError(
      "labels.template",
      `Expected "{}", {label} or {plural} in every prompt template but received ${shown}.`,
    );
  }
}

/**
 * Templates → checked ones, each with `{color}` once for every colour. Raises `labels.template`: none or too many, one
 * without a place for the label, a field that there is not.
 */
export function checkTemplates(templates: readonly string[]): readonly string[] {
  if (!Array.isArray(templates) || !templates.every((template) => typeof template === "string")) {
    throw new ClipError(
      "labels.template",
      `Expected a list of prompt templates but received ${shownValue(templates)}.`,
    );
  }
  for (const template of templates) checkTemplate(template);
  const all = templates.flatMap(withColors);
  if (all.length === 0 || all.length > MAX_TEMPLATES) {
    throw new ClipError(
      "labels.template",
      `Expected 1 to ${MAX_TEMPLATES} prompt templates but received ${all.length}.`,
    );
  }
  const stranger = all.find((template) => fieldsOf(template).has("domain"));
  if (stranger !== undefined) {
    throw new ClipError(
      "labels.template",
      `Expected a domain for {domain} in ${JSON.stringify(stranger)} but none is given.`,
    );
  }
  return all;
}

function withColors(template: string): string[] {
  return fieldsOf(template).has("color")
    ? COLORS.map((color) => template.replaceAll("{color}", color))
    : [template];
}

/** Templates with `{domain}` → one a domain word. */
export function withDomains(templates: readonly string[], words: readonly string[]): string[] {
  return templates.flatMap((template) =>
    fieldsOf(template).has("domain") && words.length > 0
      ? words.map((word) => template.replaceAll("{domain}", word))
      : [template],
  );
}

/** What stands where an article may come, until the word after it is known. */
const ARTICLE = /\{article\}(\s*)(.*)$/s;

/** Words in Chinese: Chinese characters, and none of Japanese. */
function isChinese(text: string): boolean {
  return /\p{Script=Han}/u.test(text) && !/[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(text);
}

/**
 * A checked template and a label → the prompt. `{}` and `{label}`: the label, taken literally; `{article}`: a or an by
 * the sound of what follows, nothing where the label takes none (jeans, bread); `{plural}`: the label's plural. For a label
 * in Chinese zeroclip's own templates are Chinese too.
 */
export function fillTemplate(template: string, label: string): string {
  let rest = (isChinese(label) ? TEMPLATES_ZH[template] : undefined) ?? template;
  let filled = "";
  const fill = (part: string): string =>
    part.replace(/\{(|label|plural)\}/g, (_, field: string) =>
      field === "plural" ? pluralOf(label) : label,
    );
  for (;;) {
    const found = ARTICLE.exec(rest);
    if (found === null) return filled + fill(rest);
    filled += fill(rest.slice(0, found.index));
    const [, space, after] = found as unknown as [string, string, string];
    if (takesArticle(label))
      filled += `${indefinite(fill(after.replaceAll("{article}", "")))}${space || " "}`;
    rest = after;
  }
}
