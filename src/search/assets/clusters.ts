import type { LabelVectors } from "../../encoder.js";
import { ClipError } from "../../errors.js";
import type { Filter } from "../store/filter.js";
import type { Store } from "../store/store.js";
import { centresAside } from "./aside.js";
import { type ClusterWord, nameClusters } from "./cluster-names.js";
import { nearestCentre, squaresOf } from "./k-means.js";
import { type Sampled, sampleStore } from "./sampled.js";
import { turn } from "./turn.js";

/** Rows whose centres k-means finds by itself; of more a sample is taken and all go through mini-batches afterwards. */
const SAMPLE = 4_000;
/** Clusters: more than a person looks through, and each costs a product a row. */
export const MOST_CLUSTERS = 1_000;
/** Rows whose members are told by name as its examples. */
const EXAMPLES = 8;

export interface ClusterOptions {
  /** Number of clusters, 1..1,000, or `auto` (default): the one of 2 to 48 whose clusters are most apart. */
  readonly k?: number | "auto";
  /** Words for the clusters; absent: they have none. */
  readonly labels?: LabelVectors;
  readonly filter?: Filter;
  /** Default 1: the same clusters for the same rows. */
  readonly seed?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: {
    readonly step: ClusterStep;
    readonly done: number;
    readonly total?: number;
  }) => void;
}

export type ClusterStep = "choose" | "centre" | "refine" | "assign";

export interface Cluster {
  /** Its words with commas between; without labels its number, from 1. */
  readonly name: string;
  readonly words: readonly ClusterWord[];
  readonly size: number;
  /** Mean cosine of its rows with its centre, −1..1: how much alike they are. */
  readonly cohesion: number;
  /** Paths of the rows nearest to its centre. */
  readonly examples: readonly string[];
  /** f32 [dim] */
  readonly centre: Float32Array;
}

export interface Clustering {
  /** Largest first. */
  readonly clusters: readonly Cluster[];
  /** In the order of ids. */
  readonly ids: readonly string[];
  readonly paths: readonly string[];
  /** [ids] position in `clusters`. */
  readonly assigned: Uint16Array;
  /** [ids] cosine with the own cluster's centre, −1..1. */
  readonly similarities: Float32Array;
}

interface Running {
  readonly store: Store;
  readonly options: ClusterOptions;
  readonly total: number;
}

/** All vectors in batches, with what is told of the progress. */
async function* vectorsOf({ store, options, total }: Running, step: ClusterStep) {
  const { filter, signal, onProgress } = options;
  let done = 0;
  const scanning = store.scan({
    columns: ["vector"],
    ...(filter ? { filter } : {}),
    ...(signal ? { signal } : {}),
  });
  for await (const rows of scanning) {
    yield rows;
    done += rows.length;
    onProgress?.({ step, done, total: Math.max(total, done) });
    await turn();
  }
}

/** Mini-batch k-means (Sculley 2010): each row moves its centre by one over the rows that the centre has had. */
async function refine(running: Running, centres: readonly Float32Array[]): Promise<void> {
  const counts = new Float64Array(centres.length);
  for await (const rows of vectorsOf(running, "refine")) {
    const squares = squaresOf(centres);
    const nearest = rows.map(({ vector }) => nearestCentre(vector, centres, squares).centre);
    for (const [i, c] of nearest.entries()) {
      const [vector, centre] = [rows[i]!.vector, centres[c]!];
      const rate = 1 / ++counts[c]!;
      for (let d = 0; d < centre.length; d++) centre[d]! += rate * (vector[d]! - centre[d]!);
    }
  }
}

function checkK(k: number | "auto"): void {
  if (k === "auto" || (Number.isInteger(k) && k >= 1 && k <= MOST_CLUSTERS)) return;
  throw new ClipError(
    "search.options",
    `Expected 1 to ${MOST_CLUSTERS} clusters, or auto, but received ${k}.`,
  );
}

async function assign(running: Running, centres: readonly Float32Array[], sampled: Sampled) {
  const squares = squaresOf(centres);
  const lengths = squares.map(Math.sqrt);
  const place = new Map(sampled.ids.map((id, i) => [id, i]));
  const assigned = new Uint16Array(sampled.ids.length);
  const similarities = new Float32Array(sampled.ids.length);
  for await (const rows of vectorsOf(running, "assign")) {
    for (const { id, vector } of rows) {
      const i = place.get(id);
      if (i === undefined) continue;
      const { centre, distance } = nearestCentre(vector, centres, squares);
      assigned[i] = centre;
      similarities[i] = (squares[centre]! - distance) / 2 / (lengths[centre]! || 1);
    }
  }
  return { assigned, similarities };
}

function cohesionOf(members: readonly number[], similarities: Float32Array): number {
  return members.reduce((sum, i) => sum + similarities[i]!, 0) / Math.max(1, members.length);
}

/**
 * Rows → clusters by k-means, on a worker thread. Above 4,000 rows the centres begin with a sample's and are refined with all rows in
 * mini-batches; memory stays flat. Raises `search.options`, `runtime.thread` and what the store does. Nothing is written.
 */
export async function clusterStore(store: Store, options: ClusterOptions = {}): Promise<Clustering> {
  const { k = "auto", labels, seed = 1, signal, onProgress } = options;
  checkK(k);
  const sampled = await sampleStore(store, SAMPLE, { ...options, seed });
  const { ids, paths, vectors } = sampled;
  const empty = { clusters: [], ids, paths, assigned: new Uint16Array(0), similarities: new Float32Array(0) };
  if (vectors.length === 0) return empty;
  const centres = await centresAside(vectors, k, {
    seed,
    signal,
    onStep: (step, done) => onProgress?.({ step, done }),
  });
  const running = { store, options, total: ids.length };
  if (ids.length > vectors.length) await refine(running, centres);
  const { assigned, similarities } = await assign(running, centres, sampled);
  const members = centres.map((): number[] => []);
  for (const [i, c] of assigned.entries()) members[c]!.push(i);
  const order = centres.map((_, c) => c).filter((c) => members[c]!.length > 0);
  order.sort((a, b) => members[b]!.length - members[a]!.length || a - b);
  const words = labels
    ? nameClusters(
        order.map((c) => centres[c]!),
        labels,
      )
    : order.map(() => []);
  const rank = new Uint16Array(centres.length);
  for (const [position, c] of order.entries()) rank[c] = position;
  return {
    clusters: order.map((c, position) => {
      const own = words[position]!;
      const best = members[c]!.toSorted((a, b) => similarities[b]! - similarities[a]!).slice(0, EXAMPLES);
      return {
        name: own.length > 0 ? own.map(({ label }) => label).join(", ") : String(position + 1),
        words: own,
        size: members[c]!.length,
        cohesion: cohesionOf(members[c]!, similarities),
        examples: best.map((i) => paths[i]!),
        centre: centres[c]!,
      };
    }),
    ids,
    paths,
    assigned: assigned.map((c) => rank[c]!),
    similarities,
  };
}
