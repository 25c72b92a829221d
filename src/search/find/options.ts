import { ClipError } from "../../errors.js";
import type { ImageOptions } from "../../image/options.js";
import { checkCount } from "../store/bounds.js";
import type { Filter } from "../store/filter.js";
import { LEAST_RELEVANCE } from "./relevance-constants.js";

export interface SearchOptions {
  /** Hits a page, 1..1,000; default 20. */
  readonly k?: number;
  /** `next` of the page before; everything else must be as it was. */
  readonly cursor?: string;
  readonly filter?: Filter;
  /** Least cosine, −1..1; default: any. */
  readonly minSimilarity?: number;
  /** Least relevance, 0..1; 0 shows everything. Default 0.061: nine of ten queries that have an answer keep one. */
  readonly minRelevance?: number;
  /** λ of maximal marginal relevance, 0 (as different as can be) to 1 (by similarity alone); default: by similarity. */
  readonly diverse?: number;
  /** True (default): copies of one file are one hit. */
  readonly fold?: boolean;
  /** True: every vector is looked at, whatever index there is. */
  readonly exact?: boolean;
  /**
   * True: texts and pictures are centred before they are added up, so that a query of both is not ruled by what sets words and
   * pictures apart. Default false.
   */
  readonly centre?: boolean;
  /** How the query's pictures are read. */
  readonly image?: Partial<ImageOptions>;
  readonly signal?: AbortSignal;
}

/** Hits a page: a long page of pictures; what follows comes by its cursor. */
export const MOST_PAGE = 1_000;

/** Options with their defaults; what decides which hits there are, for cursors. */
export interface CheckedOptions extends SearchOptions {
  readonly k: number;
  readonly minSimilarity: number;
  readonly minRelevance: number;
  readonly fold: boolean;
}

function checkShare(name: string, value: number, least: number): void {
  if (value >= least && value <= 1) return;
  throw new ClipError(
    "search.options",
    `Expected ${name} to be a number from ${least} to 1 but received ${value}.`,
  );
}

/** Raises `search.options`. */
export function checkOptions(options: SearchOptions): CheckedOptions {
  const { k = 20, minSimilarity = -1, minRelevance = LEAST_RELEVANCE, fold = true, diverse } = options;
  checkCount("k", k, MOST_PAGE);
  checkShare("minSimilarity", minSimilarity, -1);
  checkShare("minRelevance", minRelevance, 0);
  if (diverse !== undefined) checkShare("diverse", diverse, 0);
  return { ...options, k, minSimilarity, minRelevance, fold };
}

/** What a cursor is bound to beside the query's vector. */
export function boundOptions(options: CheckedOptions): unknown {
  const { filter, minSimilarity, minRelevance, fold, diverse, centre = false } = options;
  return [filter ?? null, minSimilarity, minRelevance, fold, diverse ?? null, centre];
}
