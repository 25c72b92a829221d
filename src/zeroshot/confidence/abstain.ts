import { dot } from "../../math/dot.js";
import { logSumExp } from "../../math/log-sum-exp.js";
import { labelSet } from "../label-sets.js";
import type { ZeroShotWeights } from "../weights.js";
import { type Calibration, probabilitiesOf } from "./calibration.js";

/**
 * What tells pictures that none of the labels fits; all rise with how well one fits. `probability`: the largest
 * calibrated probability (Hendrycks & Gimpel 2017, arXiv 1610.02136). `energy`: log Σ exp(logit) (Liu et al. 2020, arXiv
 * 2010.03759). `similarity`: the largest cosine. `negative`: the labels' share of probability beside words that are far
 * from all of them (NegLabel, Jiang et al. 2024, arXiv 2403.20078), 0..1.
 */
export const ABSTAIN_SCORES = ["probability", "energy", "similarity", "negative"] as const;
export type AbstainScore = (typeof ABSTAIN_SCORES)[number];

/** Cosines [labels] (and [negative labels]) of one picture → how well any label fits. */
export function fitness(
  score: AbstainScore,
  similarities: Float32Array,
  calibration: Calibration,
  labels: readonly string[],
  negatives: Float32Array = new Float32Array(0),
): number {
  const { logitScale } = calibration;
  if (score === "similarity") return similarities.reduce((a, b) => Math.max(a, b), -1);
  if (score === "energy") return logSumExp(similarities, logitScale);
  if (score === "probability")
    return probabilitiesOf(similarities, calibration, labels).reduce((a, b) => Math.max(a, b), 0);
  const own = logSumExp(similarities, logitScale);
  const others = logSumExp(negatives, logitScale);
  return 1 / (1 + Math.exp(others - own));
}

/** Of a word's cosines to the labels, the place from the top that counts: one odd label must not keep it out (NegLabel: the 95th percentile). */
const NEAR_PERCENTILE = 0.05;

/**
 * Words that are farthest from all labels, `count` at most, as positions among the candidates (NegMining, Jiang et al.
 * 2024, section 3.2).
 */
export function negativeLabels(
  weights: ZeroShotWeights,
  candidates: ZeroShotWeights,
  count: number,
): number[] {
  const taken = new Set(weights.labels.map((label) => label.toLowerCase()));
  const far = candidates.vectors.flatMap((candidate, position) => {
    if (taken.has(candidates.labels[position]!.toLowerCase())) return [];
    const cosines = weights.vectors.map((vector) => dot(vector, candidate)).sort((a, b) => b - a);
    return [{ position, near: cosines[Math.floor(NEAR_PERCENTILE * cosines.length)]! }];
  });
  far.sort((a, b) => a.near - b.near || a.position - b.position);
  return far
    .slice(0, count)
    .map(({ position }) => position)
    .sort((a, b) => a - b);
}

/** Ready sets whose words may stand for "something else". */
const CANDIDATE_SETS = ["imagenet-1k", "everyday", "scenes"] as const;

/** Negative labels: more separate better, until they crowd out unusual pictures of the labels themselves. */
const NEGATIVES = 500;

/** Labels → weights of words that are far from all of them, from the sets that ship with zeroclip. */
export async function negativeWeights(
  weights: ZeroShotWeights,
  weightsOf: (words: readonly string[]) => Promise<ZeroShotWeights>,
): Promise<ZeroShotWeights> {
  const words = [...new Set(CANDIDATE_SETS.flatMap((set) => labelSet(set).labels.map(({ name }) => name)))];
  const candidates = await weightsOf(words);
  const chosen = negativeLabels(weights, candidates, NEGATIVES);
  return {
    labels: chosen.map((i) => candidates.labels[i]!),
    templates: candidates.templates,
    vectors: chosen.map((i) => candidates.vectors[i]!),
  };
}
