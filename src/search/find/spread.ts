import type { Encoder, ModelInfo } from "../../encoder.js";
import { dot } from "../../math/dot.js";
import type { Embedding } from "../../math/unit.js";
import type { Store } from "../store/store.js";
import { NEUTRAL_TEXTS } from "./neutral-texts.js";

/** How near a vector is to others that have nothing to do with it. */
export interface Spread {
  readonly mean: number;
  readonly deviation: number;
}

/** Rows of the sample; its deviation is known to 2 %. */
const SAMPLE = 1_000;
/** Rows below which nothing can be said of what is usual in a store. */
const LEAST_SAMPLE = 50;
/** By how much a store may have grown or shrunk before its sample is taken anew. */
const MOST_CHANGE = 1.25;

/** By what the model says of itself: several encoders may share one model. */
const texts = new WeakMap<ModelInfo, Promise<readonly Embedding[]>>();
const samples = new WeakMap<Store, { readonly rows: number; readonly vectors: readonly Float32Array[] }>();

/** Cosines of a vector with others → their mean and standard deviation. */
export function spreadOf(vector: Float32Array, others: readonly Float32Array[]): Spread {
  const cosines = others.map((other) => dot(vector, other));
  const mean = cosines.reduce((sum, cosine) => sum + cosine, 0) / cosines.length;
  const variance = cosines.reduce((sum, cosine) => sum + (cosine - mean) ** 2, 0) / cosines.length;
  return { mean, deviation: Math.sqrt(variance) };
}

/** The neutral captions as the encoder sees them, encoded once. */
export function neutralVectors(encoder: Encoder): Promise<readonly Embedding[]> {
  const { model } = encoder;
  const known = texts.get(model);
  if (known) return known;
  const made = encoder.encodeTexts(NEUTRAL_TEXTS);
  texts.set(model, made);
  made.catch(() => texts.delete(model));
  return made;
}

/** Vectors of rows chosen by chance (ids are hashes, so the first ones are), or none where there are too few. */
export async function sampleVectors(store: Store, signal?: AbortSignal): Promise<readonly Float32Array[]> {
  const rows = await store.count();
  const known = samples.get(store);
  if (known && rows <= known.rows * MOST_CHANGE && known.rows <= rows * MOST_CHANGE) return known.vectors;
  if (rows < LEAST_SAMPLE) return [];
  const options = { batch: SAMPLE, columns: ["vector"] as const, ...(signal ? { signal } : {}) };
  for await (const batch of store.scan(options)) {
    const vectors = batch.map(({ vector }) => vector);
    samples.set(store, { rows, vectors });
    return vectors;
  }
  return [];
}
