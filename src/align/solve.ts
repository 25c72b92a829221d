import { throwIfAborted } from "../errors.js";

/** Texts as sums of tokens: row i has `ids[starts[i] … starts[i + 1]]`, each counted `weights[i]` times. */
export interface Design {
  readonly ids: Int32Array;
  readonly starts: Int32Array;
  readonly weights: Float32Array;
  readonly tokens: number;
}

export interface SolveOptions {
  /** Weight of the squares of the result, in texts; > 0. */
  readonly ridge: number;
  readonly steps: number;
  readonly signal?: AbortSignal | undefined;
  readonly onStep?: ((step: number) => void) | undefined;
}

/**
 * The token vectors X [tokens, width] whose weighted sums lie nearest to the targets [texts, width], in least squares with a ridge:
 * conjugate gradients on the normal equations, each column by itself, scaled by how often tokens are seen.
 */
export async function solveTokens(
  design: Design,
  targets: Float32Array,
  width: number,
  { ridge, steps, signal, onStep }: SolveOptions,
): Promise<Float32Array> {
  const { tokens, starts, ids, weights } = design;
  const texts = starts.length - 1;
  const size = tokens * width;
  const scale = new Float32Array(tokens).fill(ridge);
  for (let i = 0; i < texts; i++)
    for (let at = starts[i]!; at < starts[i + 1]!; at++) scale[ids[at]!]! += weights[i]! ** 2;
  const x = new Float32Array(size);
  const sum = new Float32Array(width);
  const scatter = (i: number, into: Float32Array): void => {
    const weight = weights[i]!;
    for (let at = starts[i]!; at < starts[i + 1]!; at++) {
      const row = ids[at]! * width;
      for (let k = 0; k < width; k++) into[row + k]! += weight * sum[k]!;
    }
  };
  /** (AᵀA + ridge) p */
  const apply = (p: Float32Array, out: Float32Array): void => {
    for (let at = 0; at < size; at++) out[at] = ridge * p[at]!;
    for (let i = 0; i < texts; i++) {
      sum.fill(0);
      const weight = weights[i]!;
      for (let at = starts[i]!; at < starts[i + 1]!; at++) {
        const row = ids[at]! * width;
        for (let k = 0; k < width; k++) sum[k]! += weight * p[row + k]!;
      }
      scatter(i, out);
    }
  };
  const r = new Float32Array(size);
  for (let i = 0; i < texts; i++) {
    sum.set(targets.subarray(i * width, (i + 1) * width));
    scatter(i, r);
  }
  const scaled = (from: Float32Array, into: Float32Array): void => {
    for (let token = 0; token < tokens; token++) {
      const by = 1 / scale[token]!;
      for (let at = token * width; at < (token + 1) * width; at++) into[at] = from[at]! * by;
    }
  };
  const dots = (a: Float32Array, b: Float32Array): Float64Array => {
    const out = new Float64Array(width);
    for (let at = 0; at < size; at += width)
      for (let k = 0; k < width; k++) out[k]! += a[at + k]! * b[at + k]!;
    return out;
  };
  const z = new Float32Array(size);
  scaled(r, z);
  const p = z.slice();
  const q = new Float32Array(size);
  let now = dots(r, z);
  for (let step = 1; step <= steps; step++) {
    throwIfAborted(signal);
    apply(p, q);
    const along = dots(p, q);
    const alpha = now.map((value, k) => (along[k]! > 0 ? value / along[k]! : 0));
    for (let at = 0; at < size; at += width)
      for (let k = 0; k < width; k++) {
        x[at + k]! += alpha[k]! * p[at + k]!;
        r[at + k]! -= alpha[k]! * q[at + k]!;
      }
    scaled(r, z);
    const next = dots(r, z);
    const beta = next.map((value, k) => (now[k]! > 0 ? value / now[k]! : 0));
    for (let at = 0; at < size; at += width)
      for (let k = 0; k < width; k++) p[at + k] = z[at + k]! + beta[k]! * p[at + k]!;
    now = next;
    onStep?.(step);
    // The event loop hears a signal.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return x;
}

/** Mean of the rows [dim], and the directions [width, dim] along which they differ most, by subspace iteration from a seed. */
export function principal(
  rows: readonly Float32Array[],
  width: number,
  random: () => number,
): { mean: Float32Array; basis: Float32Array } {
  const dim = rows[0]!.length;
  const mean = new Float32Array(dim);
  for (const row of rows) for (let i = 0; i < dim; i++) mean[i]! += row[i]! / rows.length;
  let basis = Float32Array.from({ length: width * dim }, () => random() - 0.5);
  orthonormalise(basis, width, dim);
  const centred = new Float32Array(dim);
  for (let round = 0; round < ROUNDS; round++) {
    const next = new Float32Array(width * dim);
    for (const row of rows) {
      for (let i = 0; i < dim; i++) centred[i] = row[i]! - mean[i]!;
      for (let k = 0; k < width; k++) {
        let along = 0;
        for (let i = 0; i < dim; i++) along += basis[k * dim + i]! * centred[i]!;
        for (let i = 0; i < dim; i++) next[k * dim + i]! += along * centred[i]!;
      }
    }
    basis = next;
    orthonormalise(basis, width, dim);
  }
  return { mean, basis };
}

/** Rounds of subspace iteration: enough for the directions that matter. */
const ROUNDS = 4;

/** Gram and Schmidt, in place, twice over for rounding. */
function orthonormalise(basis: Float32Array, width: number, dim: number): void {
  for (let k = 0; k < width; k++) {
    const row = basis.subarray(k * dim, (k + 1) * dim);
    for (let twice = 0; twice < 2; twice++)
      for (let j = 0; j < k; j++) {
        const other = basis.subarray(j * dim, (j + 1) * dim);
        let along = 0;
        for (let i = 0; i < dim; i++) along += row[i]! * other[i]!;
        for (let i = 0; i < dim; i++) row[i]! -= along * other[i]!;
      }
    let length = 0;
    for (let i = 0; i < dim; i++) length += row[i]! ** 2;
    const by = length > 0 ? 1 / Math.sqrt(length) : 0;
    for (let i = 0; i < dim; i++) row[i]! *= by;
  }
}
