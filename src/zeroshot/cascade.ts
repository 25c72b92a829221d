import { ClipError } from "../errors.js";
import { probabilitiesOf, type TemperatureCalibration } from "./confidence/calibration.js";
import { checkSamePictures, fitMembers, MOST_MEMBERS } from "./ensemble.js";
import { type LabelledScores, rowOf } from "./scores.js";

/** Models in order of cost: each answers where it is sure enough, else the next one does. */
export interface FittedCascade {
  /** [models] */
  readonly calibrations: readonly TemperatureCalibration[];
  /** [models − 1] least largest probability with which a model answers; above 1 it never does. */
  readonly thresholds: readonly number[];
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
    `Expected 2 to ${MOST_MEMBERS} models and a threshold from 0 to ${NEVER} for each but the last but received ${models} models and ${JSON.stringify(thresholds).slice(0, 80)}.`,
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
 * stays within `drop` (0..1) of the best model's, here and with every higher threshold. Of more than two models each
 * stage may lose its part of the drop. Raises `calibrate.*`, `usage.ensemble`.
 */
export function fitCascade(models: readonly LabelledScores[], drop = DEFAULT_DROP): FittedCascade {
  if (!(Number.isFinite(drop) && drop >= 0 && drop < 1)) {
    throw new ClipError("usage.ensemble", `Expected a drop from 0 to below 1 but received ${drop}.`);
  }
  checkThresholds(models.length, new Array<number>(Math.max(0, models.length - 1)).fill(0));
  checkSamePictures(models);
  const calibrations = fitMembers(models);
  const said = models.map((scores, m) => saidBy(scores, calibrations[m]!));
  const { truth } = models[0]!;
  const rights = said.map(({ label }) => label.map((one, i) => (one === truth[i] ? 1 : 0)));
  const best = Math.max(...rights.map(total));
  const stages = models.length - 1;
  const thresholds = new Array<number>(stages).fill(NEVER);
  let after = rights[stages]!;
  for (let stage = stages - 1; stage >= 0; stage--) {
    const least = best - drop * truth.length * ((stages - stage) / stages);
    thresholds[stage] = lowestThreshold(said[stage]!.confidence, rights[stage]!, after, least);
    after = after.map((right, i) =>
      said[stage]!.confidence[i]! >= thresholds[stage]! ? rights[stage]![i]! : right,
    );
  }
  return { calibrations, thresholds };
}

function total(rights: Int32Array): number {
  return rights.reduce((sum, right) => sum + right, 0);
}

/** From the surest answers on: as long as enough are right with the cheap model's answers in place of the next one's. */
function lowestThreshold(
  confidence: Float64Array,
  cheap: Int32Array,
  next: Int32Array,
  least: number,
): number {
  const order = Array.from(confidence, (_, i) => i).sort((a, b) => confidence[b]! - confidence[a]!);
  let right = total(next);
  let threshold = NEVER;
  for (let at = 0; at < order.length; ) {
    const level = confidence[order[at]!]!;
    // Answers of equal confidence pass together.
    for (; at < order.length && confidence[order[at]!] === level; at++) {
      right += cheap[order[at]!]! - next[order[at]!]!;
    }
    if (right < least) break;
    threshold = level;
  }
  return threshold;
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

/** Pictures that each model saw and its seconds a picture → share of the last model's time that is saved; below 0 where more is spent. */
export function savedTime(seen: readonly number[], secondsEach: readonly number[]): number {
  const spent = seen.reduce((sum, count, m) => sum + count * secondsEach[m]!, 0);
  return 1 - spent / (seen[0]! * secondsEach.at(-1)!);
}
