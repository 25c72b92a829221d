import { throwIfAborted } from "../../../errors.js";
import { dot } from "../../../math/dot.js";
import type { Match, NearestOptions } from "../store.js";
import { type Connection, TIMEOUT } from "./client.js";
import { searchParams } from "./indexing.js";
import { countRows, readRows, rowsAtOnce } from "./requests.js";

/** Queries of a request; Milvus takes 16,384. */
const QUERIES_AT_ONCE = 64;
/** Matches of all queries of a request: an answer of some megabytes, of which Milvus gives 100. */
const MATCHES_AT_ONCE = 50_000;

interface Hit {
  readonly id: string;
  readonly score: number;
}

/** Rows of a filter that are ranked here where an index did not find enough of them: 20 MB of 512 numbers. */
const MOST_RANKED = 10_000;

/** Nearest rows of each query, nearest first. */
export async function nearest(
  connection: Connection,
  collection: string,
  queries: readonly Float32Array[],
  filter: string | undefined,
  options: NearestOptions,
): Promise<Match[][]> {
  const matches = await search(connection, collection, queries, filter, options);
  const fewest = Math.min(...matches.map(({ length }) => length));
  if (filter === undefined || fewest >= options.k) return matches;
  // A graph that is walked for a few rows among millions may miss some.
  const among = await countRows(connection, collection, filter);
  if (fewest >= among || among > MOST_RANKED) return matches;
  return rank(connection, collection, queries, filter, options);
}

/** Looks at every row of a filter. */
async function rank(
  connection: Connection,
  collection: string,
  queries: readonly Float32Array[],
  filter: string,
  { k, signal }: NearestOptions,
): Promise<Match[][]> {
  const matches = queries.map((): Match[] => []);
  const limit = rowsAtOnce(["vector"], queries[0]!.length);
  for (let last = "", isMore = true; isMore; ) {
    throwIfAborted(signal);
    const where = `id > "${last}" and (${filter})`;
    const rows = await readRows(connection, collection, where, ["vector"], limit);
    for (const [i, query] of queries.entries()) {
      const scored = rows.map(({ id, vector }) => ({ id, score: dot(query, vector) }));
      matches[i] = [...matches[i]!, ...matchesOf(scored)].sort(byNearness).slice(0, k);
    }
    last = rows.at(-1)?.id ?? last;
    isMore = rows.length === limit;
  }
  return matches;
}

const byNearness = (a: Match, b: Match): number => b.similarity - a.similarity;

async function search(
  connection: Connection,
  collection: string,
  queries: readonly Float32Array[],
  filter: string | undefined,
  options: NearestOptions,
): Promise<Match[][]> {
  const atOnce = Math.max(1, Math.min(QUERIES_AT_ONCE, Math.floor(MATCHES_AT_ONCE / options.k)));
  const matches: Match[][] = [];
  for (let from = 0; from < queries.length; from += atOnce) {
    throwIfAborted(options.signal);
    const part = queries.slice(from, from + atOnce);
    const answer = await connection.call((client) =>
      client.search({
        ...TIMEOUT,
        collection_name: collection,
        anns_field: "vector",
        data: part.map((query) => Array.from(query)),
        limit: options.k,
        output_fields: ["id"],
        metric_type: "COSINE",
        params: searchParams(options),
        ...(filter === undefined ? {} : { filter }),
      }),
    );
    // The client gives the list of one query without the list around it.
    const lists = (part.length === 1 ? [answer.results] : answer.results) as unknown as Hit[][];
    for (let i = 0; i < part.length; i++) matches.push(matchesOf(lists[i] ?? []));
  }
  return matches;
}

function matchesOf(hits: readonly Hit[]): Match[] {
  return hits.map(({ id, score }) => ({ id, similarity: Math.min(1, Math.max(-1, score)) })).sort(byNearness);
}
