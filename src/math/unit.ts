import { ClipError } from "../errors.js";

declare const unitLength: unique symbol;

/** A feature vector of Euclidean length 1, f32 [dim]; only {@link unit} makes one. */
export type Embedding = Float32Array & { readonly [unitLength]: true };

/**
 * f32 [dim] → the same direction with length 1 (a copy).
 * Raises `runtime.features` where a direction does not exist: a NaN, an infinity or a zero vector.
 */
export function unit(vector: Float32Array): Embedding {
  let squares = 0;
  for (let i = 0; i < vector.length; i++) squares += vector[i]! * vector[i]!;
  const length = Math.sqrt(squares);
  if (!(length > 0) || !Number.isFinite(length)) {
    throw new ClipError(
      "runtime.features",
      `Expected a feature vector with a finite length above 0 but the model gave one of length ${length}; its weights may be damaged.`,
    );
  }
  const out = new Float32Array(vector.length);
  for (let i = 0; i < vector.length; i++) out[i] = vector[i]! / length;
  return out as Embedding;
}

/** Mean of unit vectors, brought back to length 1: the prompt ensemble of the CLIP paper (arXiv 2103.00020, 3.1.4). */
export function meanUnit(vectors: readonly Embedding[]): Embedding {
  const first = vectors[0];
  if (first === undefined)
    throw new ClipError("runtime.features", "Expected at least one vector to average but received none.");
  const sum = new Float32Array(first.length);
  for (const vector of vectors) for (let i = 0; i < sum.length; i++) sum[i]! += vector[i]!;
  return unit(sum);
}

/** The same where each counts by its weight. */
export function weightedMeanUnit(vectors: readonly Embedding[], weights: readonly number[]): Embedding {
  const sum = new Float32Array(vectors[0]?.length ?? 0);
  for (const [k, vector] of vectors.entries()) {
    for (let i = 0; i < sum.length; i++) sum[i]! += weights[k]! * vector[i]!;
  }
  return unit(sum);
}

/** How far the length of a vector that `unit` made may be from 1: f32 rounding of its parts, with room. */
const LENGTH_ERROR = 1e-4;

/** f32 [dim] that was an Embedding before it was stored → the same array as one again; undefined where its length is not 1. */
export function stillUnit(vector: Float32Array): Embedding | undefined {
  let squares = 0;
  for (let i = 0; i < vector.length; i++) squares += vector[i]! * vector[i]!;
  return Math.abs(squares - 1) < LENGTH_ERROR ? (vector as Embedding) : undefined;
}
