import { ClipError } from "../errors.js";
import {
  boundOf,
  DEFAULT_CONFIDENCE,
  type Discordant,
  dropOf,
  errorsFor,
  picturesFor,
} from "./cascade-bound.js";
import { probabilitiesOf, type TemperatureCalibration } from "./confidence/calibration.js";
import { checkSamePictures, fitMembers, MOST_MEMBERS } from "./ensemble.js";
import { type LabelledScores, rowOf } from "./scores.js";

/** Models in order of cost: each answers where it is sure enough, else the next one does. */
export interface FittedCascade {
  /** [models] */
  readonly calibrations: readonly TemperatureCalibration[];
  /** [models − 1] least largest probability with which a model answers; above 1 it never does. */
  readonly thresholds: readonly number[];
  /** Share of right answers that is lost against the best model, on the pictures that this was fitted on. */
  readonly drop: number;
  /** What that is at most on other pictures of the same kind, with `confidence`. */
  readonly bound: number;
  readonly confidence: number;
  /** Pictures with which a model before the last might answer a quarter or more; absent where these are enough, or none would be. */
  readonly needed?: number;
}

export interface FitCascadeOptions {
  /** Share of right answers that may be lost against the best model, 0..1; default half a point. */
  readonly drop?: number;
  /** How sure that is to hold on other pictures, 0.5..0.999; default 0.9. 0.5: that it holds on these. */
  readonly confidence?: number;
}

/** A threshold that no probability reaches. */
const NEVER = 2;

/** Default of the accuracy that may be lost against the best model: half a point. */
export const DEFAULT_DROP = 0.005;

/** Raises `usage.ensemble` where they do not fit the models. */
export function checkThresholds(models: number, thresholds: readonly number[]): void {
  const fine = thresholds.every((threshold) => threshold >= 0 && threshold <= NEVER);
  if (models >= 2 && models <= MOST_MEMBERS && fine && thresholds.length === models - 1) return;
  throw new ClipError(
    "usage.ensemble",
    `Expected 2 to ${MOST_MEMBERS} models and a threshold from 0 to ${NEVER} for each but the last but received ${models} models and [${thresholds.join(", ").slice(0, 80)}].`,
  );
}

/** What each model says of each picture, [pictures] each. */
interface Said {
  readonly label: Int32Array;
  readonly confidence: Float64Array;
}

function saidBy(scores: LabelledScores, calibration: TemperatureCalibration): Said {
  const n = scores.truth.length;
  const said = { label: new Int32Array(n), confidence: new Float64Array(n) };
  for (let i = 0; i < n; i++) {
    const row = probabilitiesOf(rowOf(scores, i), calibration);
    let best = 0;
    for (let k = 1; k < row.length; k++) if (row[k]! > row[best]!) best = k;
    said.label[i] = best;
    said.confidence[i] = row[best]!;
  }
  return said;
}

/**
 * Scores of the same pictures by each model, the cheapest first → the lowest thresholds with which the share of right answers
 * that is lost against the best model is at most `drop`, with `confidence` and with every higher threshold too (thresholds
 * that are tried in order, until one fails, need no correction for their number: Angelopoulos et al. 2021, Learn then Test).
 * Of more than two models each stage may lose its part of the drop. Raises `calibrate.*`, `usage.ensemble`.
 */
export function fitCascade(
  models: readonly LabelledScores[],
  { drop = DEFAULT_DROP, confidence = DEFAULT_CONFIDENCE }: FitCascadeOptions = {},
): FittedCascade {
  if (!(Number.isFinite(drop) && drop >= 0 && drop < 1)) {
    throw new ClipError("usage.ensemble", `Expected a drop from 0 to below 1 but received ${drop}.`);
  }
  const errors = errorsFor(confidence);
  checkThresholds(models.length, new Array<number>(Math.max(0, models.length - 1)).fill(0));
  checkSamePictures(models);
  const calibrations = fitMembers(models);
  const said = models.map((scores, m) => saidBy(scores, calibrations[m]!));
  const { truth } = models[0]!;
  const rights = said.map(({ label }) => label.map((one, i) => (one === truth[i] ? 1 : 0)));
  const totals = rights.map(total);
  const best = rights[totals.lastIndexOf(Math.max(...totals))]!;
  const stages = models.length - 1;
  const thresholds = new Array<number>(stages).fill(NEVER);
  let after = rights[stages]!;
  let needed = Number.POSITIVE_INFINITY;
  for (let stage = stages - 1; stage >= 0; stage--) {
    const allowed = { drop: drop * ((stages - stage) / stages), errors };
    const { confidence: sure } = said[stage]!;
    const found = lowestThreshold(sure, rights[stage]!, after, best, allowed);
    thresholds[stage] = found.threshold;
    needed = Math.min(needed, found.needed);
    if (found.threshold === NEVER) continue;
    if (found.threshold === 0) {
      after = rights[stage]!;
      continue;
    }
    after = after.map((right, i) => (sure[i]! >= found.threshold ? rights[stage]![i]! : right));
  }
  const counts = discordant(best, after);
  return {
    calibrations,
    thresholds,
    drop: dropOf(counts),
    // The best model alone loses nothing to itself.
    bound: after === best ? 0 : boundOf(counts, errors),
    confidence,
    ...(needed > truth.length && Number.isFinite(needed) ? { needed: Math.ceil(needed) } : {}),
  };
}

