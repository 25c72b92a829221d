import { numpy } from "../matrix.js";
import { flat } from "../rows.js";
import type { Shots } from "../shots.js";
import { crossEntropy, oneHot } from "./loss.js";
import type { FitContext, Fitted, Settings } from "./method.js";
import { tipAdapter } from "./tip-adapter.js";
import { type Recipe, trained } from "./trained.js";

const recipe = (alpha: number, beta: number): Recipe => ({
  rate: 1e-3,
  start: ({ features }) => [{ values: flat(features), rows: features.length }],
  slope: (shots, cosines) => {
    const count = shots.features.length;
    // A picture that is its own key would have nothing to learn from.
    const others = new Float32Array(count * count).fill(1);
    for (let i = 0; i < count; i++) others[i * count + i] = 0;
    return crossEntropy(
      shots,
      ([keys], features, [words, apart, values]) => {
        const near = numpy.exp(numpy.matmul(features, numpy.transpose(keys!)).sub(1).mul(beta)).mul(apart!);
        return words!.mul(shots.logitScale).add(numpy.matmul(near, values!).mul(alpha));
      },
      [
        { values: cosines, rows: count },
        { values: others, rows: count },
        { values: oneHot(shots.truth, shots.labels.length), rows: count },
      ],
    );
  },
  head: ([keys], { truth }) => {
    const dim = keys!.length / truth.length;
    return {
      kind: "cache",
      keys: Array.from(truth, (_, i) => keys!.slice(i * dim, (i + 1) * dim)),
      values: truth,
      alpha,
      beta,
    };
  },
});

/** Tip-Adapter-F (Zhang et al. 2022, arXiv 2207.09519): the keys of Tip-Adapter's cache are trained; α and β are its own. */
export async function tipAdapterF(shots: Shots, context: FitContext, settings?: Settings): Promise<Fitted> {
  const found = settings ?? (await tipAdapter(shots, context)).settings;
  const cache = { alpha: found.alpha! > 0 ? found.alpha! : 1, beta: found.beta! };
  const fitted = await trained(
    recipe(cache.alpha, cache.beta),
    shots,
    context,
    settings && { steps: settings.steps! },
  );
  return { ...fitted, settings: { ...cache, ...fitted.settings } };
}
