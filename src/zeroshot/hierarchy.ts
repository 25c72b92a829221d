import { ClipError, shownValue } from "../errors.js";
import { type LabelSet, type SetLabel, translationOf } from "./label.js";
import type { Prediction } from "./predict.js";

/** Labels by id. */
function byId({ labels }: LabelSet): ReadonlyMap<string, SetLabel> {
  return new Map(labels.map((label) => [label.id, label]));
}

/** A label and those above it, the top first. */
function wayTo(label: SetLabel, ids: ReadonlyMap<string, SetLabel>): SetLabel[] {
  const way = [label];
  for (let at = label.parent; at !== undefined && way.length <= ids.size; at = way[0]!.parent) {
    const above = ids.get(at);
    if (above === undefined) break;
    way.unshift(above);
  }
  return way;
}

/** How many levels a set has: 1 where no label has a parent. */
export function levelsOf(set: LabelSet): number {
  const ids = byId(set);
  return set.labels.reduce((most, label) => Math.max(most, wayTo(label, ids).length), 1);
}

/**
 * The labels that a picture is compared with: those that are nobody's parent or, with `level` (1 is the top), those of that
 * level and those that end above it; "none of these" by its own prompts alone. Raises `labels.level`.
 */
export function labelsAt(set: LabelSet, level?: number): readonly SetLabel[] {
  return chosenAt(set, level).map((label) => (label.id === set.none ? promptsAlone(label) : label));
}

/** "A photo of none of these" says nothing of a picture: what was written for it is asked alone, where there is something. */
function promptsAlone(label: SetLabel): SetLabel {
  return label.prompts || label.description ? { ...label, promptsOnly: true } : label;
}

function chosenAt(set: LabelSet, level: number | undefined): readonly SetLabel[] {
  const parents = new Set(set.labels.map(({ parent }) => parent));
  const isLeaf = ({ id }: SetLabel): boolean => !parents.has(id);
  if (level === undefined) return set.labels.filter(isLeaf);
  const levels = levelsOf(set);
  if (!Number.isInteger(level) || level < 1 || level > levels) {
    throw new ClipError(
      "labels.level",
      `Expected a level from 1 to ${levels} of the label set but received ${level}.`,
    );
  }
  const ids = byId(set);
  return set.labels.filter((label) => {
    const depth = wayTo(label, ids).length;
    return depth === level || (depth < level && isLeaf(label));
  });
}

/**
 * Predictions for the labels that are nobody's parent → predictions for those of a level (1 is the top) and those that end
 * above it, most probable first: a label's probability is the sum over what lies under it (with
 * `sigmoid` scoring that of at least one of them), its similarity that of the most
 * similar of those. Raises `labels.level`, and `labels.unknown` for a prediction that is of another set.
 */
export function predictionsAt(
  predictions: readonly Prediction[],
  set: LabelSet,
  level: number,
  scoring?: "sigmoid",
): Prediction[] {
  const found = new Map(
    labelsAt(set, level).map(({ id, name }) => [id, { label: name, probability: 0, similarity: -1 }]),
  );
  const ids = byId(set);
  const leaves = new Map(labelsAt(set).map((label) => [label.name, label]));
  for (const { label, probability, similarity } of predictions) {
    const leaf = leaves.get(label);
    if (!leaf) {
      throw new ClipError(
        "labels.unknown",
        `Expected predictions for the labels of the set that are nobody's parent but received one for ${JSON.stringify(label.slice(0, 60))}.`,
      );
    }
    const way = wayTo(leaf, ids);
    const sum = found.get(way[Math.min(level, way.length) - 1]!.id)!;
    // Of labels that may hold beside each other: the probability that at least one does.
    sum.probability =
      scoring === "sigmoid" ? 1 - (1 - sum.probability) * (1 - probability) : sum.probability + probability;
    sum.similarity = Math.max(sum.similarity, similarity);
  }
  return [...found.values()].sort((a, b) => b.probability - a.probability);
}

/** The labels above each, the top first, by the label's id; only of those that have one above. */
export function waysOf(set: LabelSet): ReadonlyMap<string, readonly SetLabel[]> {
  const ids = byId(set);
  return new Map(
    set.labels.flatMap((label) => {
      const way = wayTo(label, ids).slice(0, -1);
      return way.length === 0 ? [] : [[label.id, way] as const];
    }),
  );
}

/**
 * Labels in a language: its words go into prompts in place of the name, whose aliases, description and own prompts are
 * left out as they are of the other language. A label without a translation stays as it is.
 */
export function inLanguage(labels: readonly SetLabel[], language: string): SetLabel[] {
  return labels.map((label) => {
    const word = translationOf(label, language);
    if (word === undefined) return label;
    const { id, translations, parent } = label;
    return {
      id,
      name: word,
      ...(translations ? { translations } : {}),
      ...(parent === undefined ? {} : { parent }),
    };
  });
}

/** Raises `labels.language` where no label has a translation. */
export function checkLanguage(labels: readonly SetLabel[], language: string | undefined): void {
  if (language === undefined || labels.some((label) => translationOf(label, language))) return;
  const known = [...new Set(labels.flatMap(({ translations }) => Object.keys(translations ?? {})))];
  const found = known.length === 0 ? "have none" : `have ${known.join(", ")}`;
  throw new ClipError(
    "labels.language",
    `Expected labels with translations into ${shownValue(language)} but these ${found}.`,
  );
}
