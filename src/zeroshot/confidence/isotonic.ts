/** Points whose values became one: x from `first` to `last`. */
export interface Block {
  readonly first: number;
  readonly last: number;
  /** Mean of the points' y. */
  readonly y: number;
  /** Points in it. */
  readonly count: number;
}

/**
 * Isotonic regression: points (x, y) → blocks of neighbouring points, rising in x and in y. The pool-adjacent-violators
 * algorithm (Ayer et al. 1955). Points of equal x are one.
 */
export function poolAdjacentViolators(
  points: readonly { readonly x: number; readonly y: number }[],
): Block[] {
  const sorted = points.toSorted((a, b) => a.x - b.x);
  const same: Block[] = [];
  for (const { x, y } of sorted) {
    const point: Block = { first: x, last: x, y, count: 1 };
    const before = same.at(-1);
    if (before?.last === x) same[same.length - 1] = joined(before, point);
    else same.push(point);
  }
  return rising(same);
}

/**
 * Blocks of shares → the same with half a point of either kind added to each, still rising: a block of three points that were
 * all right does not promise 1 (Krichevsky & Trofimov 1981). What then falls is pooled again.
 */
export function smoothShares(blocks: readonly Block[]): Block[] {
  return rising(blocks.map((block) => ({ ...block, y: (block.y * block.count + 0.5) / (block.count + 1) })));
}

function rising(blocks: readonly Block[]): Block[] {
  const pooled: Block[] = [];
  for (const next of blocks) {
    let block = next;
    for (let before = pooled.at(-1); before && before.y >= block.y; before = pooled.at(-1)) {
      pooled.pop();
      block = joined(before, block);
    }
    pooled.push(block);
  }
  return pooled;
}

function joined(a: Block, b: Block): Block {
  const count = a.count + b.count;
  return { first: a.first, last: b.last, y: (a.y * a.count + b.y * b.count) / count, count };
}
