import { better, judge } from "../judge.js";
import { countsOf, type Shots } from "../shots.js";
import type { FitContext, Fitted, Settings } from "./method.js";

/** How much a label's mean picture counts beside its words. */
const WEIGHTS = [0, 0.125, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 8];
const USUAL = 1;

/** Mean picture of each label, of length 1, without one of them; undefined where there is no other. */
function prototype(sum: Float64Array, without?: Float32Array): Float32Array | undefined {
  const rest = without ? sum.map((x, i) => x - without[i]!) : sum;
  const length = Math.hypot(...rest);
  return length > 1e-6 ? Float32Array.from(rest, (x) => x / length) : undefined;
}

/**
 * Prototypes (Snell et al. 2017, arXiv 1703.05175) beside the words: a label is its words and the mean of its pictures. How
 * much the mean counts is searched with each picture left out of its own in turn.
 */
export async function prototypes(
  shots: Shots,
  { cosines }: FitContext,
  settings?: Settings,
): Promise<Fitted> {
  const { labels, features, truth, logitScale } = shots;
  const width = labels.length;
  const sums = labels.map(() => new Float64Array(features[0]!.length));
  for (const [i, feature] of features.entries())
    for (const [k, x] of feature.entries()) sums[truth[i]!]![k]! += x;
  const means = sums.map((sum) => prototype(sum));
  const near = new Float32Array(features.length * width);
  for (const [i, feature] of features.entries()) {
    for (let c = 0; c < width; c++) {
      const mean = truth[i] === c ? prototype(sums[c]!, feature) : means[c];
      if (mean) near[i * width + c] = mean.reduce((sum, x, k) => sum + x * feature[k]!, 0);
    }
  }
  const counts = countsOf(shots);
  const searched = Math.max(...counts) > 1;
  const weights = settings ? [settings.weight!] : searched ? WEIGHTS : [USUAL];
  let best = { weight: weights[0]!, heldOut: near };
  let bestJudged = { accuracy: -1, loss: Infinity };
  for (const weight of weights) {
    // A label's only picture says nothing of how much pictures should count.
    const alone = (row: number): boolean => counts[truth[row]!] === 1;
    const heldOut = near.map(
      (x, i) => logitScale * (cosines[i]! + (alone(Math.floor(i / width)) ? 0 : weight * x)),
    );
    const judged = judge(heldOut, truth, width);
    if (better(judged, bestJudged)) [best, bestJudged] = [{ weight, heldOut }, judged];
  }
  return {
    head: {
      kind: "linear",
      vectors: means.map((mean, c) =>
        (mean ?? new Float32Array(sums[c]!.length)).map((x) => best.weight * logitScale * x),
      ),
      bias: new Float32Array(width),
      gain: new Float32Array(width).fill(1),
    },
    settings: { weight: best.weight },
    heldOut: best.heldOut,
  };
}
