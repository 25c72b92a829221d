import type { Warning } from "../encoder.js";
import { andMore } from "../errors.js";
import { nearest } from "../math/nearest.js";
import { labelsAt } from "./hierarchy.js";
import type { LabelSet, SetLabel } from "./label.js";
import { caseWarning } from "./prompts.js";

/** Names that a mistyped one is looked for among. */
const MOST_NEAR = 1_000;

const quoted = (text: string): string => JSON.stringify(text.slice(0, 60));

/** What may be written so on purpose in a label set but is most often a slip: one warning a kind, with its first case. */
export function labelNotices(set: LabelSet): Warning[] {
  const labels = labelsAt(set);
  return [
    caseWarning(labels.map(({ name }) => name)),
    aliasNotice(labels),
    promptNotice(labels),
    translationNotice(labels),
    noneNotice(set),
  ].filter((warning) => warning !== undefined);
}

/** A warning of the first of some cases, which says how many more there are. */
function first(code: Warning["code"], cases: readonly string[]): Warning | undefined {
  const [message, ...more] = cases;
  if (message === undefined) return undefined;
  const count = cases.length;
  return { code, message: `${message}${andMore(more.length)}`, count };
}

/** Words of one label that are another's, which pulls the two together, and those that stand there twice. */
function aliasNotice(labels: readonly SetLabel[]): Warning | undefined {
  const names = new Map(labels.map(({ name }) => [name.toLowerCase(), name]));
  const aliases = new Map<string, string>();
  const cases: string[] = [];
  for (const { name, aliases: own = [] } of labels) {
    const seen = new Set([name.toLowerCase()]);
    for (const alias of own) {
      const word = alias.toLowerCase();
      const other = names.get(word) ?? aliases.get(word);
      if (seen.has(word)) cases.push(`${quoted(alias)} stands twice among the words of ${quoted(name)}.`);
      else if (other !== undefined && other !== name)
        cases.push(`${quoted(alias)} is a word of ${quoted(name)} and of ${quoted(other)}.`);
      seen.add(word);
      aliases.set(word, name);
    }
  }
  return first("labels.alias", cases);
}

/** A label's own prompts with a place for the label, as templates have: nothing is filled in there. */
function promptNotice(labels: readonly SetLabel[]): Warning | undefined {
  const cases = labels.flatMap(({ name, prompts = [] }) =>
    prompts
      .filter((prompt) => /\{\w*\}/.test(prompt))
      .map(
        (prompt) => `The prompt ${quoted(prompt)} of ${quoted(name)} is no template: it is taken as it is.`,
      ),
  );
  return first("labels.prompt", cases);
}

function translationNotice(labels: readonly SetLabel[]): Warning | undefined {
  const seen = new Map<string, string>();
  const cases: string[] = [];
  for (const { name, translations = {} } of labels) {
    for (const [language, word] of Object.entries(translations)) {
      const key = `${language} ${word}`;
      const other = seen.get(key);
      if (other !== undefined)
        cases.push(`${quoted(other)} and ${quoted(name)} are both ${quoted(word)} in ${language}.`);
      seen.set(key, name);
    }
  }
  return first("labels.translation", cases);
}

/** A word for `none` that is no label's id is a label of its own: it may have been meant as one of them. */
function noneNotice({ labels, none }: LabelSet): Warning | undefined {
  const own = labels.find(({ id }) => id === none);
  if (!own || own.id !== own.name || own.prompts) return undefined;
  const others = labels.filter((label) => label !== own).map(({ id }) => id);
  const near = nearest(own.id, others.slice(0, MOST_NEAR));
  if (near === undefined) return undefined;
  const message = `${quoted(own.id)} stands for none of these and is a label of its own: the id ${quoted(near)} may have been meant.`;
  return { code: "labels.none", message };
}
