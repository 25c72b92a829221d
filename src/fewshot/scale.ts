import { logitsOfAll } from "./bulk.js";
import type { Head } from "./head.js";
import { judge } from "./judge.js";
import { products } from "./matrix.js";
import { confidenceOf } from "./probabilities.js";
import type { Shots } from "./shots.js";

/** Multipliers that are tried, a twentieth of a decade apart. */
const LEAST = -2;
const STEPS = 60;

/** What logits [n, labels] are multiplied with so that their probabilities fit the truth best: temperature scaling (arXiv 1706.04599). */
export function fitScale(logits: Float32Array, truth: Int32Array, labels: number): number {
  return leastOf((scale) => {
    const scaled = logits.map((x) => scale * x);
    return judge(scaled, truth, labels).loss;
  });
}

/** Where nothing says how often it is right: the scale with which a head is as sure of its pictures, on average, as the words alone. */
export async function keptScale(
  head: Head,
  { labels, texts, features, unlabelled = [], logitScale }: Shots,
): Promise<number> {
  const pictures = [...features, ...unlabelled];
  const cosines = await products(pictures, texts);
  const logits = await logitsOfAll(head, pictures, cosines, logitScale);
  const words = confidenceOf(
    cosines.map((cosine) => logitScale * cosine),
    labels.length,
  );
  return leastOf((scale) => {
    const scaled = logits.map((x) => scale * x);
    return Math.abs(confidenceOf(scaled, labels.length) - words);
  });
}

function leastOf(cost: (scale: number) => number): number {
  let best = 1;
  let least = Number.POSITIVE_INFINITY;
  for (let step = 0; step <= STEPS; step++) {
    const scale = 10 ** (LEAST + step / 20);
    const now = cost(scale);
    if (now < least) [best, least] = [scale, now];
  }
  return best;
}
