import { type ClassResult, classResults } from "../classification.js";
import type { LabelledSet } from "../data/labelled-set.js";
import { bootstrapInterval, type Interval, mcnemar } from "../statistics.js";
import type { Cell } from "./cell.js";
import { levelGroups } from "./sums.js";

/** How often the answer lay under the right label of one level above the classes. */
export interface LevelFigures extends LevelAccuracy {
  /** 1 is the top. */
  readonly level: number;
  /** Labels of this level that were chosen among. */
  readonly labels: number;
  readonly perLabel: readonly ClassResult[];
  /** Where asked for: the answer is the label under which the probabilities of all classes together are largest. */
  readonly summed?: SummedFigures;
  /** The same of calibrated probabilities, where a calibration is known. */
  readonly calibratedSummed?: SummedFigures;
}

/** Figures of the answers at one level. */
interface LevelAccuracy {
  /** Share of pictures whose answer has the same label of this level as the truth, 0..1. */
  readonly top1: number;
  /** 95 % bootstrap interval of it. */
  readonly interval: Interval;
}

/** The same of sums, beside the best class's label. */
interface SummedFigures extends LevelAccuracy {
  /** `top1` less that of the best class's label, −1..1. */
  readonly gain: number;
  /** 95 % interval of the gain, by the bootstrap over pictures. */
  readonly gainInterval: Interval;
  /** Of McNemar's test of the two. */
  readonly p: number;
}

/**
 * Answers of a cell → accuracy at each level above the classes, the top first; none where the set has no levels. `sum`: also by
 * sums of probabilities.
 */
export function levelFigures(
  cell: Cell,
  { classes, pictures }: LabelledSet,
  { sum = false }: { readonly sum?: boolean } = {},
): LevelFigures[] {
  const read = cell.predicted.flatMap((answer, i) => (answer < 0 ? [] : [i]));
  const { own, calibrated } = sum && cell.summed ? cell.summed : {};
  return levelGroups(classes).map(({ groups, places }, i) => {
    const truth = read.map((at) => places[pictures[at]!.truth]!);
    const right = (answers: readonly number[]): boolean[] =>
      truth.map((label, row) => answers[row] === label);
    const accuracy = (of: readonly boolean[]): LevelAccuracy => ({
      top1: of.filter(Boolean).length / Math.max(1, of.length),
      interval: bootstrapInterval(of.map(Number)),
    });
    const best = right(read.map((at) => places[cell.predicted[at]!]!));
    const sums = (answers: readonly number[]): SummedFigures => {
      const other = right(read.map((at) => answers[at]!));
      const gains = other.map((one, row) => Number(one) - Number(best[row]));
      return {
        ...accuracy(other),
        gain: gains.reduce((total, gain) => total + gain, 0) / Math.max(1, gains.length),
        gainInterval: bootstrapInterval(gains),
        p: mcnemar(other, best).p,
      };
    };
    return {
      level: i + 1,
      labels: groups.length,
      ...accuracy(best),
      perLabel: classResults(
        groups,
        truth,
        best.map((one) => (one ? 0 : 1)),
      ),
      ...(own ? { summed: sums(own[i]!) } : {}),
      ...(calibrated ? { calibratedSummed: sums(calibrated[i]!) } : {}),
    };
  });
}
