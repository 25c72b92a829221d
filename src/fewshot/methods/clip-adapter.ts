import { seeded } from "../../math/random.js";
import { better, judge } from "../judge.js";
import { numpy } from "../matrix.js";
import { flat } from "../rows.js";
import type { Shots } from "../shots.js";
import { crossEntropy } from "./loss.js";
import type { FitContext, Fitted, Settings } from "./method.js";
import { type Recipe, trained } from "./trained.js";

/** The bottleneck is so many times narrower than the vectors (the authors' 4). */
const NARROWER = 4;
/** Shares of the bottleneck that are tried: the authors take 0.2 to 0.6, more the more a set differs from photos. */
const RATIOS = [0.2, 0.6];

const recipe = (ratio: number): Recipe => ({
  rate: 1e-3,
  start: ({ features }, seed) => {
    const dim = features[0]!.length;
    const hidden = Math.max(1, Math.floor(dim / NARROWER));
    const random = seeded(seed);
    const even = (count: number, inputs: number): Float32Array =>
      Float32Array.from({ length: count }, () => (2 * random() - 1) * Math.sqrt(6 / inputs));
    return [
      { values: even(hidden * dim, dim), rows: hidden },
      { values: even(dim * hidden, hidden), rows: dim },
    ];
  },
  slope: (shots) =>
    crossEntropy(
      shots,
      ([down, up], features, [texts]) => {
        const hidden = numpy.maximum(numpy.matmul(features.ref, numpy.transpose(down!)), 0);
        const said = numpy.maximum(numpy.matmul(hidden, numpy.transpose(up!)), 0);
        const mixed = features.mul(1 - ratio).add(unitRows(said).mul(ratio));
        return numpy.matmul(unitRows(mixed), numpy.transpose(texts!)).mul(shots.logitScale);
      },
      [{ values: flat(shots.texts), rows: shots.texts.length }],
    ),
  head: ([down, up], { features, texts }) => {
    const dim = features[0]!.length;
    const hidden = down!.length / dim;
    const rows = (values: Float32Array, width: number): Float32Array[] =>
      Array.from({ length: values.length / width }, (_, i) => values.slice(i * width, (i + 1) * width));
    return { kind: "bottleneck", down: rows(down!, dim), up: rows(up!, hidden), ratio, texts };
  },
});

function unitRows(rows: ReturnType<typeof numpy.zeros>): ReturnType<typeof numpy.zeros> {
  const length = numpy.sqrt(numpy.sum(numpy.square(rows.ref), 1, { keepdims: true }).add(1e-12));
  return rows.div(length);
}

/** CLIP-Adapter (Gao et al. 2021, arXiv 2110.04544): two layers beside the picture's vector, mixed in by a ratio that is searched. */
export async function clipAdapter(shots: Shots, context: FitContext, settings?: Settings): Promise<Fitted> {
  const ratios = settings ? [settings.ratio!] : RATIOS;
  let best: Fitted | undefined;
  for (const ratio of ratios) {
    const fitted = await trained(recipe(ratio), shots, context, settings && { steps: settings.steps! });
    const found = { ...fitted, settings: { ...fitted.settings, ratio } };
    const width = shots.labels.length;
    if (!best || better(judge(found.heldOut, shots.truth, width), judge(best.heldOut, shots.truth, width)))
      best = found;
  }
  return best!;
}
