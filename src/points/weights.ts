import { ClipError } from "../errors.js";
import { minimise } from "../math/lbfgs.js";
import { softmax } from "../math/softmax.js";
import { type Embedding, weightedMeanUnit } from "../math/unit.js";
import { similaritiesOf } from "../zeroshot/predict.js";
import type { ZeroShotWeights } from "../zeroshot/weights.js";
import { viewNames } from "./view/render.js";

/** How much each view counts, by its name; one that is not named counts 0. */
export type NamedWeights = Readonly<Record<string, number>>;

/** `entropy`: a view counts the more the surer it is; `equal`: all alike. */
export type ViewWeights = NamedWeights | "entropy" | "equal";

/** Weights of PointCLIP V2 where its authors searched them on real scans: top and bottom a quarter of the others (their `best_param.py`). */
export const DEFAULT_WEIGHTS: NamedWeights = Object.fromEntries(
  viewNames(10).map((name) => [name, name === "top" || name === "bottom" ? 0.25 : 1]),
);

/** Raises `points.weights` where no view of these counts, or one counts less than nothing. */
export function checkWeights(weights: NamedWeights, names: readonly string[]): number[] {
  const known = viewNames(10);
  const strange = Object.entries(weights).find(
    ([name, weight]) => !known.includes(name) || !(weight >= 0 && weight < Infinity),
  );
  if (strange)
    throw new ClipError(
      "points.weights",
      `Expected weights of 0 and more for views called ${known.join(", ")} but received ${JSON.stringify(strange).slice(0, 80)}.`,
    );
  const list = names.map((name) => weights[name] ?? 0);
  if (list.some((weight) => weight > 0)) return list;
  throw new ClipError(
    "points.weights",
    `Expected a weight above 0 for one of ${names.join(", ")} but there is none.`,
  );
}

/** 0 (any label as likely as another) to 1 (one label alone): how sure a view is. */
function sureness(view: Embedding, labels: ZeroShotWeights, logitScale: number): number {
  if (labels.labels.length < 2) return 1;
  const probabilities = softmax(Array.from(similaritiesOf(view, labels), (cosine) => logitScale * cosine));
  const entropy = -probabilities.reduce((sum, p) => sum + (p > 0 ? p * Math.log(p) : 0), 0);
  return Math.max(0, 1 - entropy / Math.log(labels.labels.length));
}

/** What a shape is compared with, where its views count by how sure they are. */
export interface Sure {
  readonly labels: ZeroShotWeights;
  readonly logitScale: number;
}

/**
 * Unit vectors of views → the shape's own: their weighted mean, brought back to length 1. Its cosines with labels are the views' own,
 * weighted and summed, but for one factor: labels come in the same order as by PointCLIP's sum of logits (section 3.2 of arXiv 2112.02413).
 * Raises `points.weights`.
 */
export function pooled(
  views: readonly Embedding[],
  names: readonly string[],
  weights: ViewWeights = DEFAULT_WEIGHTS,
  sure?: Sure,
): Embedding {
  if (weights === "equal")
    return weightedMeanUnit(
      views,
      views.map(() => 1),
    );
  if (weights !== "entropy") return weightedMeanUnit(views, checkWeights(weights, names));
  if (!sure)
    throw new ClipError("points.weights", "Expected labels where views count by entropy but received none.");
  const base = checkWeights(DEFAULT_WEIGHTS, names);
  const own = views.map((view, i) => base[i]! * sureness(view, sure.labels, sure.logitScale));
  return weightedMeanUnit(views, own.some((weight) => weight > 0) ? own : base);
}

/** Labelled views: what weights are fitted on. */
export interface LabelledViews {
  /** [shapes] of [views] of f32 [dim] */
  readonly views: readonly (readonly Embedding[])[];
  /** [shapes] position of each one's label. */
  readonly truth: readonly number[];
  readonly labels: ZeroShotWeights;
  readonly logitScale: number;
}

/** Fewest shapes that weights are fitted on: with fewer they say more of the shapes than of the views. */
const LEAST_SHAPES = 20;

/** What a weight e times the others' costs, in nats of one shape's loss: few shapes leave weights near each other, many decide by themselves. */
const RESTRAINT = 1;

/**
 * Labelled shapes → how much each view counts, the largest 1: the weights (above 0) by which the sum of the views' logits gives
 * the right labels the greatest probability. Raises `points.weights` for fewer than 20 shapes.
 */
export function fitViewWeights(
  { views, truth, labels, logitScale }: LabelledViews,
  names: readonly string[],
): NamedWeights {
  if (views.length < LEAST_SHAPES)
    throw new ClipError(
      "points.weights",
      `Expected at least ${LEAST_SHAPES} labelled shapes to fit weights of views on but received ${views.length}.`,
    );
  const cosines = views.map((own) => own.map((view) => similaritiesOf(view, labels)));
  const count = names.length;
  const objective = (point: Float64Array, gradient: Float64Array): number => {
    // Their sum stays the same: else a large scale would do what weights are for.
    const weights = softmax(Array.from(point));
    const slopes = new Float64Array(count);
    let loss = 0;
    for (const [i, own] of cosines.entries()) {
      const right = truth[i]!;
      const logits = labels.labels.map((_, k) =>
        own.reduce((sum, row, v) => sum + logitScale * weights[v]! * row[k]!, 0),
      );
      const probabilities = softmax(logits);
      loss -= Math.log(Math.max(1e-12, probabilities[right]!)) / cosines.length;
      for (const [v, row] of own.entries()) {
        const expected = probabilities.reduce((sum, p, k) => sum + p * row[k]!, 0);
        slopes[v]! += (logitScale * (expected - row[right]!)) / cosines.length;
      }
    }
    const mean = point.reduce((sum, x) => sum + x, 0) / count;
    const slope = slopes.reduce((sum, own, v) => sum + weights[v]! * own, 0);
    for (let v = 0; v < count; v++) {
      loss += (RESTRAINT / cosines.length) * (point[v]! - mean) ** 2;
      gradient[v] =
        weights[v]! * (slopes[v]! - slope) + (2 * RESTRAINT * (point[v]! - mean)) / cosines.length;
    }
    return loss;
  };
  const found = minimise(objective, new Float64Array(count));
  const largest = Math.max(...found);
  return Object.fromEntries(names.map((name, v) => [name, Number(Math.exp(found[v]! - largest).toFixed(4))]));
}
