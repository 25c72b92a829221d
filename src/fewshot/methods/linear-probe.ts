import { numpy } from "../matrix.js";
import type { Shots } from "../shots.js";
import { crossEntropy } from "./loss.js";
import type { FitContext, Fitted, Settings } from "./method.js";
import { type Recipe, trained } from "./trained.js";

/** So that a step changes how much the words count as fast as it changes the vectors. */
const GAIN_UNIT = 10;

const RECIPE: Recipe = {
  rate: 1e-3,
  start: ({ labels, features }) => [
    { values: new Float32Array(labels.length * features[0]!.length), rows: labels.length },
    { values: new Float32Array(labels.length), rows: 1 },
  ],
  slope: (shots, cosines) =>
    crossEntropy(
      shots,
      ([vectors, gain], features, [words]) =>
        words!
          .mul(gain!.mul(GAIN_UNIT).add(1))
          .add(numpy.matmul(features, numpy.transpose(vectors!)))
          .mul(shots.logitScale),
      [{ values: cosines, rows: shots.features.length }],
    ),
  head: ([vectors, gain], { labels, logitScale }) => {
    const dim = vectors!.length / labels.length;
    return {
      kind: "linear",
      vectors: labels.map((_, c) => vectors!.slice(c * dim, (c + 1) * dim).map((x) => logitScale * x)),
      bias: new Float32Array(labels.length),
      gain: gain!.map((x) => 1 + GAIN_UNIT * x),
    };
  },
};

/**
 * A linear probe that begins at the words: for each label a vector of its pictures and how much its words count are learnt
 * together, as in LP++ (Huang et al. 2024, arXiv 2404.02285).
 */
export async function linearProbe(shots: Shots, context: FitContext, settings?: Settings): Promise<Fitted> {
  return trained(RECIPE, shots, context, settings);
}
