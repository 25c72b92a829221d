import type { Fact, Row } from "../row.js";
import type { Place } from "./cursor.js";
import type { CheckedOptions } from "./options.js";
import type { Found } from "./ordered.js";
import type { Judge } from "./relevance.js";

/** A row that fits, and the other places of the same file. */
export interface Hit extends Pick<Row, Fact> {
  /** Cosine with the query, −1..1. */
  readonly similarity: number;
  /** How probable it is that the row fits, 0..1; null: not known. */
  readonly relevance: number | null;
  /** Paths of copies, which are no hits of their own. */
  readonly copies: readonly string[];
}

/** A hit with its vector, on the way. */
export interface Candidate extends Found {
  readonly relevance: number | null;
  readonly copies: string[];
}

/** Rows in a row that do not fit, after which no more are looked at: relevance falls with similarity, but not evenly. */
const PATIENCE = 100;

/** What was gathered. */
export interface Gathered {
  readonly hits: readonly Candidate[];
  /** The last row that belongs to the hits; undefined where none was looked at. */
  readonly last?: Place;
  /** True: a row that fits comes after it. */
  readonly hasMore: boolean;
  /** Rows that were looked at. */
  readonly seen: number;
  /** The most relevant row, whether it fits or not. */
  readonly best?: Candidate;
}

/** What copies of one picture, or of one frame of a video, have in common. */
export function fileKey({ hash, time }: Pick<Row, "hash" | "time">): string {
  return `${hash} ${time ?? ""}`;
}

/** From rows in order: the next `count` that fit, with their copies, and whether there are more. `isPast` ends a window. */
export async function gather(
  rows: AsyncIterable<Found>,
  count: number,
  judge: Judge,
  own: ReadonlySet<string>,
  { minSimilarity, minRelevance, fold }: CheckedOptions,
  isPast: (row: Found) => boolean = () => false,
): Promise<Gathered> {
  const hits: Candidate[] = [];
  const byFile = new Map<string, Candidate>();
  let [seen, unfit] = [0, 0];
  let last: Place | undefined;
  let best: Candidate | undefined;
  const done = (hasMore: boolean): Gathered => ({
    ...{ hits, hasMore, seen },
    ...(last ? { last } : {}),
    ...(best ? { best } : {}),
  });
  for await (const row of rows) {
    if (row.similarity < minSimilarity || unfit >= PATIENCE) return done(false);
    seen += 1;
    if (own.has(fileKey(row))) continue;
    const original = fold ? byFile.get(fileKey(row)) : undefined;
    if (original) {
      original.copies.push(row.path);
      last = row;
      continue;
    }
    const hit: Candidate = { ...row, relevance: judge(row.vector), copies: [] };
    if (best === undefined || (hit.relevance ?? 0) > (best.relevance ?? 0)) best = hit;
    if (hit.relevance !== null && hit.relevance < minRelevance) {
      unfit += 1;
      continue;
    }
    if (hits.length === count || isPast(row)) return done(true);
    unfit = 0;
    hits.push(hit);
    byFile.set(fileKey(row), hit);
    last = row;
  }
  return done(false);
}

/** A candidate as it is given out. */
export function shownHit({ vector: _, ...hit }: Candidate): Hit {
  return hit;
}
