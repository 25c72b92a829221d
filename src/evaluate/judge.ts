import { plainCalibration, probabilitiesOf } from "../zeroshot/confidence/calibration.js";
import { type LabelledScores, rowOf } from "../zeroshot/scores.js";
import { brierOf, rankOf, surprise } from "./metrics.js";

/** What a model said of each picture, [n] each. */
export interface Judgements {
  readonly truth: Int32Array;
  /** Position of the most probable label. */
  readonly predicted: Int32Array;
  /** Place of the true label, 0 the best. */
  readonly ranks: Int32Array;
  /** The largest probability. */
  readonly confidence: Float64Array;
  /** The largest probability less the next. */
  readonly margin: Float64Array;
  readonly brier: Float64Array;
  /** −ln p of the true label. */
  readonly surprise: Float64Array;
}

/** Cosines [labels] of a picture → probabilities [labels]. */
export type ToProbabilities = (similarities: Float32Array) => readonly number[];

/** The model's own probabilities, not calibrated. */
export function plainProbabilities(model: Pick<LabelledScores, "logitScale" | "scoring">): ToProbabilities {
  const calibration = plainCalibration(model);
  return (similarities) => probabilitiesOf(similarities, calibration);
}

/** Cosines of labelled pictures → what was answered, and how well that fits. */
export function judge(
  scores: LabelledScores,
  toProbabilities: ToProbabilities = plainProbabilities(scores),
): Judgements {
  const n = scores.truth.length;
  const found = {
    truth: scores.truth,
    predicted: new Int32Array(n),
    ranks: new Int32Array(n),
    confidence: new Float64Array(n),
    margin: new Float64Array(n),
    brier: new Float64Array(n),
    surprise: new Float64Array(n),
  };
  for (let i = 0; i < n; i++) {
    const probabilities = toProbabilities(rowOf(scores, i));
    const truth = scores.truth[i]!;
    let [best, next] = [0, -1];
    for (let k = 1; k < probabilities.length; k++) {
      if (probabilities[k]! > probabilities[best]!) [best, next] = [k, best];
      else if (next < 0 || probabilities[k]! > probabilities[next]!) next = k;
    }
    found.predicted[i] = best;
    found.ranks[i] = rankOf(probabilities, truth);
    found.confidence[i] = probabilities[best]!;
    found.margin[i] = probabilities[best]! - (next < 0 ? 0 : probabilities[next]!);
    found.brier[i] = brierOf(probabilities, truth);
    found.surprise[i] = surprise(probabilities, truth);
  }
  return found;
}
