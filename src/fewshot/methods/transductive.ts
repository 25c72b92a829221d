import { throwIfAborted } from "../../errors.js";
import { logitsOfAll } from "../bulk.js";
import type { LinearHead } from "../head.js";
import { better, type Judged, judge } from "../judge.js";
import { products } from "../matrix.js";
import { type Neighbour, neighboursOf } from "../neighbours.js";
import { probabilitiesOf } from "../probabilities.js";
import { pickRows } from "../rows.js";
import { foldsOf, pickShots, type Shots } from "../shots.js";
import { oneHot } from "./loss.js";
import type { FitContext, Fitted, Settings } from "./method.js";
import { fitMixture, type Mixture, mixtureHead } from "./mixture.js";

/** Rounds of the whole, and of the assignments within each (the authors'). */
const ROUNDS = 10;
const INNER = 5;
/** How many of its nearest pull a picture their way (the authors' 3). */
const NEIGHBOURS = 3;
/** So many pictures that the words are surest of make a label's first mean (the authors' 8). */
const SUREST = 8;
/** How much the words count: without labelled pictures, and with (the authors'). */
const WORDS = { alone: 1, beside: 0.5 };
/** How much all labelled pictures count beside all unlabelled ones; the authors search these on a validation set. */
const GAMMAS = [0.002, 0.01, 0.02, 0.2];
const USUAL_GAMMA = 0.02;
const PARTS = 4;

/** Unlabelled pictures and what the words say of them: the same for every way of fitting. */
interface Pool {
  readonly features: Shots["features"];
  /** [n, labels] logarithms of the words' probabilities, but for a number a picture. */
  readonly words: Float32Array;
  readonly near: readonly (readonly Neighbour[])[];
}

/** First means: of labelled pictures where a label has some, else of those that the words are surest of. */
function firstMeans({ features, words }: Pool, shots: Shots): Float32Array[] {
  const width = shots.labels.length;
  const sure = probabilitiesOf(words, width);
  return shots.labels.map((_, k) => {
    const own = shots.features.filter((_, i) => shots.truth[i] === k);
    const surest = [...features.keys()]
      .sort((a, b) => sure[b * width + k]! - sure[a * width + k]! || a - b)
      .slice(0, SUREST)
      .map((i) => features[i]!);
    const from = own.length > 0 ? own : surest;
    return from[0]!.map((_, d) => from.reduce((sum, one) => sum + one[d]!, 0) / from.length);
  });
}

/** Labelled and unlabelled pictures → a head. Each round: who belongs where, then the labels' means and spread. */
async function fitOnce(shots: Shots, pool: Pool, gamma: number, signal?: AbortSignal): Promise<LinearHead> {
  const width = shots.labels.length;
  const dim = shots.texts[0]!.length;
  const gain = shots.features.length > 0 ? WORDS.beside : WORDS.alone;
  let mixture: Mixture = {
    means: firstMeans(pool, shots),
    spread: new Float32Array(dim).fill(1 / dim),
  };
  let assigned = probabilitiesOf(pool.words, width);
  const labelled = { features: shots.features, weights: oneHot(shots.truth, width) };
  for (let round = 0; round < ROUNDS; round++) {
    throwIfAborted(signal);
    const cosines = pool.words.map((logit) => logit / shots.logitScale);
    const logits = await logitsOfAll(mixtureHead(mixture, gain), pool.features, cosines, shots.logitScale);
    for (let inner = 0; inner < INNER; inner++) {
      const pulled = logits.slice();
      for (const [i, neighbours] of pool.near.entries())
        for (const { at, near } of neighbours)
          for (let k = 0; k < width; k++) pulled[i * width + k]! += near * assigned[at * width + k]!;
      assigned = probabilitiesOf(pulled, width);
    }
    mixture = fitMixture(
      [
        { ...labelled, share: gamma / Math.max(1, shots.features.length) },
        { features: pool.features, weights: assigned, share: 1 / pool.features.length },
      ],
      mixture.means,
    );
  }
  return mixtureHead(mixture, gain);
}

/**
 * TransCLIP (Zanella et al. 2024, arXiv 2406.01837): each label is a normal distribution of pictures' vectors, found on pictures
 * without labels together with who belongs where, held by what the words say and by near pictures being alike; labelled
 * pictures, where there are some, count by γ. What is found then answers for other pictures too.
 */
export async function transductive(
  shots: Shots,
  { seed, cosines, signal, onStep }: FitContext,
  settings?: Settings,
): Promise<Fitted> {
  const features = shots.unlabelled ?? [];
  const width = shots.labels.length;
  const words = (await products(features, shots.texts)).map((cosine) => shots.logitScale * cosine);
  const pool: Pool = { features, words, near: await neighboursOf(features, NEIGHBOURS) };
  const heldOut = cosines.map((cosine) => shots.logitScale * cosine);
  const folds = foldsOf(shots.truth, PARTS, seed);
  const parts = settings ? [] : [...new Set(folds)].filter((part) => part >= 0).sort((a, b) => a - b);
  const judged = [...folds.keys()].filter((i) => folds[i]! >= 0);
  const truth = Int32Array.from(judged, (i) => shots.truth[i]!);
  let gamma = settings?.gamma ?? USUAL_GAMMA;
  let best: Judged | undefined;
  const total = parts.length * GAMMAS.length + 1;
  let done = 0;
  for (const tried of parts.length > 0 ? GAMMAS : []) {
    const found = heldOut.slice();
    for (const part of parts) {
      const out = judged.filter((i) => folds[i] === part);
      const rest = [...folds.keys()].filter((i) => folds[i] !== part);
      const head = await fitOnce(pickShots(shots, rest), pool, tried, signal);
      const logits = await logitsOfAll(
        head,
        out.map((i) => shots.features[i]!),
        pickRows(cosines, width, out),
        shots.logitScale,
      );
      for (const [from, i] of out.entries())
        found.set(logits.subarray(from * width, (from + 1) * width), i * width);
      onStep?.(++done, total);
    }
    const now = judge(pickRows(found, width, judged), truth, width);
    if (best && !better(now, best)) continue;
    best = now;
    gamma = tried;
    heldOut.set(found);
  }
  const head = await fitOnce(shots, pool, gamma, signal);
  onStep?.(total, total);
  return { head, settings: { gamma }, heldOut };
}
