/** Tokens that have to be saved for one run more: what it costs to read all weights once more, on two cores. */
const WORTH = 128;

/**
 * Times as many tokens may be attended to in a run as are computed: each row is given the keys and values of its whole
 * beginning, so that short rows behind a long one would take memory by the hundred megabytes.
 */
const ATTENDED = 4;

/** Rows of tokens that are computed in one run. */
export interface TextBatch<T> {
  readonly items: readonly T[];
  /** Tokens that all of them begin with, computed once; 0 where the tower takes none apart. */
  readonly prefix: number;
}

export interface TextBatchOptions<T> {
  readonly idsOf: (item: T) => readonly number[];
  /** Most rows a run. */
  readonly mostRows: number;
  /** Most tokens a run, those that fill up shorter rows among them; a single row may have more. */
  readonly mostTokens: number;
  /** True where the tower takes a common beginning apart. */
  readonly shares: boolean;
  /** Length that every row is filled up to, where the tower asks for one. */
  readonly padTo?: number | undefined;
}

/**
 * Rows → runs that compute little twice: rows of one beginning (a template's) together where that saves enough, in each such
 * group sorted by length, as a run is as long as its longest row. Each row keeps a token of its own at least.
 */
export function textBatches<T>(items: readonly T[], options: TextBatchOptions<T>): TextBatch<T>[] {
  const rows = items.map((item) => ({ item, ids: options.idsOf(item) }));
  const groups = options.shares
    ? byBeginning({ rows, shared: sharedTokens(rows, 0) })
    : [{ rows, shared: 0 }];
  return groups.flatMap((group) => runsOf(group, options));
}

interface Row<T> {
  readonly item: T;
  readonly ids: readonly number[];
}

/** Rows that begin with the same `shared` tokens. */
interface Shared<T> {
  readonly rows: readonly Row<T>[];
  readonly shared: number;
}

/** How many tokens all rows begin with, of which `from` are known. */
function sharedTokens<T>(rows: readonly Row<T>[], from: number): number {
  const [first] = rows;
  if (!first) return 0;
  const most = rows.reduce((least, { ids }) => Math.min(least, ids.length - 1), first.ids.length - 1);
  let shared = from;
  while (shared < most && rows.every(({ ids }) => ids[shared] === first.ids[shared])) shared += 1;
  return shared;
}

/** Splits off those that share enough more to be worth a run; the others stay together. */
function byBeginning<T>({ rows, shared }: Shared<T>): Shared<T>[] {
  const byNext = new Map<number | undefined, Row<T>[]>();
  for (const row of rows) {
    const next = row.ids[shared];
    const known = byNext.get(next);
    if (known) known.push(row);
    else byNext.set(next, [row]);
  }
  // Lists of lists: so many rows may be alike that they are too many arguments of one call.
  const groups: Shared<T>[][] = [];
  const others: Row<T>[][] = [];
  for (const alike of byNext.values()) {
    const more = sharedTokens(alike, shared);
    if ((alike.length - 1) * (more - shared) >= WORTH)
      groups.push(byBeginning({ rows: alike, shared: more }));
    else others.push(alike);
  }
  return others.length > 0 ? [{ rows: others.flat(), shared }, ...groups.flat()] : groups.flat();
}

/** A group, shortest rows first, in runs of bounded work. */
function runsOf<T>({ rows, shared }: Shared<T>, options: TextBatchOptions<T>): TextBatch<T>[] {
  const { mostRows, mostTokens, shares, padTo = 0 } = options;
  const sorted = rows.toSorted((a, b) => a.ids.length - b.ids.length);
  const batches: TextBatch<T>[] = [];
  for (let at = 0; at < sorted.length; ) {
    let end = at + 1;
    while (end < sorted.length && end - at < mostRows) {
      const whole = Math.max(padTo, sorted[end]!.ids.length);
      const count = end + 1 - at;
      if (shared + count * (whole - shared) > mostTokens || count * whole > ATTENDED * mostTokens) break;
      end += 1;
    }
    const chosen = sorted.slice(at, end);
    const prefix = shares ? sharedTokens(chosen, shared) : 0;
    batches.push({ items: chosen.map(({ item }) => item), prefix });
    at = end;
  }
  return batches;
}
