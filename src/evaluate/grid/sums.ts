import { type Calibration, probabilitiesOf } from "../../zeroshot/confidence/calibration.js";
import { type LabelledScores, rowOf } from "../../zeroshot/scores.js";
import type { SetClass } from "../data/labelled-set.js";
import { plainProbabilities, type ToProbabilities } from "../judge.js";

/** Labels of one level above the classes. */
export interface LevelGroups {
  /** In order of their first class. */
  readonly groups: readonly { readonly id: string; readonly label: string }[];
  /** [classes] position of the label that each lies under; a class that ends above the level is its own. */
  readonly places: readonly number[];
}

/** Classes → the labels of each level above them, the top first; none where they have no levels. */
export function levelGroups(classes: readonly SetClass[]): LevelGroups[] {
  const levels = classes.reduce((most, { above = [] }) => Math.max(most, above.length), 0);
  return Array.from({ length: levels }, (_, level) => {
    const groups = new Map<string, { readonly id: string; readonly label: string; readonly place: number }>();
    const places = classes.map(({ id, label, above = [] }) => {
      const group = above[level] ?? { id, label };
      const known = groups.get(group.id) ?? { id: group.id, label: group.label, place: groups.size };
      groups.set(group.id, known);
      return known.place;
    });
    return { groups: [...groups.values()].map(({ id, label }) => ({ id, label })), places };
  });
}

/** Answers by sums: [levels][pictures of the set] position of the level's label whose classes are most probable together; −1: failed. */
export interface SummedAnswers {
  /** Of the model's own probabilities. */
  readonly own: readonly (readonly number[])[];
  /** Of the calibrated ones, which are what `classify --sum` adds up. */
  readonly calibrated?: readonly (readonly number[])[];
}

/** Cosines → answers by sums, a row put where its picture is by `placed`; nothing where classes have no levels. */
export function summedAnswers(
  scores: LabelledScores,
  classes: readonly SetClass[],
  placed: (rows: readonly number[]) => readonly number[],
  calibration: Calibration | undefined,
): { readonly summed?: SummedAnswers } {
  const levels = levelGroups(classes);
  if (levels.length === 0) return {};
  const answers = (of: ToProbabilities): SummedAnswers["own"] => mostProbable(scores, levels, of).map(placed);
  const own = answers(plainProbabilities(scores));
  if (!calibration) return { summed: { own } };
  const calibrated = answers((row) => probabilitiesOf(row, calibration, scores.labels));
  return { summed: { own, calibrated } };
}

/** [levels][rows] the label with the largest sum; of equal ones the first. */
function mostProbable(
  scores: LabelledScores,
  levels: readonly LevelGroups[],
  of: ToProbabilities,
): number[][] {
  const found = levels.map((): number[] => []);
  for (let row = 0; row < scores.truth.length; row++) {
    const probabilities = of(rowOf(scores, row));
    for (const [level, { groups, places }] of levels.entries()) {
      const sums = new Float64Array(groups.length);
      for (const [k, place] of places.entries()) sums[place]! += probabilities[k]!;
      found[level]!.push(sums.indexOf(sums.reduce((a, b) => Math.max(a, b), 0)));
    }
  }
  return found;
}
