import { dot } from "../../math/dot.js";
import { seeded } from "../../math/random.js";
import type { Filter } from "../store/filter.js";
import type { Store } from "../store/store.js";
import { placesAside } from "./aside.js";
import type { Clustering } from "./clusters.js";
import { sampleStore } from "./sampled.js";
import { turn } from "./turn.js";

/** Rows that UMAP itself lays out: its time grows faster than their number. */
const SAMPLE = 2_000;
/** Neighbours of a row among them that say where it lies. */
const NEIGHBOURS = 5;
/** Share of the distance among these neighbours by which a row is moved about, so that rows do not hide each other. */
const JITTER = 0.35;

export interface LayoutOptions {
  /** Default 1: the same map for the same rows. */
  readonly seed?: number;
  /** Rows that UMAP itself lays out; default 2,000. The others go between them. */
  readonly sample?: number;
  /** The one that the rows were clustered by. */
  readonly filter?: Filter;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: {
    readonly step: "umap" | "place";
    readonly done: number;
    readonly total: number;
  }) => void;
}

/** Where rows lie: f32 [ids] each, 0..1, as high as wide. */
export interface Layout {
  readonly x: Float32Array;
  readonly y: Float32Array;
}

interface Anchors {
  readonly vectors: readonly Float32Array[];
  readonly places: readonly (readonly [number, number])[];
  /** Positions of anchors by cluster. */
  readonly byCluster: readonly (readonly number[])[];
}

/** A row that UMAP did not lay out: the mean of its nearest anchors' places, nearer ones counting more. */
function place(
  vector: Float32Array,
  anchors: Anchors,
  near: readonly number[],
  random: () => number,
): [number, number] {
  const best = near
    .map((a) => ({ a, cosine: dot(vector, anchors.vectors[a]!) }))
    .sort((one, other) => other.cosine - one.cosine)
    .slice(0, NEIGHBOURS);
  const top = best[0]!.cosine;
  const weights = best.map(({ cosine }) => Math.exp(20 * (cosine - top)));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  let [x, y] = [0, 0];
  for (const [k, { a }] of best.entries()) {
    x += (weights[k]! / sum) * anchors.places[a]![0];
    y += (weights[k]! / sum) * anchors.places[a]![1];
  }
  const spread = best.reduce((most, { a }) => {
    const [dx, dy] = [anchors.places[a]![0] - x, anchors.places[a]![1] - y];
    return Math.max(most, Math.hypot(dx, dy));
  }, 0);
  const [angle, reach] = [2 * Math.PI * random(), JITTER * spread * Math.sqrt(random())];
  return [x + reach * Math.cos(angle), y + reach * Math.sin(angle)];
}

/** Both coordinates to 0..1 by the same scale. */
function normalised(x: Float32Array, y: Float32Array): Layout {
  const bounds = (values: Float32Array): [number, number] => {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
    return [low, high];
  };
  const [[left, right], [bottom, top]] = [bounds(x), bounds(y)];
  const size = Math.max(right - left, top - bottom) || 1;
  const [dx, dy] = [(size - (right - left)) / 2, (size - (top - bottom)) / 2];
  return {
    x: x.map((value) => (value - left + dx) / size),
    y: y.map((value) => (value - bottom + dy) / size),
  };
}

/**
 * Clustered rows → a map on which rows that look alike lie together, by UMAP (McInnes et al. 2018) on a worker thread. Of more than
 * 2,000 rows it lays out a sample; each other row goes between the nearest ones of its own cluster. Raises `aborted`, `runtime.thread`
 * and what the store does.
 */
export async function layOut(
  store: Store,
  clustering: Clustering,
  options: LayoutOptions = {},
): Promise<Layout> {
  const { seed = 1, sample = SAMPLE, filter, signal, onProgress } = options;
  const { ids, assigned, clusters } = clustering;
  const total = ids.length;
  const index = new Map(ids.map((id, i) => [id, i]));
  const sampled = await sampleStore(store, sample, {
    seed,
    ...(filter ? { filter } : {}),
    ...(signal ? { signal } : {}),
  });
  const chosen = sampled.chosen.flatMap((i, k) => {
    const at = index.get(sampled.ids[i]!);
    return at === undefined ? [] : [{ at, vector: sampled.vectors[k]! }];
  });
  const vectors = chosen.map(({ vector }) => vector);
  const places = await placesAside(vectors, seed, {
    signal,
    onStep: (done, total) => onProgress?.({ step: "umap", done, total }),
  });
  const [x, y] = [new Float32Array(total), new Float32Array(total)];
  const byCluster = clusters.map((): number[] => []);
  const isPlaced = new Uint8Array(total);
  for (const [k, { at }] of chosen.entries()) {
    [x[at], y[at]] = places[k]!;
    isPlaced[at] = 1;
    byCluster[assigned[at]!]!.push(k);
  }
  const anchors: Anchors = { vectors, places, byCluster };
  const everyone = vectors.map((_, k) => k);
  const random = seeded(seed);
  let done = chosen.length;
  if (done < total) {
    for await (const rows of store.scan({
      columns: ["vector"],
      ...(filter ? { filter } : {}),
      ...(signal ? { signal } : {}),
    })) {
      for (const { id, vector } of rows) {
        const i = index.get(id);
        if (i === undefined || isPlaced[i]) continue;
        const own = anchors.byCluster[assigned[i]!]!;
        [x[i], y[i]] = place(vector, anchors, own.length >= NEIGHBOURS ? own : everyone, random);
        done += 1;
      }
      onProgress?.({ step: "place", done: Math.min(done, total), total });
      await turn();
    }
  }
  return normalised(x, y);
}
