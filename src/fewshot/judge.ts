import { logSumExp } from "../math/log-sum-exp.js";

/** Logits [n, labels] and the truth [n] → how good they are. */
export interface Judged {
  /** 0..1 */
  readonly accuracy: number;
  /** Mean negative logarithm of the truth's probability. */
  readonly loss: number;
}

export function judge(logits: Float32Array, truth: Int32Array, labels: number): Judged {
  let right = 0;
  let loss = 0;
  for (const [i, label] of truth.entries()) {
    const row = logits.subarray(i * labels, (i + 1) * labels);
    if (largest(row) === label) right += 1;
    loss += logSumExp(row) - row[label]!;
  }
  const n = Math.max(1, truth.length);
  return { accuracy: right / n, loss: loss / n };
}

/** Position of the largest; of equal ones the first. */
export function largest(row: ArrayLike<number>): number {
  let best = 0;
  for (let k = 1; k < row.length; k++) if (row[k]! > row[best]!) best = k;
  return best;
}

/** True where the first is better: more accurate, or as accurate with less loss. */
export function better(one: Judged, other: Judged): boolean {
  return one.accuracy > other.accuracy || (one.accuracy === other.accuracy && one.loss < other.loss);
}
