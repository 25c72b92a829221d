import type { LinearHead } from "../head.js";

/** Labels as normal distributions of pictures' vectors with one spread a number for all of them. */
export interface Mixture {
  /** [labels] of f32 [dim] */
  readonly means: readonly Float32Array[];
  /** [dim] variances, above 0 */
  readonly spread: Float32Array;
}

/** Vectors that count for a label by a weight: f32 [n, dim], weights [n, labels], and how much all of them count. */
export interface Weighted {
  readonly features: readonly Float32Array[];
  readonly weights: Float32Array;
  readonly share: number;
}

/** Least variance: that of vectors which are all the same is 0. */
const LEAST_SPREAD = 1e-7;

/** Weighted vectors → the mixture that fits them best; a label without weight keeps its mean. */
export function fitMixture(groups: readonly Weighted[], before: readonly Float32Array[]): Mixture {
  const dim = before[0]!.length;
  const width = before.length;
  const sums = before.map(() => new Float64Array(dim));
  const masses = new Float64Array(width);
  const squares = new Float64Array(dim);
  let mass = 0;
  for (const { features, weights, share } of groups)
    for (const [i, feature] of features.entries())
      for (let k = 0; k < width; k++) {
        const weight = share * weights[i * width + k]!;
        if (weight < 1e-9) continue;
        masses[k]! += weight;
        mass += weight;
        const sum = sums[k]!;
        for (let d = 0; d < dim; d++) {
          sum[d]! += weight * feature[d]!;
          squares[d]! += weight * feature[d]! * feature[d]!;
        }
      }
  const means = before.map((mean, k) =>
    masses[k]! > 1e-9 ? Float32Array.from(sums[k]!, (x) => x / masses[k]!) : mean,
  );
  // Σ w (x − μ)² = Σ w x² − Σ mass μ², as each μ is its own weighted mean.
  const spread = Float32Array.from(squares, (total, d) => {
    const explained = means.reduce((sum, mean, k) => sum + masses[k]! * mean[d]! * mean[d]!, 0);
    return Math.max(LEAST_SPREAD, (total - explained) / mass);
  });
  return { means, spread };
}

/**
 * What a mixture and the words say together, as a head: with one spread for all, a distribution's logarithm is linear in the
 * picture. Parts that all labels have in common are left out. `gain`: how much the words count.
 */
export function mixtureHead({ means, spread }: Mixture, gain: number): LinearHead {
  const middle = spread.map((_, d) => means.reduce((sum, mean) => sum + mean[d]!, 0) / means.length);
  const bias = means.map((mean) =>
    mean.reduce((sum, x, d) => sum - (0.5 * (x * x - middle[d]! * middle[d]!)) / spread[d]!, 0),
  );
  return {
    kind: "linear",
    vectors: means.map((mean) => mean.map((x, d) => (x - middle[d]!) / spread[d]!)),
    bias: Float32Array.from(bias),
    gain: new Float32Array(means.length).fill(gain),
  };
}
