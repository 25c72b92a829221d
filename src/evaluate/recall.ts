import { dot } from "../math/dot.js";
import type { Embedding } from "../math/unit.js";
import { rankOf, topKAccuracy } from "./metrics.js";
import { bootstrapIntervals, type Interval } from "./statistics.js";

/** Recall at 1, 5 and 10: the share of queries with a right answer among the k best. 0..1. */
export interface Recall<T = number> {
  readonly r1: T;
  readonly r5: T;
  readonly r10: T;
}

/** Words whose answers a report shows. */
export interface ShownQuery {
  /** Position of the caption. */
  readonly caption: number;
  /** Place of its own picture, 0 the first. */
  readonly rank: number;
  /** Positions of the pictures found, the best first. */
  readonly found: readonly number[];
}

/** How often pictures and captions find each other. */
export interface RecallFigures {
  readonly textToImage: Recall;
  readonly imageToText: Recall;
  /** 95 % intervals by the bootstrap over pictures, each with all of its captions. */
  readonly intervals: {
    readonly textToImage: Recall<Interval>;
    readonly imageToText: Recall<Interval>;
  };
  /** Place of each query's right answer, of its best one, 0 the first: [captions] and [pictures]. */
  readonly ranks: { readonly textToImage: readonly number[]; readonly imageToText: readonly number[] };
  /** Words that found another picture, by how far it was ahead, and words that found their own; one a picture. */
  readonly shown: Readonly<Record<"missed" | "found", readonly ShownQuery[]>>;
}

/** Queries of each kind that are shown, and pictures beside one. */
const SHOWN = 8;
const ANSWERS = 5;

const KS = [1, 5, 10] as const;

/** Vectors of pictures and of captions, and each caption's picture → recall both ways. */
export function recallFigures(
  images: readonly Embedding[],
  captions: readonly { readonly vector: Embedding; readonly image: number }[],
): RecallFigures {
  const own = images.map((): number[] => []);
  for (const [i, { image }] of captions.entries()) own[image]!.push(i);
  const byText = captions.map(({ vector, image }) => {
    const scores = images.map((one) => dot(one, vector));
    const other = scores.reduce((most, score, i) => (i === image ? most : Math.max(most, score)), -Infinity);
    return { rank: rankOf(scores, image), ahead: scores[image]! - other };
  });
  const textRanks = byText.map(({ rank }) => rank);
  const imageRanks = images.map((one, i) => {
    const scores = captions.map(({ vector }) => dot(one, vector));
    return own[i]!.reduce((least, caption) => Math.min(least, rankOf(scores, caption)), Infinity);
  });
  const shown = (of: readonly number[]): ShownQuery[] => {
    const seen = new Set<number>();
    const once = of.filter((i) => !seen.has(captions[i]!.image) && seen.add(captions[i]!.image));
    return once.slice(0, SHOWN).map((caption) => {
      const scores = images.map((one) => dot(one, captions[caption]!.vector));
      const order = scores.map((_, i) => i).sort((a, b) => scores[b]! - scores[a]! || a - b);
      return { caption, rank: textRanks[caption]!, found: order.slice(0, ANSWERS) };
    });
  };
  const surest = captions
    .map((_, i) => i)
    .sort((a, b) => Math.abs(byText[b]!.ahead) - Math.abs(byText[a]!.ahead) || a - b);
  return {
    textToImage: recall(textRanks),
    imageToText: recall(imageRanks),
    intervals: intervalsOf(textRanks, imageRanks, own),
    ranks: { textToImage: textRanks, imageToText: imageRanks },
    shown: {
      missed: shown(surest.filter((i) => textRanks[i]! > 0)),
      found: shown(surest.filter((i) => textRanks[i] === 0)),
    },
  };
}

function recall(ranks: readonly number[]): Recall {
  return { r1: topKAccuracy(ranks, 1), r5: topKAccuracy(ranks, 5), r10: topKAccuracy(ranks, 10) };
}

/** Pictures are drawn, and with each all of its captions: those of one picture are not independent of each other. */
function intervalsOf(
  textRanks: readonly number[],
  imageRanks: readonly number[],
  own: readonly (readonly number[])[],
): RecallFigures["intervals"] {
  const hits = KS.map((k) => ({
    texts: own.map((captions) => captions.filter((i) => textRanks[i]! < k).length),
    images: imageRanks.map((rank) => (rank < k ? 1 : 0)),
  }));
  const counts = own.map((captions) => captions.length);
  const sum = (values: readonly number[], drawn: Uint16Array): number =>
    values.reduce((total, value, i) => total + value * drawn[i]!, 0);
  const found = bootstrapIntervals(own.length, (drawn) => {
    const all = Math.max(1, sum(counts, drawn));
    return hits.flatMap(({ texts, images }) => [sum(texts, drawn) / all, sum(images, drawn) / own.length]);
  });
  const at = (i: number): Interval => found[i] ?? { low: 0, high: 0 };
  return {
    textToImage: { r1: at(0), r5: at(2), r10: at(4) },
    imageToText: { r1: at(1), r5: at(3), r10: at(5) },
  };
}
