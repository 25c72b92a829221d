import type { CaptionedSet } from "./captions.js";
import type { Recall } from "./recall.js";
import type { RetrievalResult } from "./retrieval.js";
import { bootstrapIntervals, holm, type Interval, mcnemar, type PairedTest } from "./statistics.js";

const WAYS = ["textToImage", "imageToText"] as const;
const PLACES = { r1: 1, r5: 5, r10: 10 } as const satisfies Readonly<Record<keyof Recall, number>>;
const RECALLS = ["r1", "r5", "r10"] as const;

/** Two models' recall on the same queries. */
export interface RecallComparison extends PairedTest {
  readonly first: string;
  readonly second: string;
  readonly way: (typeof WAYS)[number];
  readonly recall: keyof Recall;
  /** Captions, or pictures, that both read. */
  readonly queries: number;
  /** Recall of the first less that of the second, −1..1. */
  readonly difference: number;
  /** 95 % interval of it, by the bootstrap over pictures, each with all of its captions. */
  readonly interval: Interval;
  /** `p`, held against all comparisons of the set together (Holm). */
  readonly adjustedP: number;
}

/** Pairs that are compared, each six times: with more the correction leaves nothing significant anyway. */
const MOST_PAIRS = 100;

/** What a result is called beside others: its model and, where several were asked for, its views. */
export function retrievalName(
  { model, views }: Pick<RetrievalResult, "model" | "views">,
  results: readonly Pick<RetrievalResult, "views">[],
): string {
  return new Set(results.map((one) => one.views)).size > 1 ? `${model} · ${views}` : model;
}

/**
 * Each pair of results that differ in model or views alone → the paired test and the interval of the difference, both ways, at
 * 1, 5 and 10. Captions of one picture are not independent of each other: they go together in both.
 */
export function compareRetrieval(
  results: readonly RetrievalResult[],
  { files, captions }: Pick<CaptionedSet, "files" | "captions">,
): RecallComparison[] {
  const places = new Map(files.map((file, i) => [file, i]));
  const owners = {
    textToImage: captions.map(({ image }) => places.get(image)!),
    imageToText: files.map((_, i) => i),
  };
  const pairs = results.flatMap((a, i) =>
    results
      .slice(i + 1)
      .flatMap((b) => ((a.model !== b.model) !== (a.views !== b.views) ? [[a, b] as const] : [])),
  );
  const found = pairs.slice(0, MOST_PAIRS).flatMap(([a, b]) =>
    WAYS.flatMap((way) => {
      const both = owners[way].flatMap((_, i) => (a.ranks[way][i]! >= 0 && b.ranks[way][i]! >= 0 ? [i] : []));
      const groups = both.map((i) => owners[way][i]!);
      const sides = RECALLS.map((recall) => {
        const hits = (one: RetrievalResult): boolean[] =>
          both.map((i) => one.ranks[way][i]! < PLACES[recall]);
        const [first, second] = [hits(a), hits(b)];
        const gains = first.map((right, i) => Number(right) - Number(second[i]));
        return { recall, first, second, gains };
      });
      const intervals = intervalsOf(
        sides.map(({ gains }) => gains),
        groups,
      );
      return sides.map(({ recall, first, second, gains }, i) => ({
        ...{ first: retrievalName(a, results), second: retrievalName(b, results), way, recall },
        queries: both.length,
        difference: gains.reduce((sum, gain) => sum + gain, 0) / Math.max(1, gains.length),
        interval: intervals[i] ?? { low: 0, high: 0 },
        ...mcnemar(first, second, groups),
      }));
    }),
  );
  const adjusted = holm(found.map(({ p }) => p));
  return found.map((comparison, i) => ({ ...comparison, adjustedP: adjusted[i]! }));
}

/** Means of some lists of values → their intervals; groups of rows are drawn whole. */
function intervalsOf(lists: readonly (readonly number[])[], groups: readonly number[]): Interval[] {
  const places = new Map([...new Set(groups)].map((group, i) => [group, i]));
  const counts = new Float64Array(places.size);
  const sums = lists.map(() => new Float64Array(places.size));
  for (const [row, group] of groups.entries()) {
    const at = places.get(group)!;
    counts[at]! += 1;
    for (const [k, values] of lists.entries()) sums[k]![at]! += values[row]!;
  }
  return bootstrapIntervals(places.size, (drawn) => {
    let rows = 0;
    for (let i = 0; i < drawn.length; i++) rows += drawn[i]! * counts[i]!;
    return sums.map((own) => {
      let sum = 0;
      for (let i = 0; i < drawn.length; i++) sum += drawn[i]! * own[i]!;
      return sum / rows;
    });
  });
}
