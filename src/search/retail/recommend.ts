import { ClipError } from "../../errors.js";
import { dot } from "../../math/dot.js";
import { type Embedding, unit, weightedMeanUnit } from "../../math/unit.js";
import { diversify } from "../find/diverse.js";
import type { Catalogue } from "./catalogue.js";
import type { Product } from "./product.js";

/** Which products may be recommended. */
export interface ProductFilter {
  /** One of these holds. */
  readonly categories?: readonly string[];
  readonly least?: number;
  readonly most?: number;
  /** Prices in other currencies, and products without one, fail where `least` or `most` is given. */
  readonly currency?: string;
  readonly without?: readonly string[];
}

export interface RecommendOptions {
  /** Default 10; at most 1,000. */
  readonly top?: number;
  readonly filter?: ProductFilter;
  /** 1 (default): by likeness alone; 0: as different from each other as can be. */
  readonly lambda?: number;
}

export interface Recommended {
  readonly product: Product;
  /** Cosine with what was asked for, −1..1; of `completeLook` of what sets both apart from their categories. */
  readonly similarity: number;
}

/** A product that somebody liked. */
export interface Liked {
  readonly id: string;
  /** When, ms since 1970; absent: all count alike. */
  readonly at?: number;
}

/** Days after which a like counts half. */
const HALF_LIFE_DAYS = 30;
const DAY_MS = 86_400_000;
const MOST_TOP = 1_000;
/** Products that diversity chooses among, for each that is asked for: further ones fit too little. */
const POOL = 5;

/** True where a product may be recommended. */
export function passes({ id, categories, price }: Product, filter: ProductFilter): boolean {
  const { categories: wanted, least, most, currency, without } = filter;
  if (without?.includes(id)) return false;
  if (wanted && !wanted.some((one) => categories.includes(one))) return false;
  if (least === undefined && most === undefined) return true;
  if (price === null || (currency !== undefined && price.currency !== currency)) return false;
  return price.amount >= (least ?? 0) && price.amount <= (most ?? Number.POSITIVE_INFINITY);
}

function ranked(
  catalogue: Catalogue,
  score: (id: string, looks: Embedding, product: Product) => number | undefined,
  { top = 10, filter = {}, lambda = 1 }: RecommendOptions,
): Recommended[] {
  if (!Number.isInteger(top) || top < 1 || top > MOST_TOP || !(lambda >= 0 && lambda <= 1)) {
    throw new ClipError(
      "search.options",
      `Expected 1 to ${MOST_TOP} products and a lambda of 0 to 1 but received ${top} and ${lambda}.`,
    );
  }
  const found = [...catalogue.products()].flatMap((product) => {
    if (!passes(product, filter)) return [];
    const vector = catalogue.looks(product.id)!;
    const similarity = score(product.id, vector, product);
    return similarity === undefined ? [] : [{ product, similarity, vector }];
  });
  found.sort((a, b) => b.similarity - a.similarity || (a.product.id < b.product.id ? -1 : 1));
  const pool = found.slice(0, lambda < 1 ? POOL * top : top);
  const order = lambda < 1 ? diversify(pool, top, lambda) : [...pool.keys()];
  return order.map((i) => ({ product: pool[i]!.product, similarity: pool[i]!.similarity }));
}

function looksOf(catalogue: Catalogue, id: string): Embedding {
  const looks = catalogue.looks(id);
  if (looks) return looks;
  throw new ClipError(
    "search.product",
    `Expected a product of the catalogue but it has no ${JSON.stringify(id)}.`,
  );
}

/** Products that look like one. Raises `search.product`, `search.options`. */
export function similarProducts(
  catalogue: Catalogue,
  id: string,
  options: RecommendOptions = {},
): Recommended[] {
  const looks = looksOf(catalogue, id);
  return ranked(catalogue, (other, vector) => (other === id ? undefined : dot(looks, vector)), options);
}

/** Products for somebody by what was liked: the nearest to the mean of its looks, in which a like counts half after `halfLifeDays`. */
export function forLiked(
  catalogue: Catalogue,
  liked: readonly Liked[],
  { halfLifeDays = HALF_LIFE_DAYS, ...options }: RecommendOptions & { readonly halfLifeDays?: number } = {},
): Recommended[] {
  if (liked.length === 0)
    throw new ClipError("search.options", "Expected at least one liked product but received none.");
  const newest = Math.max(...liked.map(({ at = 0 }) => at));
  const weights = liked.map(({ at }) =>
    at === undefined ? 1 : 0.5 ** ((newest - at) / DAY_MS / halfLifeDays),
  );
  const taste = weightedMeanUnit(
    liked.map(({ id }) => looksOf(catalogue, id)),
    weights,
  );
  const own = new Set(liked.map(({ id }) => id));
  return ranked(catalogue, (id, vector) => (own.has(id) ? undefined : dot(taste, vector)), options);
}

/** Category → those that go with it. */
export type LookRules = Readonly<Record<string, readonly string[]>>;

/** A vector less its category's mean, as a direction: what it is beside being a shirt or a shoe. Undefined: nothing is left. */
function style(vector: Embedding, mean: Float32Array): Embedding | undefined {
  const rest = vector.map((x, i) => x - mean[i]!);
  return rest.some((x) => Math.abs(x) > 1e-9) ? unit(rest) : undefined;
}

function meanLooks(catalogue: Catalogue, category: string): Float32Array {
  const sum = new Float32Array(catalogue.model.dim);
  let count = 0;
  for (const { id, categories } of catalogue.products()) {
    if (!categories.includes(category)) continue;
    const looks = catalogue.looks(id)!;
    for (let i = 0; i < sum.length; i++) sum[i]! += looks[i]!;
    count += 1;
  }
  return sum.map((x) => x / Math.max(1, count));
}

/**
 * What goes with a product: for each category that its rules name, products whose looks differ from their category's as the product's do
 * from its own (colour, pattern, make). `top` products a category. Raises `search.product`, `search.options`.
 */
export function completeLook(
  catalogue: Catalogue,
  id: string,
  rules: LookRules,
  options: RecommendOptions = {},
): { readonly category: string; readonly products: readonly Recommended[] }[] {
  const looks = looksOf(catalogue, id);
  const { categories } = catalogue.get(id)!;
  const own = categories.find((category) => Object.hasOwn(rules, category));
  if (own === undefined) return [];
  const wanted = style(looks, meanLooks(catalogue, own));
  return rules[own]!.map((category) => {
    const mean = meanLooks(catalogue, category);
    const filter = { ...options.filter, categories: [category] };
    const score = (other: string, vector: Embedding): number | undefined => {
      if (other === id) return undefined;
      const rest = style(vector, mean);
      return wanted && rest ? dot(wanted, rest) : 0;
    };
    return { category, products: ranked(catalogue, score, { top: 3, ...options, filter }) };
  });
}
