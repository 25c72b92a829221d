/** Numbers of a model that are learnt, by name. */
export type Tensors = ReadonlyMap<string, Float32Array>;

/** What Adam remembers of each number: running means of its gradient and of the gradient's square. */
export interface Moments {
  readonly first: Tensors;
  readonly second: Tensors;
}

export function zeros(like: Tensors): Tensors {
  return new Map([...like].map(([name, values]) => [name, new Float32Array(values.length)]));
}

const [KEEP_FIRST, KEEP_SECOND, LEAST] = [0.9, 0.999, 1e-8];

/** One step of Adam (Kingma and Ba 2015, arXiv 1412.6980), in place; `step` counts from 1. */
export function adam(
  weights: Tensors,
  gradients: Tensors,
  { first, second }: Moments,
  step: number,
  rate: number,
): void {
  const [unbias1, unbias2] = [1 - KEEP_FIRST ** step, 1 - KEEP_SECOND ** step];
  const factor = (rate * Math.sqrt(unbias2)) / unbias1;
  const least = LEAST * Math.sqrt(unbias2);
  for (const [name, values] of weights) {
    const [gradient, mean, square] = [gradients.get(name)!, first.get(name)!, second.get(name)!];
    for (let i = 0; i < values.length; i++) {
      const slope = gradient[i]!;
      const m = KEEP_FIRST * mean[i]! + (1 - KEEP_FIRST) * slope;
      const s = KEEP_SECOND * square[i]! + (1 - KEEP_SECOND) * slope * slope;
      mean[i] = m;
      square[i] = s;
      values[i]! -= (factor * m) / (Math.sqrt(s) + least);
    }
  }
}

/** Updates during which the rate rises to its full height, as a share of all. */
const WARM_UP = 0.05;

/** The rate of an update: it rises in the first part, then falls to nothing along a half cosine. */
export function rateAt(update: number, updates: number, rate: number): number {
  const warm = Math.max(1, Math.round(WARM_UP * updates));
  if (update < warm) return (rate * (update + 1)) / warm;
  return (rate / 2) * (1 + Math.cos((Math.PI * (update - warm)) / Math.max(1, updates - warm)));
}
