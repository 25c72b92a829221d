import type { Encoder } from "../../encoder.js";
import { checkModel } from "../store/identity.js";
import type { Store } from "../store/store.js";
import { type Bound, type Cursor, type Place, readCursor, SHOWN_LENGTH, writeCursor } from "./cursor.js";
import { diversify } from "./diverse.js";
import { type Candidate, gather, type Hit, shownHit } from "./hits.js";
import { boundOptions, type CheckedOptions, checkOptions, type SearchOptions } from "./options.js";
import { type Found, ordered } from "./ordered.js";
import { parseQuery } from "./parse.js";
import { checkParts, type QueryPart } from "./query.js";
import { type Judge, judgeOf } from "./relevance.js";
import { type QueryVectors, queryVectors } from "./vectors.js";

export interface SearchResult {
  /** Most similar first (with `diverse`: in the order of its choice). */
  readonly hits: readonly Hit[];
  /** For the next page; null: there is none. */
  readonly next: string | null;
  /** True: rows were looked at, and none of them fits. Then `nearest` is what came nearest. */
  readonly noGoodMatch: boolean;
  /** The most relevant row that was looked at; null where there was none. */
  readonly nearest: Hit | null;
}

/** Rows asked for at first beside those of a page: some are copies, some do not fit. */
const SPARE = 32;
/** Hits among which diversity chooses: five pages, but their distances to each other are computed. */
const WINDOW_PAGES = 5;
const MOST_WINDOW = 200;

interface Search {
  readonly store: Store;
  readonly query: QueryVectors;
  readonly judge: Judge;
  readonly options: CheckedOptions;
  readonly cursor: Cursor;
}

interface Page {
  readonly hits: readonly Candidate[];
  readonly next: Cursor | null;
  readonly best?: Candidate;
}

function rowsOf({ store, query, options, cursor }: Search, count: number): AsyncGenerator<Found> {
  const { filter, exact, signal } = options;
  return ordered(store, query.vector, {
    first: cursor.passed + count + SPARE,
    ...(cursor.after ? { after: cursor.after } : {}),
    ...(filter ? { filter } : {}),
    ...(exact === undefined ? {} : { exact }),
    ...(signal ? { signal } : {}),
  });
}

async function nearestPage(search: Search): Promise<Page> {
  const { query, judge, options, cursor } = search;
  const found = await gather(rowsOf(search, options.k), options.k, judge, query.own, options);
  const { hits, last, hasMore, seen, best } = found;
  const next = hasMore && last ? { after: placeOf(last), passed: cursor.passed + seen } : null;
  return { hits, next, ...(best ? { best } : {}) };
}

const placeOf = ({ similarity, id }: Place): Place => ({ similarity, id });
const shortId = ({ id }: Place): string => id.slice(0, SHOWN_LENGTH);

/** Chooses among the hits of a window; what it leaves comes on the next pages, before the window moves on. */
async function diversePage(search: Search, lambda: number): Promise<Page> {
  const { query, judge, options, cursor } = search;
  const { end } = cursor;
  const width = end
    ? Number.POSITIVE_INFINITY
    : Math.max(options.k, Math.min(MOST_WINDOW, WINDOW_PAGES * options.k));
  const isPast = (row: Found): boolean =>
    end !== undefined &&
    (row.similarity < end.similarity || (row.similarity === end.similarity && row.id > end.id));
  const rows = rowsOf(search, Number.isFinite(width) ? width : MOST_WINDOW);
  const { hits, last, hasMore, seen, best } = await gather(rows, width, judge, query.own, options, isPast);
  const shown = new Set(cursor.shown);
  const before = hits.filter((hit) => shown.has(shortId(hit)));
  const left = hits.filter((hit) => !shown.has(shortId(hit)));
  const order = diversify(
    left,
    options.k,
    lambda,
    before.map(({ vector }) => vector),
  );
  const chosen = order.map((at) => left[at]!);
  const edge = end ?? (last && placeOf(last));
  const stays = left.length > chosen.length;
  const next = stays
    ? { ...cursor, ...(edge ? { end: edge } : {}), shown: [...shown, ...chosen.map(shortId)] }
    : hasMore && edge
      ? { after: edge, passed: cursor.passed + seen }
      : null;
  return { hits: chosen, next, ...(best ? { best } : {}) };
}

/** Documented in `../door.ts`. */
export async function searchStore(
  store: Store,
  encoder: Encoder,
  query: string | readonly QueryPart[],
  options: SearchOptions = {},
): Promise<SearchResult> {
  const checked = checkOptions(options);
  const parts = typeof query === "string" ? parseQuery(query) : query;
  checkParts(parts);
  checkModel(store.identity.model, encoder.model, store.address);
  const vectors = await queryVectors(store, encoder, parts, checked);
  const judge = await judgeOf(store, encoder, vectors.parts, checked.signal);
  const bound: Bound = { vector: vectors.vector, options: boundOptions(checked) };
  const cursor = checked.cursor === undefined ? { passed: 0 } : readCursor(checked.cursor, bound);
  const search: Search = { store, query: vectors, judge, options: checked, cursor };
  const { diverse } = checked;
  const page = diverse === undefined ? await nearestPage(search) : await diversePage(search, diverse);
  return {
    hits: page.hits.map(shownHit),
    next: page.next && writeCursor(page.next, bound),
    noGoodMatch: page.hits.length === 0 && page.best !== undefined && checked.cursor === undefined,
    nearest: page.best ? shownHit(page.best) : null,
  };
}
