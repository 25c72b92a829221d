import { ClipError } from "../errors.js";
import type { Answer } from "./confidence/answer.js";
import { checkLanguage, inLanguage, labelsAt, predictionsAt, waysOf } from "./hierarchy.js";
import { type LabelSet, type SetLabel, translationOf } from "./label.js";
import type { Prediction } from "./predict.js";

/** Which labels of a set are asked for, and in which words. */
export interface LabelChoice {
  /** Level of a set with several; 1 is the top. */
  readonly level?: number | undefined;
  /** Answers of a level are the sums of those under it. */
  readonly sum?: boolean | undefined;
  /** Language of names in answers. */
  readonly lang?: string | undefined;
  /** Language of words in prompts. */
  readonly promptLang?: string | undefined;
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

/** What goes into prompts, and how answers show it. */
export interface ChosenLabels {
  /** Those that pictures are compared with. */
  readonly labels: readonly SetLabel[];
  /** Name of the label that stands for "none of these". */
  readonly none?: string;
  readonly show: (name: string) => ShownLabel;
  /** Where answers are for a level above: what becomes of those of the labels. */
  readonly sum?: (answer: Pick<Answer, "predictions" | "scoring">) => Prediction[];
}

/** A set → the labels of it that are asked for. Raises `labels.level`, `labels.language`, `usage.labels`. */
export function chooseLabels(
  set: LabelSet,
  { level, sum: sums, lang, promptLang }: LabelChoice,
): ChosenLabels {
  if (sums && level === undefined)
    throw new ClipError("usage.labels", "Expected a level whose sums are asked for but received none.");
  const chosen = labelsAt(set, level);
  checkLanguage(chosen, lang);
  checkLanguage(chosen, promptLang);
  const spoken = (all: readonly SetLabel[]): readonly SetLabel[] =>
    promptLang === undefined ? all : inLanguage(all, promptLang);
  const labels = spoken(chosen);
  const word = (label: SetLabel): string =>
    (lang === undefined ? undefined : translationOf(label, lang)) ?? label.name;
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
  const sum = ({ predictions, scoring }: Pick<Answer, "predictions" | "scoring">): Prediction[] =>
    predictionsAt(predictions, { ...set, labels: spoken(set.labels) }, level!, scoring);
  return {
    labels: sums ? spoken(labelsAt(set)) : labels,
    ...(sums ? { sum } : {}),
    ...(none === undefined ? {} : { none }),
    show: (name) => shown.get(name) ?? { label: name },
  };
}

/**
 * An answer with its labels as they are shown: in the language asked for, with their ids and the labels above where the set
 * has them. Where the set's own "none of these" is first, none of the labels fits.
 */
export function shownAnswer(answer: Answer, { none, show }: ChosenLabels): Answer {
  const { predictions, set, abstained } = answer;
  const isFirst = none !== undefined && predictions[0]?.label === none;
  return {
    ...answer,
    predictions: predictions.map((prediction) => ({ ...prediction, ...show(prediction.label) })),
    ...(set ? { set: set.map((label) => show(label).label) } : {}),
    ...(none === undefined ? {} : { abstained: abstained === true || isFirst }),
  };
}
