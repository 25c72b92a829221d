import { ClipError } from "../../errors.js";
import { nearest } from "../../math/nearest.js";
import { checkLanguage, inLanguage, labelsAt, waysOf } from "../../zeroshot/hierarchy.js";
import { type LabelSet, type SetLabel, translationOf } from "../../zeroshot/label.js";
import type { Names } from "../labelled-folder.js";
import type { LabelledSet, SetClass } from "./labelled-set.js";

/** A label set that says what a data set's classes are. */
export interface GivenLabels {
  /** What messages call it. */
  readonly name: string;
  readonly set: LabelSet;
  /** Choose among all of it, not only the classes there are. */
  readonly all?: boolean;
  /** Labels of this level (1 is the top) in place of the lowest: classes below it become one. */
  readonly level?: number | undefined;
  /** Language of names in results. */
  readonly lang?: string | undefined;
  /** Language of words in prompts. */
  readonly promptLang?: string | undefined;
  /** What classes are called, by what the data calls them; before anything else. */
  readonly names?: Names;
}

/** Labels, and classes that are none of them, that a message shows. */
const SHOWN = 10;

/** Words as they are compared: case, signs between words and folders' separators aside. */
function folded(words: string): string {
  return words
    .normalize("NFKC")
    .toLowerCase()
    .replaceAll(/[\s_/-]+/g, " ")
    .trim();
}

/** A WordNet id at the front, as in `n01440764_tench`. */
const WORDNET_ID = /^n\d{8}(?=[_ -])/;

/** Ways to find a label, the surest first. */
const WAYS: readonly ((label: SetLabel) => readonly string[])[] = [
  ({ id }) => [id],
  ({ name }) => [name],
  ({ id }) => [folded(id)],
  ({ name }) => [folded(name)],
  ({ aliases = [] }) => aliases.map(folded),
  ({ translations = {} }) => Object.values(translations).map(folded),
];

/** Words → the label that has them as its id, name, alias or translation. Words of two labels find neither. */
function finder(labels: readonly SetLabel[]): (words: string) => SetLabel | undefined {
  const tables = WAYS.map((wordsOf) => {
    const table = new Map<string, SetLabel | undefined>();
    for (const label of labels) {
      for (const word of new Set(wordsOf(label))) table.set(word, table.has(word) ? undefined : label);
    }
    return table;
  });
  return (words) => {
    for (const table of tables) {
      const found = table.get(words) ?? table.get(folded(words));
      if (found) return found;
    }
    return undefined;
  };
}

/**
 * A data set whose classes are labels of a set, by id, name, alias or translation → the same with their names, prompts and
 * levels, in the set's order. Raises `labels.folder` with all classes that are none of it, `labels.level`, `labels.language`.
 */
export function withLabels(found: LabelledSet, given: GivenLabels): LabelledSet {
  const { set, level, lang, promptLang } = given;
  const chosen = labelsAt(set, level);
  checkLanguage(chosen, lang);
  checkLanguage(chosen, promptLang);
  const ways = waysOf(set);
  const place = new Map(chosen.map(({ id }, i) => [id, i]));
  // With a level, a class may be anything below one of its labels.
  const find = finder(level === undefined ? chosen : set.labels);
  const places = found.classes.map((own) => {
    const label = foundBy(find, own, given.names);
    return (
      label &&
      [label, ...(ways.get(label.id) ?? [])].map(({ id }) => place.get(id)).find((at) => at !== undefined)
    );
  });
  const strangers = found.classes.filter((_, i) => places[i] === undefined);
  if (strangers.length > 0) throw strangersError(given.name, strangers, chosen);
  const kept = given.all ? chosen.map((_, i) => i) : [...new Set(places as number[])].sort((a, b) => a - b);
  checkTwice(found, places as number[], chosen, level);
  if (kept.length < 2) {
    throw new ClipError(
      "evaluate.data",
      `Expected classes of at least two labels of ${given.name} but all of ${found.name} are ${chosen[kept[0]!]!.name}.`,
    );
  }
  const entries = promptLang === undefined ? chosen : inLanguage(chosen, promptLang);
  const word = (label: SetLabel): string => (lang && translationOf(label, lang)) || label.name;
  const ids = new Map<number, readonly string[]>();
  for (const [i, at] of (places as number[]).entries())
    ids.set(at, [...(ids.get(at) ?? []), found.classes[i]!.id]);
  const classes = kept.map((at): SetClass => {
    const label = chosen[at]!;
    const [own, ...others] = ids.get(at) ?? [];
    const above = ways.get(label.id)?.map((one) => ({ id: one.id, label: word(one) }));
    return {
      id: own !== undefined && others.length === 0 ? own : label.id,
      label: lang === undefined ? entries[at]!.name : word(label),
      entry: entries[at]!,
      ...(above ? { above } : {}),
    };
  });
  const rows = new Map(kept.map((at, row) => [at, row]));
  const truths = (places as number[]).map((at) => rows.get(at)!);
  const pictures = found.pictures.map((picture) => ({ ...picture, truth: truths[picture.truth]! }));
  return { ...found, classes, pictures };
}

function foundBy(
  find: (words: string) => SetLabel | undefined,
  { id, label }: SetClass,
  names: Names | undefined,
): SetLabel | undefined {
  if (names?.has(id)) return find(label);
  const synset = WORDNET_ID.exec(id)?.[0];
  return find(id) ?? (synset === undefined ? undefined : find(synset)) ?? find(label);
}

/** Two classes may be one label only where a level puts them together. */
function checkTwice(
  { classes }: LabelledSet,
  places: readonly number[],
  labels: readonly SetLabel[],
  level: number | undefined,
): void {
  if (level !== undefined) return;
  const before = new Map<number, string>();
  for (const [i, at] of places.entries()) {
    const other = before.get(at);
    if (other !== undefined) {
      throw new ClipError(
        "labels.folder",
        `Expected a different label for each class but ${JSON.stringify(other)} and ${JSON.stringify(classes[i]!.id)} are both "${labels[at]!.name}".`,
      );
    }
    before.set(at, classes[i]!.id);
  }
}

function some(words: readonly string[]): string {
  const shown = words.slice(0, SHOWN).join(", ");
  return words.length > SHOWN ? `${shown} and ${words.length - SHOWN} more` : shown;
}

/** What the set has, which classes it has not, and how to say what they are. */
function strangersError(set: string, strangers: readonly SetClass[], labels: readonly SetLabel[]): ClipError {
  const known = labels.map(({ name }) => name);
  const first = strangers[0]!;
  const near = nearest(first.label, known);
  const found = some(strangers.map(({ id }) => JSON.stringify(id)));
  const hint = near === undefined ? "" : ` Did you mean ${near}?`;
  const example = JSON.stringify({ [first.id]: near ?? "one of these labels" });
  return new ClipError(
    "labels.folder",
    `Expected classes called by ids, names or aliases of ${set} (${some(known)}) but found ${found}.${hint} A file with ${example} for --names says what a folder shows.`,
  );
}
