/** Points whose values became one: x from `first` to `last`. */
export interface Block {
  readonly first: number;
  readonly last: number;
  /** Mean of the points' y. */
  readonly y: number;
}

/**
 * Isotonic regression: points (x, y) → blocks of neighbouring points, rising in x and in y. The pool-adjacent-violators
 * algorithm (Ayer et al. 1955). Points of equal x are one.
 */
export function poolAdjacentViolators(
  points: readonly { readonly x: number; readonly y: number }[],
): Block[] {
  const sorted = points.toSorted((a, b) => a.x - b.x);
  const same: Pool[] = [];
  for (const { x, y } of sorted) {
    const point: Pool = { first: x, last: x, y, count: 1 };
    const before = same.at(-1);
    if (before?.last === x) same[same.length - 1] = joined(before, point);
    else same.push(point);
  }
  const rising: Pool[] = [];
  for (const point of same) {
    let block = point;
    for (let before = rising.at(-1); before && before.y >= block.y; before = rising.at(-1)) {
      rising.pop();
      block = joined(before, block);
    }
    rising.push(block);
  }
  return rising.map(({ first, last, y }) => ({ first, last, y }));
}

interface Pool extends Block {
  readonly count: number;
}

function joined(a: Pool, b: Pool): Pool {
  const count = a.count + b.count;
  return { first: a.first, last: b.last, y: (a.y * a.count + b.y * b.count) / count, count };
}
