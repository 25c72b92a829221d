import { viewsName } from "../../zeroshot/views.js";
import type { LabelledSet } from "../data/labelled-set.js";
import { bootstrapInterval, holm, type Interval, mcnemar, type PairedTest } from "../statistics.js";
import type { Cell } from "./cell.js";

/** Two cells on the same pictures. */
export interface Comparison extends PairedTest {
  readonly set: string;
  readonly first: string;
  readonly second: string;
  /** Pictures that both read. */
  readonly images: number;
  /** Top-1 of the first less that of the second, −1..1. */
  readonly difference: number;
  readonly interval: Interval;
  /** `p`, held against all comparisons of the set together (Holm). */
  readonly adjustedP: number;
}

/** Pairs of one set that are compared: with more the correction leaves nothing significant anyway. */
const MOST_PAIRS = 200;

/** Its views, and how they become one. */
export function viewsOf({ views, viewMode }: Cell): string {
  return viewsName(views, viewMode);
}

/** What a cell is called beside others: its model and, where several were asked for, views, prompts and variant. */
export function cellName(cell: Cell, cells: readonly Cell[]): string {
  const several = (pick: (cell: Cell) => string): boolean => new Set(cells.map(pick)).size > 1;
  const parts = [cell.model];
  if (several(viewsOf)) parts.push(viewsOf(cell));
  if (several(({ prompts }) => prompts)) parts.push(cell.prompts);
  if (cell.variant)
    parts.push(
      "resolution" in cell.variant ? `${cell.variant.resolution} px` : `JPEG ${cell.variant.quality}`,
    );
  return parts.join(" · ");
}

/** True for two cells that differ in one thing, so that the difference has one cause. */
function comparable(a: Cell, b: Cell): boolean {
  // Of one square there is no mode.
  const modes = a.views !== "center" && b.views !== "center" && a.viewMode !== b.viewMode;
  const differs = [a.model !== b.model, a.views !== b.views, modes, a.prompts !== b.prompts];
  return !a.variant && !b.variant && a.set === b.set && differs.filter(Boolean).length === 1;
}

/** Each pair of cells of a set that differ in model, views or prompts alone → McNemar's test and the interval of the difference. */
export function compareCells(cells: readonly Cell[], sets: readonly LabelledSet[]): Comparison[] {
  return sets.flatMap((set) => {
    const own = cells.filter((cell) => cell.set === set.name);
    const truth = set.pictures.map((picture) => picture.truth);
    const pairs = own.flatMap((a, i) =>
      own.slice(i + 1).flatMap((b) => (comparable(a, b) ? [[a, b] as const] : [])),
    );
    const found = pairs.slice(0, MOST_PAIRS).map(([a, b]) => {
      const both = truth.flatMap((_, i) => (a.predicted[i]! >= 0 && b.predicted[i]! >= 0 ? [i] : []));
      const first = both.map((i) => a.predicted[i] === truth[i]);
      const second = both.map((i) => b.predicted[i] === truth[i]);
      const gains = first.map((right, i) => Number(right) - Number(second[i]));
      return {
        set: set.name,
        first: cellName(a, cells),
        second: cellName(b, cells),
        images: both.length,
        difference: both.length === 0 ? 0 : gains.reduce((sum, gain) => sum + gain, 0) / both.length,
        interval: bootstrapInterval(gains),
        ...mcnemar(first, second),
      };
    });
    const adjusted = holm(found.map(({ p }) => p));
    return found.map((comparison, i) => ({ ...comparison, adjustedP: adjusted[i]! }));
  });
}
