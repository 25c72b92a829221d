import type { Table, VectorQuery } from "@lancedb/lancedb";
import type { Table as ArrowTable } from "apache-arrow";
import { throwIfAborted } from "../../../errors.js";
import type { Match, NearestOptions } from "../store.js";
import { MOST_IN_GRAPH } from "./optimise.js";

/** Queries that one plan of the engine holds. */
const QUERIES_AT_ONCE = 32;
/** Matches from which looking at every vector is no slower than the index. */
const MOST_BY_INDEX = 1_000;
/** Times k: how many are ranked anew by their whole vectors. With 2, recall@10 rose from 0.972 to 0.998 of 30,000 × 512. */
const REFINE = 2;
/**
 * Nodes that a search keeps open in each graph of the index; no fewer than it is to find. Of 100,000 × 512 in one graph 100 find 0.995
 * of the ten nearest. Of a million in four 100 find 0.959, 150 find 0.977 and 200 find 0.991 (bench/search.mjs).
 */
const LEAST_EF = 100;
const LEAST_EF_OF_MANY = 200;

/** Nearest rows of each query: by the index where there is one, else by all vectors. */
export async function nearest(
  table: Table,
  queries: readonly Float32Array[],
  where: string | undefined,
  options: NearestOptions,
): Promise<Match[][]> {
  const matches: Match[][] = [];
  // What the table holds is known without reading: some hundredths of a millisecond.
  const least = (await table.countRows()) > MOST_IN_GRAPH ? LEAST_EF_OF_MANY : LEAST_EF;
  for (let from = 0; from < queries.length; from += QUERIES_AT_ONCE) {
    throwIfAborted(options.signal);
    const part = queries.slice(from, from + QUERIES_AT_ONCE);
    const found = await queryOf(table, part, where, options, least).toArrow();
    matches.push(...matchesOf(found, part.length));
  }
  return matches;
}

function queryOf(
  table: Table,
  queries: readonly Float32Array[],
  where: string | undefined,
  { k, exact = false }: NearestOptions,
  leastEf: number,
): VectorQuery {
  // Of unit vectors the squared distance is 2 − 2 · cosine.
  let query = table.query().nearestTo(queries[0]!).column("vector").distanceType("l2").limit(k);
  for (const more of queries.slice(1)) query = query.addQueryVector(more);
  if (where !== undefined) query = query.where(where);
  if (exact || k > MOST_BY_INDEX) query = query.bypassVectorIndex();
  else query = query.ef(Math.max(leastEf, 2 * REFINE * k)).refineFactor(REFINE);
  return query.select(["id", "_distance"]);
}

function matchesOf(found: ArrowTable, queries: number): Match[][] {
  const matches = Array.from({ length: queries }, (): Match[] => []);
  const [ids, distances] = [found.getChild("id")!, found.getChild("_distance")!];
  const indexes = found.getChild("query_index");
  for (let at = 0; at < found.numRows; at++) {
    const distance = distances.get(at) as number;
    const similarity = Math.max(-1, 1 - distance / 2);
    matches[(indexes?.get(at) as number | undefined) ?? 0]!.push({ id: ids.get(at) as string, similarity });
  }
  for (const list of matches) list.sort((a, b) => b.similarity - a.similarity);
  return matches;
}
