/**
 * How cosines become probabilities. `softmax`: shares among the labels of a call, of which one holds. `sigmoid`: each label by
 * itself, σ(logitScale · cosine + bias), as SigLIP was trained (arXiv 2303.15343): any number of labels may hold, or none.
 */
export type Scoring = { readonly kind: "softmax" } | { readonly kind: "sigmoid"; readonly bias: number };

/** 1 / (1 + e⁻ˣ), 0..1 */
export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
