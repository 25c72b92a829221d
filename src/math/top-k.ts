/**
 * Positions of the k highest scores among the first `count`, highest first; equal ones in the order of their positions. A heap of k:
 * one comparison a score that is not among them.
 */
export function topK(scores: Float32Array, count: number, k: number): number[] {
  /** The worst of the kept is at the top. */
  const heap: number[] = [];
  const isWorse = (a: number, b: number): boolean =>
    scores[a]! < scores[b]! || (scores[a] === scores[b] && a > b);
  const sink = (from: number): void => {
    const moved = heap[from]!;
    let at = from;
    for (let child = 2 * at + 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && isWorse(heap[child + 1]!, heap[child]!)) child += 1;
      if (!isWorse(heap[child]!, moved)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = moved;
  };
  const first = Math.min(k, count);
  for (let position = 0; position < first; position++) heap.push(position);
  for (let at = first >> 1; at-- > 0; ) sink(at);
  for (let position = first; position < count && first > 0; position++) {
    if (scores[position]! <= scores[heap[0]!]!) continue;
    heap[0] = position;
    sink(0);
  }
  return heap.sort((a, b) => scores[b]! - scores[a]! || a - b);
}
