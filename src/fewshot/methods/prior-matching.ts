import { products } from "../matrix.js";
import { probabilitiesOf } from "../probabilities.js";
import type { Shots } from "../shots.js";
import type { FitContext, Fitted } from "./method.js";

/** Rounds of matching: shares are within a thousandth long before. */
const ROUNDS = 500;
const NEAR_ENOUGH = 1e-3;

/** Logits [n, labels] → a number a label, with which their probabilities are equally large on average. */
export function evenBias(logits: Float32Array, labels: number): Float32Array {
  const bias = new Float32Array(labels);
  for (let round = 0; round < ROUNDS; round++) {
    const shares = new Float64Array(labels);
    const shifted = probabilitiesOf(
      logits.map((x, i) => x + bias[i % labels]!),
      labels,
    );
    for (const [i, p] of shifted.entries()) shares[i % labels]! += (p * labels) / logits.length;
    let worst = 0;
    for (const [k, share] of shares.entries()) {
      const off = -Math.log(labels * Math.max(share, 1e-12));
      worst = Math.max(worst, Math.abs(off));
      bias[k]! += off;
    }
    if (worst < NEAR_ENOUGH) break;
  }
  return bias;
}

/**
 * Prior matching (Liusie et al. 2023, arXiv 2309.04992) on pictures without labels: some words are preferred whatever is seen;
 * a number a label is added, with which all labels are equally probable on average over the unlabelled pictures.
 */
export async function priorMatching(shots: Shots, { cosines }: FitContext): Promise<Fitted> {
  const { labels, texts, logitScale, unlabelled = [] } = shots;
  const width = labels.length;
  const near = await products(unlabelled, texts);
  const bias = evenBias(
    near.map((cosine) => logitScale * cosine),
    width,
  );
  return {
    head: {
      kind: "linear",
      vectors: texts.map((text) => new Float32Array(text.length)),
      bias,
      gain: new Float32Array(width).fill(1),
    },
    settings: {},
    heldOut: cosines.map((cosine, i) => logitScale * cosine + bias[i % width]!),
  };
}