function total(rights: Int32Array): number {
  return rights.reduce((sum, right) => sum + right, 0);
}

function discordant(best: Int32Array, other: Int32Array): Discordant {
  const differ = (more: Int32Array, less: Int32Array): number =>
    more.reduce((sum, right, i) => sum + (right > less[i]! ? 1 : 0), 0);
  return { pictures: best.length, lost: differ(best, other), won: differ(other, best) };
}

/**
 * From the surest answers on: as long as few enough are lost with the cheap model's answers in place of the next one's.
 * `needed`: pictures with which the cheap model might answer a quarter of them or more.
 */
function lowestThreshold(
  confidence: Float64Array,
  cheap: Int32Array,
  next: Int32Array,
  best: Int32Array,
  { drop, errors }: { readonly drop: number; readonly errors: number },
): { threshold: number; needed: number } {
  // Nothing is lost by asking the best model alone.
  if (cheap === best) return { threshold: 0, needed: best.length };
  const order = Array.from(confidence, (_, i) => i).sort((a, b) => confidence[b]! - confidence[a]!);
  const { pictures, ...start } = discordant(best, next);
  let { lost, won } = start;
  let threshold = NEVER;
  let kept = true;
  let needed = Number.POSITIVE_INFINITY;
  for (let at = 0; at < order.length; ) {
    const level = confidence[order[at]!]!;
    // Answers of equal confidence pass together.
    for (; at < order.length && confidence[order[at]!] === level; at++) {
      const i = order[at]!;
      lost += (best[i]! > cheap[i]! ? 1 : 0) - (best[i]! > next[i]! ? 1 : 0);
      won += (cheap[i]! > best[i]! ? 1 : 0) - (next[i]! > best[i]! ? 1 : 0);
    }
    const counts = { pictures, lost, won };
    kept &&= boundOf(counts, errors) <= drop;
    if (kept) threshold = level;
    if (4 * at >= order.length) needed = Math.min(needed, picturesFor(counts, errors, drop));
  }
  return { threshold, needed };
}

/** What a cascade does with pictures whose answers by every model are known. */
export interface CascadeRun {
  /** [pictures] which model answered. */
  readonly answeredBy: Int32Array;
  /** [pictures] position of the label that was answered. */
  readonly label: Int32Array;
  /** [models] pictures that each of them saw. */
  readonly seen: readonly number[];
}

/** Scores of the same pictures by each model → what the cascade answers. Raises `calibrate.scores`. */
export function runCascade(
  models: readonly LabelledScores[],
  { calibrations, thresholds }: FittedCascade,
): CascadeRun {
  checkSamePictures(models);
  const said = models.map((scores, m) => saidBy(scores, calibrations[m]!));
  const n = models[0]!.truth.length;
  const [answeredBy, label] = [new Int32Array(n), new Int32Array(n)];
  const seen = models.map(() => 0);
  for (let i = 0; i < n; i++) {
    let m = 0;
    seen[0]! += 1;
    while (m < thresholds.length && said[m]!.confidence[i]! < thresholds[m]!) seen[++m]! += 1;
    answeredBy[i] = m;
    label[i] = said[m]!.label[i]!;
  }
  return { answeredBy, label, seen };
}

/**
 * Pictures that each model saw and its seconds a picture → share of the last model's time that is saved; below 0 where more is
 * spent, null where a model's time is not known.
 */
export function savedTime(seen: readonly number[], secondsEach: readonly (number | null)[]): number | null {
  const known = secondsEach.flatMap((seconds) => (seconds === null ? [] : [seconds]));
  if (known.length < secondsEach.length) return null;
  const spent = seen.reduce((sum, count, m) => sum + count * known[m]!, 0);
  return 1 - spent / (seen[0]! * known.at(-1)!);
}
