import { dot } from "../../math/dot.js";
import type { Catalogue } from "./catalogue.js";
import { bestScores, type LabelledEvidence } from "./fit.js";
import { type Fusion, recognise } from "./fusion.js";
import { forLiked, type Liked, type RecommendOptions } from "./recommend.js";

export interface RecognitionFigures {
  readonly photos: number;
  /** Shares 0..1 of photos whose product is first, and among the first five. */
  readonly top1: number;
  readonly top5: number;
  /** Shares of photos that are taken for products of the catalogue: of those that are, and of the same with their product taken out. */
  readonly known: number;
  readonly unknown: number;
  /** Products with so many pictures: their photos and how many of these are right. */
  readonly byPictures: readonly {
    readonly pictures: number;
    readonly photos: number;
    readonly top1: number;
  }[];
}

const share = (values: readonly boolean[]): number =>
  values.filter(Boolean).length / Math.max(1, values.length);

/** How often photos of known products are recognised, and for products with few and with many pictures. */
export function recognitionFigures(
  catalogue: Catalogue,
  photos: readonly LabelledEvidence[],
  fusion: Fusion,
): RecognitionFigures {
  const judged = photos.map(({ product, evidence }) => {
    const names = recognise(evidence, fusion, 5).candidates.map(({ id }) => id);
    return {
      pictures: catalogue.pictures(product).length,
      first: names[0] === product,
      five: names.includes(product),
    };
  });
  const { present, absent } = bestScores(photos, fusion);
  const isIn = (score: number): boolean => score >= (fusion.threshold ?? Number.NEGATIVE_INFINITY);
  const counts = [...new Set(judged.map(({ pictures }) => pictures))].sort((a, b) => a - b);
  return {
    photos: photos.length,
    top1: share(judged.map(({ first }) => first)),
    top5: share(judged.map(({ five }) => five)),
    known: share(present.map(isIn)),
    unknown: share(absent.map(isIn)),
    byPictures: counts.map((pictures) => {
      const own = judged.filter((one) => one.pictures === pictures);
      return { pictures, photos: own.length, top1: share(own.map(({ first }) => first)) };
    }),
  };
}

/** What one person liked, in order. */
export interface History {
  readonly user: string;
  readonly liked: readonly Liked[];
}

export interface RecommendationFigures {
  readonly users: number;
  readonly k: number;
  /** Mean over users of the share of their held-out products that are among the first k, 0..1. */
  readonly recall: number;
  /** The same of k products by chance. */
  readonly chance: number;
  /** Share of users with at least one held-out product among the first k. */
  readonly hits: number;
  /** Share of the catalogue's products that are recommended to anyone. */
  readonly coverage: number;
  /** Mean cosine between the products of a list: lower is more varied. */
  readonly alike: number;
}

/** The last `share` of each person's likes, at least one, is held out and looked for among what the others recommend. */
export function recommendationFigures(
  catalogue: Catalogue,
  histories: readonly History[],
  { k = 10, held = 0.4, ...options }: RecommendOptions & { readonly k?: number; readonly held?: number } = {},
): RecommendationFigures {
  const shown = new Set<string>();
  const rows = histories.flatMap(({ liked }) => {
    const there = liked.filter(({ id }) => catalogue.get(id) !== undefined);
    const cut = Math.max(1, Math.round(there.length * held));
    if (there.length <= cut) return [];
    const [before, after] = [there.slice(0, -cut), new Set(there.slice(-cut).map(({ id }) => id))];
    const list = forLiked(catalogue, before, { ...options, top: k }).map(({ product }) => product.id);
    for (const id of list) shown.add(id);
    const found = list.filter((id) => after.has(id)).length;
    const pairs = list.flatMap((a, i) =>
      list.slice(i + 1).map((b) => dot(catalogue.looks(a)!, catalogue.looks(b)!)),
    );
    const alike = pairs.reduce((sum, cosine) => sum + cosine, 0) / Math.max(1, pairs.length);
    const chance = Math.min(1, k / Math.max(1, catalogue.size - before.length));
    return [{ recall: found / after.size, hit: found > 0, alike, chance }];
  });
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  return {
    users: rows.length,
    k,
    recall: mean(rows.map(({ recall }) => recall)),
    chance: mean(rows.map(({ chance }) => chance)),
    hits: share(rows.map(({ hit }) => hit)),
    coverage: shown.size / Math.max(1, catalogue.size),
    alike: mean(rows.map(({ alike }) => alike)),
  };
}
