import { logitsOfAll } from "./bulk.js";
import type { Head } from "./head.js";
import { judge } from "./judge.js";
import { products } from "./matrix.js";
import { confidenceOf } from "./probabilities.js";
import type { Shots } from "./shots.js";

/** Multipliers that are tried, a twentieth of a decade apart. */
const LEAST = -2;
const STEPS = 60;

/**
 * What logits [n, labels] are multiplied with so that their probabilities fit the truth best: temperature scaling (arXiv 1706.04599). As
 * a handful that are all right would allow any certainty, the next best label is taken for right once in n + 2 (Platt 1999).
 */
export function fitScale(logits: Float32Array, truth: Int32Array, labels: number): number {
  const gaps = Array.from(truth, (label, i) => gapOf(logits.subarray(i * labels, (i + 1) * labels), label));
  const slip = 1 / (truth.length + 2);
  const room = gaps.reduce((sum, gap) => sum + gap, 0) / Math.max(1, gaps.length);
  return leastOf((scale) => {
    const scaled = logits.map((x) => scale * x);
    return judge(scaled, truth, labels).loss + slip * scale * room;
  });
}

/** How far the truth is above the best of the others; below it, less than 0. */
function gapOf(row: Float32Array, truth: number): number {
  const others = row.filter((_, k) => k !== truth);
  return row[truth]! - others.reduce((most, x) => Math.max(most, x), Number.NEGATIVE_INFINITY);
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
