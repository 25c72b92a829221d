import type { Encoder } from "../encoder.js";
import { ClipError } from "../errors.js";
import type { Embedding } from "../math/unit.js";
import {
  type FitCascadeOptions,
  type FittedCascade,
  fitCascade,
  runCascade,
  savedTime,
} from "../zeroshot/cascade.js";
import { LEAST_PICTURES } from "../zeroshot/confidence/fit.js";
import { type Combine, combinedScores, type FittedEnsemble, fitEnsemble } from "../zeroshot/ensemble.js";
import { type LabelledScores, pickScores } from "../zeroshot/scores.js";
import { zeroShotWeights } from "../zeroshot/weights.js";
import { halves } from "./calibrate.js";
import {
  type EvaluateOptions,
  encodePictures,
  type FailedImage,
  type Seconds,
  scoresOf,
  sumOfSeconds,
} from "./collect.js";
import { type LabelledSet, labelInputs } from "./data/labelled-set.js";
import { judge } from "./judge.js";
import { mean } from "./metrics.js";
import { bootstrapInterval, type Interval } from "./statistics.js";

/** Ways to halve the pictures whose figures are averaged. */
const REPEATS = 10;

/** What models and what they make together have right, on pictures that nothing was fitted on. */
export interface HeldOutMembers {
  readonly images: number;
  readonly repeats: number;
  /** [models] share of right answers of each alone. */
  readonly alone: readonly number[];
  /** Together. */
  readonly together: number;
  /** Together less the best model alone, with its 95 % interval over pictures. */
  readonly gain: number;
  readonly interval: Interval;
}

export interface MeasuredEnsemble extends HeldOutMembers {
  readonly fitted: FittedEnsemble;
}

export interface MeasuredCascade extends HeldOutMembers {
  readonly fitted: FittedCascade;
  /** [models] share of the held-out pictures that each saw. */
  readonly seen: readonly number[];
  /** Share of the last model's time that is saved, by each model's measured seconds a picture; null where that is not known. */
  readonly saved: number | null;
  /** The cascade that is kept, on the pictures that it was fitted on. */
  readonly expected: ExpectedCascade;
}

export interface ExpectedCascade extends Pick<FittedCascade, "drop" | "bound" | "confidence"> {
  /** [models] share of the pictures that each sees. */
  readonly seen: readonly number[];
  /** Share of the last model's time. */
  readonly saved: number | null;
}

function rightOf(scores: LabelledScores): number[] {
  return Array.from(judge(scores).predicted, (label, i) => (label === scores.truth[i] ? 1 : 0));
}

/** Each half answered by what was fitted on the other, several times → how often each picture was answered right, 0..1. */
function crossed(
  members: readonly LabelledScores[],
  seed: number,
  answer: (fit: readonly LabelledScores[], held: readonly LabelledScores[]) => number[],
): number[] {
  const n = members[0]!.truth.length;
  if (n < 2 * LEAST_PICTURES) {
    throw new ClipError(
      "calibrate.pictures",
      `Expected at least ${2 * LEAST_PICTURES} labelled pictures, of which each half is fitted by itself, but received ${n}.`,
    );
  }
  const right = new Array<number>(n).fill(0);
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    const [a, b] = halves(n, seed + repeat);
    for (const [fit, held] of [
      [a, b],
      [b, a],
    ] as const) {
      const pick = (positions: readonly number[]) => members.map((scores) => pickScores(scores, positions));
      for (const [at, one] of answer(pick(fit), pick(held)).entries()) right[held[at]!]! += one;
    }
  }
  // Divided once: ten tenths are not one.
  return right.map((times) => times / REPEATS);
}

function heldOut(members: readonly LabelledScores[], together: readonly number[]): HeldOutMembers {
  const rights = members.map(rightOf);
  const alone = rights.map(mean);
  const best = rights[alone.indexOf(Math.max(...alone))]!;
  const gains = together.map((right, i) => right - best[i]!);
  return {
    images: together.length,
    repeats: REPEATS,
    alone,
    together: mean(together),
    gain: mean(gains),
    interval: bootstrapInterval(gains),
  };
}

