/** log Σ exp(scale · values), shifted by the largest so that nothing overflows. */
export function logSumExp(values: ArrayLike<number>, scale = 1): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, scale * values[i]!);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += Math.exp(scale * values[i]! - largest);
  return largest + Math.log(sum);
}
