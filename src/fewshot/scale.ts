import { judge } from "./judge.js";

/** Multipliers that are tried, a twentieth of a decade apart. */
const LEAST = -2;
const STEPS = 60;

/** What logits [n, labels] are multiplied with so that their probabilities fit the truth best: temperature scaling (arXiv 1706.04599). */
export function fitScale(logits: Float32Array, truth: Int32Array, labels: number): number {
  let best = 1;
  let least = Number.POSITIVE_INFINITY;
  for (let step = 0; step <= STEPS; step++) {
    const scale = 10 ** (LEAST + step / 20);
    const { loss } = judge(
      logits.map((x) => scale * x),
      truth,
      labels,
    );
    if (loss < least) [best, least] = [scale, loss];
  }
  return best;
}
