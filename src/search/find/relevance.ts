import type { Encoder } from "../../encoder.js";
import { dot } from "../../math/dot.js";
import type { Store } from "../store/store.js";
import { CONSTANTS, type Constants } from "./relevance-constants.js";
import { neutralVectors, type Spread, sampleVectors, spreadOf } from "./spread.js";

/** One part of a query as the store's vectors are compared with it. */
export interface VectorPart {
  readonly kind: "text" | "picture";
  readonly weight: number;
  /** Unit length, f32 [dim]. */
  readonly vector: Float32Array;
}

/**
 * How probable it is that a row fits what is asked for, 0..1; null: not known (a picture is asked for, and the store has too few
 * rows to say what is usual).
 */
export type Judge = (row: Float32Array) => number | null;

const logistic = (x: number): number => 1 / (1 + Math.exp(-x));

/** Least deviation: rows that are equally near to everything say nothing. */
const LEAST_DEVIATION = 1e-6;

function logit(cosine: number, { mean, deviation }: Spread, { intercept, slope }: Constants): number {
  return intercept + (slope * (cosine - mean)) / Math.max(LEAST_DEVIATION, deviation);
}

/**
 * The cosine of a row and a part of the query, against the row's cosines with what has nothing to do with the query (neutral
 * captions, or other rows by chance): by how many standard deviations it is higher says, through a logistic curve, how often such a
 * row fits. No labels of the store are needed. Of several parts that are looked for the weighted mean of the curve's argument
 * counts; each part to leave out takes away its own probability.
 */
export async function judgeOf(
  store: Store,
  encoder: Encoder,
  parts: readonly VectorPart[],
  signal?: AbortSignal,
): Promise<Judge> {
  const has = (kind: VectorPart["kind"]): boolean => parts.some((part) => part.kind === kind);
  const others = {
    text: has("text") ? await neutralVectors(encoder) : [],
    picture: has("picture") ? await sampleVectors(store, signal) : [],
  };
  const wanted = parts.filter(({ weight }) => weight > 0);
  const unwanted = parts.filter(({ weight }) => weight < 0);
  const known = (part: VectorPart): boolean => others[part.kind].length > 0;
  if (!parts.every(known)) return () => null;
  const total = wanted.reduce((sum, { weight }) => sum + weight, 0);
  return (row) => {
    const spreads = { text: spreadOf(row, others.text), picture: spreadOf(row, others.picture) };
    const of = ({ kind, vector }: VectorPart): number =>
      logit(dot(row, vector), spreads[kind], CONSTANTS[kind]);
    const mean = wanted.reduce((sum, part) => sum + part.weight * of(part), 0) / total;
    return unwanted.reduce((left, part) => left * (1 - logistic(of(part))), logistic(mean));
  };
}
