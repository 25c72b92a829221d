import { type ClassResult, classResults } from "../classification.js";
import type { LabelledSet, SetClass } from "../data/labelled-set.js";
import { bootstrapInterval, type Interval } from "../statistics.js";
import type { Cell } from "./cell.js";

/** How often the answer lay under the right label of one level above the classes. */
export interface LevelFigures {
  /** 1 is the top. */
  readonly level: number;
  /** Labels of this level that were chosen among. */
  readonly labels: number;
  /** Share of pictures whose answer has the same label of this level as the truth, 0..1. */
  readonly top1: number;
  /** 95 % bootstrap interval of it. */
  readonly interval: Interval;
  readonly perLabel: readonly ClassResult[];
}

/** The label of a level that a class lies under; a class that ends above the level is its own. */
function labelAt({ id, label, above = [] }: SetClass, level: number): { id: string; label: string } {
  return above[level - 1] ?? { id, label };
}

/** Answers of a cell → accuracy at each level above the classes, the top first; none where the set has no levels. */
export function levelFigures(cell: Cell, { classes, pictures }: LabelledSet): LevelFigures[] {
  const levels = classes.reduce((most, { above = [] }) => Math.max(most, above.length), 0);
  const read = cell.predicted.flatMap((answer, i) => (answer < 0 ? [] : [i]));
  return Array.from({ length: levels }, (_, i) => {
    const groups = new Map<string, { readonly id: string; readonly label: string; readonly place: number }>();
    const placeOf = classes.map((one) => {
      const group = labelAt(one, i + 1);
      const known = groups.get(group.id) ?? { ...group, place: groups.size };
      groups.set(group.id, known);
      return known.place;
    });
    const truth = read.map((at) => placeOf[pictures[at]!.truth]!);
    const wrong = read.map((at, row) => (placeOf[cell.predicted[at]!] === truth[row] ? 0 : 1));
    const right = wrong.map((one) => 1 - one);
    return {
      level: i + 1,
      labels: groups.size,
      top1: right.reduce((sum, one) => sum + one, 0) / Math.max(1, right.length),
      interval: bootstrapInterval(right),
      perLabel: classResults([...groups.values()], truth, wrong).map(({ id, label, images, top1 }) => ({
        ...{ id, label, images, top1 },
      })),
    };
  });
}
