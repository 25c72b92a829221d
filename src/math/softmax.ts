/** Logits [n] → probabilities [n] that sum to 1; shifted by the largest, so that nothing overflows. */
export function softmax(logits: readonly number[]): number[] {
  let largest = Number.NEGATIVE_INFINITY;
  for (const logit of logits) if (logit > largest) largest = logit;
  const powers = logits.map((logit) => Math.exp(logit - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