/** Scores of the same pictures by each model → an ensemble fitted on all of them, measured on halves. Raises `calibrate.*`. */
export function measureEnsemble(
  members: readonly LabelledScores[],
  how: Combine,
  weights?: readonly number[],
  seed = 1,
): MeasuredEnsemble {
  const fitted = fitEnsemble(members, how, weights);
  const together = crossed(members, seed, (fit, held) =>
    rightOf(combinedScores(held, fitEnsemble(fit, how, weights), how)),
  );
  return { ...heldOut(members, together), fitted };
}

/** The same for a cascade; `seconds`: of each model a picture, null where vectors came from a cache. */
export function measureCascade(
  members: readonly LabelledScores[],
  seconds: readonly Seconds[],
  { seed = 1, ...options }: FitCascadeOptions & { readonly seed?: number } = {},
): MeasuredCascade {
  const fitted = fitCascade(members, options);
  const seen = members.map(() => 0);
  const together = crossed(members, seed, (fit, held) => {
    const run = runCascade(held, fitCascade(fit, options));
    for (const [m, count] of run.seen.entries()) seen[m]! += count;
    return Array.from(run.label, (label, i) => (label === held[0]!.truth[i] ? 1 : 0));
  });
  const { drop, bound, confidence } = fitted;
  const expected = runCascade(members, fitted).seen;
  return {
    ...heldOut(members, together),
    fitted,
    seen: shares(seen),
    saved: savedTime(seen, seconds),
    expected: { drop, bound, confidence, seen: shares(expected), saved: savedTime(expected, seconds) },
  };
}

function shares(seen: readonly number[]): number[] {
  return seen.map((count) => count / seen[0]!);
}

/** One model's cosines of a labelled set. */
export interface MemberScores {
  readonly scores: LabelledScores;
  /** [rows of the scores] position of the picture in the set. */
  readonly positions: readonly number[];
  /** A picture, read and encoded. */
  readonly seconds: Seconds;
  readonly failed: readonly FailedImage[];
}

/** Labelled pictures through one model. Raises `labels.*`, `evaluate.*`, `aborted`. */
export async function collectMember(
  encoder: Encoder,
  { pictures, classes }: LabelledSet,
  options: EvaluateOptions = {},
): Promise<MemberScores> {
  const { templates = encoder.model.templates, signal } = options;
  const weights = await zeroShotWeights(encoder, labelInputs(classes), templates, signal ? { signal } : {});
  const features: { position: number; vector: Embedding }[] = [];
  const failed: FailedImage[] = [];
  let total: Seconds = 0;
  for await (const { position, result, seconds } of encodePictures(encoder, pictures, options)) {
    total = sumOfSeconds([total, seconds]);
    if (result instanceof ClipError) failed.push({ image: pictures[position]!.name, error: result });
    else features.push({ position, vector: result });
  }
  return {
    scores: scoresOf(pictures, features, weights, encoder.model),
    positions: features.map(({ position }) => position),
    seconds: total === null ? null : total / Math.max(1, features.length),
    failed,
  };
}

/** Labelled pictures through models one after another: each is opened, asked and closed before the next, so that memory holds one. */
export async function collectMembers<Opened extends Encoder & AsyncDisposable>(
  open: readonly (() => Promise<Opened>)[],
  collect: (encoder: Opened) => Promise<MemberScores>,
): Promise<MemberScores[]> {
  const found: MemberScores[] = [];
  for (const one of open) {
    await using encoder = await one();
    found.push(await collect(encoder));
  }
  return found;
}

/** Scores of the pictures that every model could read. */
export function common(members: readonly MemberScores[]): LabelledScores[] {
  const sets = members.map(({ positions }) => new Set(positions));
  return members.map(({ scores, positions }) =>
    pickScores(
      scores,
      positions.flatMap((position, row) => (sets.every((set) => set.has(position)) ? [row] : [])),
    ),
  );
}
