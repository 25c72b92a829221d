import { softmax } from "../../math/softmax.js";
import type { Evidence } from "./catalogue.js";

/** How evidence becomes one score: a weighted sum of cosines, in logits. */
export interface Fusion {
  readonly picture: number;
  readonly looks: number;
  readonly text: number;
  /** A picture whose best score is below it shows nothing of the catalogue; null: not fitted, everything is something. */
  readonly threshold: number | null;
}

/** Where nothing was fitted: pictures count, words break ties; as fitted on the clothing set's validation photos, rounded. */
export const DEFAULT_FUSION: Fusion = { picture: 10, looks: 20, text: 5, threshold: null };

/** A product that a picture may show. */
export interface Candidate extends Evidence {
  /** In logits. */
  readonly score: number;
  /** 0..1 among all products of the catalogue. */
  readonly probability: number;
}

export interface Recognised {
  /** Most probable first. */
  readonly candidates: readonly Candidate[];
  /** False: the best of them is not good enough. */
  readonly inCatalogue: boolean;
}

export function fused({ picture, looks, text }: Evidence, fusion: Fusion): number {
  return fusion.picture * picture + fusion.looks * looks + fusion.text * text;
}

/** Evidence of all products → candidates, most probable first (late fusion). Nothing of an empty catalogue is recognised. */
export function recognise(evidence: readonly Evidence[], fusion: Fusion, top = 5): Recognised {
  const scores = evidence.map((one) => fused(one, fusion));
  const shares = softmax(scores);
  const candidates = evidence
    .map((one, i): Candidate => ({ ...one, score: scores[i]!, probability: shares[i]! }))
    .sort((a, b) => b.score - a.score)
    .slice(0, top);
  const best = candidates[0]?.score ?? Number.NEGATIVE_INFINITY;
  return {
    candidates,
    inCatalogue: candidates.length > 0 && best >= (fusion.threshold ?? Number.NEGATIVE_INFINITY),
  };
}
