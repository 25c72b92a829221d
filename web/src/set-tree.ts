import { groupBy } from "./group";
import type { DraftLabel } from "./set-draft";

/** A label at its place below others. */
export interface TreeRow {
  readonly label: DraftLabel;
  /** 0 at the top. */
  readonly depth: number;
  readonly hasBelow: boolean;
}

const idOf = ({ id, name }: DraftLabel): string => (id === "" ? name : id);

/**
 * Labels in order, what is under a label directly below it; under those in `folded` (keys) nothing. Labels in a circle, which the
 * server refuses, stand at the end as if they were at the top.
 */
export function treeRows(labels: readonly DraftLabel[], folded: ReadonlySet<string>): TreeRow[] {
  const ids = new Set(labels.map(idOf));
  const below = groupBy(labels, ({ parent }) => (ids.has(parent) ? parent : ""));
  const rows: TreeRow[] = [];
  const placed = new Set<string>();
  const place = (label: DraftLabel, depth: number, isShown: boolean): void => {
    if (placed.has(label.key)) return;
    placed.add(label.key);
    const under = idOf(label) === "" ? [] : (below.get(idOf(label)) ?? []);
    if (isShown) rows.push({ label, depth, hasBelow: under.length > 0 });
    for (const one of under) place(one, depth + 1, isShown && !folded.has(label.key));
  };
  for (const label of below.get("") ?? []) place(label, 0, true);
  for (const label of labels) place(label, 0, true);
  return rows;
}
