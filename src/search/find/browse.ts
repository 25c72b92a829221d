import { throwIfAborted } from "../../errors.js";
import type { Fact, Row } from "../row.js";
import { checkCount } from "../store/bounds.js";
import type { Filter } from "../store/filter.js";
import type { Store } from "../store/store.js";
import { type Bound, type Place, readCursor, writeCursor } from "./cursor.js";
import { MOST_PAGE } from "./options.js";

export interface BrowseOptions {
  /** Rows a page, 1..1,000; default 50. */
  readonly k?: number;
  /** `next` of the page before; the filter must be as it was. */
  readonly cursor?: string;
  readonly filter?: Filter;
  readonly signal?: AbortSignal;
}

export interface BrowseResult {
  /** By when they were taken (else changed), the newest first; of equal times by their ids. */
  readonly rows: readonly Pick<Row, Fact>[];
  /** For the next page; null: there is none. */
  readonly next: string | null;
  /** Rows that pass the filter. */
  readonly total: number;
}

/** Rows in order, by their number: times [rows], and 16 bytes of id each. */
interface Order {
  readonly times: Float64Array;
  readonly ids: Buffer;
}

const ID_BYTES = 16;
/** Rows a batch of the scan: of small columns. */
const BATCH = 10_000;
/** Orders that are kept of a store, and rows of all of them: 24 bytes each. */
const [KEPT, MOST_KEPT] = [8, 2_000_000];

const orders = new WeakMap<Store, { state: string; known: Map<string, Order> }>();

/** When a row was taken, else changed, ms since 1970. */
export function dateOf({ taken, modified }: Pick<Row, "taken" | "modified">): number {
  return taken ?? modified;
}

async function read(store: Store, filter: Filter | undefined, signal?: AbortSignal): Promise<Order> {
  const ids: Buffer[] = [];
  const times: number[] = [];
  const columns = ["taken", "modified"] as const;
  const options = { columns, batch: BATCH, ...(filter ? { filter } : {}), ...(signal ? { signal } : {}) };
  for await (const rows of store.scan(options)) {
    ids.push(Buffer.from(rows.map(({ id }) => id).join(""), "hex"));
    for (const row of rows) times.push(dateOf(row));
  }
  const unsorted = Buffer.concat(ids);
  // Rows come in the order of their ids.
  const order = Uint32Array.from(times, (_, i) => i).sort((a, b) => times[b]! - times[a]! || a - b);
  const sorted = Buffer.alloc(unsorted.length);
  for (const [to, from] of order.entries())
    unsorted.copy(sorted, to * ID_BYTES, from * ID_BYTES, (from + 1) * ID_BYTES);
  return { times: Float64Array.from(order, (i) => times[i]!), ids: sorted };
}

/** The order of a filter's rows, read once for a state of the store. */
async function orderOf(store: Store, filter: Filter | undefined, signal?: AbortSignal): Promise<Order> {
  const state = await store.state();
  const before = orders.get(store);
  const kept = before?.state === state ? before : { state, known: new Map<string, Order>() };
  if (kept !== before) orders.set(store, kept);
  const key = JSON.stringify(filter ?? null);
  const order = kept.known.get(key) ?? (await read(store, filter, signal));
  kept.known.delete(key);
  kept.known.set(key, order);
  const rows = (): number => [...kept.known.values()].reduce((sum, { times }) => sum + times.length, 0);
  while (kept.known.size > KEPT || rows() > MOST_KEPT) {
    const [oldest] = kept.known.keys();
    kept.known.delete(oldest!);
  }
  return order;
}

const idAt = ({ ids }: Order, i: number): string => ids.toString("hex", i * ID_BYTES, (i + 1) * ID_BYTES);

/** Position of the first row that comes after a place. */
function after(order: Order, { similarity: time, id }: Place): number {
  let [low, high] = [0, order.times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const here = order.times[middle]!;
    if (here > time || (here === time && idAt(order, middle) <= id)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * All rows that pass a filter, the newest first, a page at a time; a page says nothing of positions, so that it stays right while
 * rows come and go. Raises `search.options`, `search.cursor`, `search.filter`, `aborted`, and what the store raises.
 */
export async function browseStore(store: Store, options: BrowseOptions = {}): Promise<BrowseResult> {
  const { k = 50, cursor, filter, signal } = options;
  checkCount("k", k, MOST_PAGE);
  const bound: Bound = { vector: new Float32Array(0), options: ["browse", filter ?? null] };
  const place = cursor === undefined ? undefined : readCursor(cursor, bound).after;
  const order = await orderOf(store, filter, signal);
  throwIfAborted(signal);
  const from = place === undefined ? 0 : after(order, place);
  const end = Math.min(order.times.length, from + k);
  const ids = Array.from({ length: end - from }, (_, i) => idAt(order, from + i));
  const rows = (await store.get(ids)).filter((row) => row !== undefined);
  const last = { similarity: order.times[end - 1]!, id: ids.at(-1)! };
  const hasMore = end < order.times.length;
  return {
    rows,
    next: hasMore ? writeCursor({ after: last, passed: end }, bound) : null,
    total: order.times.length,
  };
}
