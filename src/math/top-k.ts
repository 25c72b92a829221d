/** Indices of the k largest values, largest first; equal values keep their order. */
export function topK(values: readonly number[], k: number): number[] {
  const order = values.map((_, index) => index);
  order.sort((a, b) => values[b]! - values[a]! || a - b);
  return order.slice(0, Math.max(0, k));
}
