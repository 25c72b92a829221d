import { throwIfAborted } from "../../errors.js";
import { dot } from "../../math/dot.js";
import { FACTS, type Fact, type Row } from "../row.js";
import { MOST_MATCHES } from "../store/bounds.js";
import type { Filter } from "../store/filter.js";
import type { Store } from "../store/store.js";
import type { Place } from "./cursor.js";

/** A row as it comes by in the order of similarity. */
export interface Found extends Pick<Row, Fact | "vector"> {
  /** Cosine with the query, −1..1. */
  readonly similarity: number;
}

export interface OrderedOptions {
  /** Only what comes after this place. */
  readonly after?: Place;
  readonly filter?: Filter;
  readonly exact?: boolean;
  /** Nearest rows asked for at first, and then twice as many each time. */
  readonly first: number;
  readonly signal?: AbortSignal;
}

/**
 * By how much a store's similarity may differ from the cosine of the vectors that it gives out: those of half floats have lengths of
 * 1 ± 10⁻⁴, and it may compute with fewer digits.
 */
const SLACK = 2e-3;
const COLUMNS = [...FACTS, "vector"] as const;

const cosine = (query: Float32Array, row: Float32Array): number => dot(query, row) / Math.sqrt(dot(row, row));

const comesAfter = (a: Place, b: Place): boolean =>
  a.similarity < b.similarity || (a.similarity === b.similarity && a.id > b.id);

/**
 * Rows by falling similarity, those of equal similarity by their ids, each once; at most the 10,000 nearest. Similarities are
 * computed here from the rows' own vectors, so that a place in the order means the same in every call.
 */
export async function* ordered(
  store: Store,
  vector: Float32Array,
  { after, filter, exact, first, signal }: OrderedOptions,
): AsyncGenerator<Found> {
  let last = after;
  for (let k = Math.min(first, MOST_MATCHES); ; k = Math.min(2 * k, MOST_MATCHES)) {
    throwIfAborted(signal);
    const options = {
      ...(filter ? { filter } : {}),
      ...(exact ? { exact } : {}),
      ...(signal ? { signal } : {}),
    };
    const [matches] = await store.nearest([vector], { k, ...options });
    const isAll = matches!.length < k || k === MOST_MATCHES;
    const worst = isAll ? Number.NEGATIVE_INFINITY : matches!.at(-1)!.similarity + SLACK;
    const fresh = matches!.filter(({ similarity }) => !last || similarity < last.similarity + SLACK);
    const rows = await store.get(
      fresh.map(({ id }) => id),
      COLUMNS,
    );
    const found = rows
      .flatMap((row) => (row ? [{ ...row, similarity: cosine(vector, row.vector) }] : []))
      // What lies at the edge may have a neighbour beyond it that belongs before it.
      .filter((row) => row.similarity > worst && (!last || comesAfter(row, last)))
      .sort((a, b) => (comesAfter(a, b) ? 1 : -1));
    for (const row of found) {
      last = row;
      yield row;
    }
    if (isAll) return;
  }
}
