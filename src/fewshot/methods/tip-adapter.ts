import { better, judge } from "../judge.js";
import { products } from "../matrix.js";
import type { Shots } from "../shots.js";
import { countsOf } from "../shots.js";
import type { FitContext, Fitted, Settings } from "./method.js";

/** Where the authors begin (github.com/gaopengcuhk/Tip-Adapter, configs), for a picture a label, with which nothing can be searched. */
const USUAL: Settings = { alpha: 1, beta: 5.5 };
const ALPHAS = [0, 0.25, 0.5, 1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, 32];
const BETAS = [0.5, 1, 2, 3, 4, 5.5, 7, 9, 12, 16, 22, 30];

/** Sums of the cache's votes: for each picture and label, over all keys of the label but the picture itself. */
export function votes(affinity: Float32Array, truth: Int32Array, labels: number, beta: number): Float32Array {
  const n = truth.length;
  const sums = new Float32Array(n * labels);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++)
      if (i !== j) sums[i * labels + truth[j]!]! += Math.exp(-beta * (1 - affinity[i * n + j]!));
  return sums;
}

/** α and β with which pictures that leave the cache one by one are named best. */
export function searchCache(
  shots: Shots,
  cosines: Float32Array,
  affinity: Float32Array,
): { readonly settings: Settings; readonly heldOut: Float32Array } {
  const labels = shots.labels.length;
  const logits = (sums: Float32Array, alpha: number): Float32Array =>
    sums.map((sum, i) => shots.logitScale * cosines[i]! + alpha * sum);
  const searched = Math.max(...countsOf(shots)) > 1;
  const alphas = searched ? ALPHAS : [USUAL.alpha!];
  let best: { settings: Settings; heldOut: Float32Array } | undefined;
  let bestJudged = { accuracy: -1, loss: Infinity };
  for (const beta of searched ? BETAS : [USUAL.beta!]) {
    const sums = votes(affinity, shots.truth, labels, beta);
    for (const alpha of alphas) {
      const heldOut = logits(sums, alpha);
      const judged = judge(heldOut, shots.truth, labels);
      if (best && !better(judged, bestJudged)) continue;
      [best, bestJudged] = [{ settings: { alpha, beta }, heldOut }, judged];
    }
  }
  return best!;
}

/**
 * Tip-Adapter without training (Zhang et al. 2022, arXiv 2207.09519): labelled pictures vote for their labels, the nearer the
 * more. α and β are searched with each picture left out of the cache in turn.
 */
export async function tipAdapter(
  shots: Shots,
  { cosines }: FitContext,
  settings?: Settings,
): Promise<Fitted> {
  const affinity = await products(shots.features, shots.features);
  const found = settings
    ? {
        settings,
        heldOut: votes(affinity, shots.truth, shots.labels.length, settings.beta!).map(
          (sum, i) => shots.logitScale * cosines[i]! + settings.alpha! * sum,
        ),
      }
    : searchCache(shots, cosines, affinity);
  return {
    head: {
      kind: "cache",
      keys: shots.features,
      values: shots.truth,
      alpha: found.settings.alpha!,
      beta: found.settings.beta!,
    },
    ...found,
  };
}
