import { logitsOfAll } from "../bulk.js";
import type { Head } from "../head.js";
import { better, type Judged, judge } from "../judge.js";
import { startJax } from "../matrix.js";
import { pickRows } from "../rows.js";
import { foldsOf, pickShots, type Shots } from "../shots.js";
import { adam, type Parameter, type Slope } from "../train.js";
import type { FitContext, Fitted, Settings } from "./method.js";

/** A head that is trained by gradients. */
export interface Recipe {
  readonly rate: number;
  start(shots: Shots, seed: number): Parameter[];
  /** Disposed of when the training is over. */
  slope(shots: Shots, cosines: Float32Array): Slope & Disposable;
  head(parameters: readonly Float32Array[], shots: Shots): Head;
}

/** Steps along whose length the rate falls. */
const STEPS = 300;
/** After so many the held-out pictures are asked. */
const CHECKPOINTS: readonly number[] = [5, 10, 20, 40, 70, 110, 160, 220, 300];
/** Where no picture can be held out. */
const USUAL_STEPS = 40;
const PARTS = 4;

/** Trains on all pictures as long as it was best on ones that were held out: a quarter of each label's in turn. */
export async function trained(
  recipe: Recipe,
  shots: Shots,
  { seed, cosines, signal, onStep }: FitContext,
  settings?: Settings,
): Promise<Fitted> {
  await startJax();
  const width = shots.labels.length;
  const folds = foldsOf(shots.truth, PARTS, seed);
  const parts = settings ? [] : [...new Set(folds)].filter((part) => part >= 0).sort((a, b) => a - b);
  let taken = 0;
  const total = (parts.length + 1) * STEPS;
  const at = CHECKPOINTS.map(() => new Float32Array(shots.truth.length * width));
  const train = async (
    some: Shots,
    own: Float32Array,
    steps: number,
    told?: (step: number, head: Head) => Promise<void>,
  ): Promise<Head> => {
    using slope = recipe.slope(some, own);
    const done = await adam(recipe.start(some, seed), slope, {
      steps: STEPS,
      rate: recipe.rate,
      signal,
      onStep: async (step, parameters) => {
        onStep?.(++taken, total);
        if (told && CHECKPOINTS.includes(step)) await told(step, recipe.head(parameters, some));
        return step < steps;
      },
    });
    return recipe.head(done, some);
  };
  for (const part of parts) {
    const out: number[] = [];
    const rest: number[] = [];
    for (const [i, fold] of folds.entries()) (fold === part ? out : rest).push(i);
    const outCosines = pickRows(cosines, width, out);
    const outFeatures = out.map((i) => shots.features[i]!);
    await train(pickShots(shots, rest), pickRows(cosines, width, rest), STEPS, async (step, head) => {
      const logits = await logitsOfAll(head, outFeatures, outCosines, shots.logitScale);
      const all = at[CHECKPOINTS.indexOf(step)]!;
      for (const [from, i] of out.entries())
        all.set(logits.subarray(from * width, (from + 1) * width), i * width);
    });
  }
  // Pictures that are never held out are their label's only one: they say nothing of how long to train.
  const judged = [...folds.keys()].filter((i) => folds[i]! >= 0);
  const truth = Int32Array.from(judged, (i) => shots.truth[i]!);
  let steps = settings?.steps ?? USUAL_STEPS;
  const heldOut: Float32Array = cosines.map((cosine) => shots.logitScale * cosine);
  let best: Judged | undefined;
  if (parts.length > 0) {
    for (const [c, logits] of at.entries()) {
      const now = judge(pickRows(logits, width, judged), truth, width);
      if (best && !better(now, best)) continue;
      best = now;
      steps = CHECKPOINTS[c]!;
      for (const i of judged) heldOut.set(logits.subarray(i * width, (i + 1) * width), i * width);
    }
  }
  const head = await train(shots, cosines, steps);
  return { head, settings: { ...settings, steps }, heldOut };
}
