import { logSumExp } from "../math/log-sum-exp.js";

/** Logits [n, labels] → probabilities [n, labels], each row by itself. */
export function probabilitiesOf(logits: Float32Array, labels: number): Float32Array {
  const all = new Float32Array(logits.length);
  for (let from = 0; from < logits.length; from += labels) {
    const row = logits.subarray(from, from + labels);
    const total = logSumExp(row);
    for (const [k, logit] of row.entries()) all[from + k] = Math.exp(logit - total);
  }
  return all;
}

/** Mean of each row's largest probability. */
export function confidenceOf(logits: Float32Array, labels: number): number {
  const all = probabilitiesOf(logits, labels);
  let sum = 0;
  for (let from = 0; from < all.length; from += labels)
    sum += all.subarray(from, from + labels).reduce((most, p) => Math.max(most, p), 0);
  return sum / Math.max(1, all.length / labels);
}
