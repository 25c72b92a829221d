import { ClipError } from "../../errors.js";
import { seeded } from "../../math/random.js";

/**
 * How far a label is from conforming. `lac`: 1 − p (Sadinle et al. 2019, arXiv 1609.00451): the smallest sets on average.
 * `aps`: probability of all labels down to it (Romano et al. 2020, arXiv 2006.02544): larger sets for harder pictures.
 * `raps`: the same with a price on long sets (Angelopoulos et al. 2021, arXiv 2009.14193).
 */
export const CONFORMAL_SCORES = ["lac", "aps", "raps"] as const;
export type ConformalScore = (typeof CONFORMAL_SCORES)[number];

/** Price of each label beyond the first `FREE` in `raps`; the paper's λ and k_reg of its ImageNet table. */
const PRICE = 0.01;
const FREE = 5;

/** What calibration pictures' true labels scored: from it the threshold of any coverage follows. */
export interface Conformal {
  readonly score: ConformalScore;
  /** Sorted, rising. */
  readonly scores: readonly number[];
  /** The same label by label, for class-conditional sets. */
  readonly perLabel?: Readonly<Record<string, readonly number[]>>;
}

/** Scores of true labels kept: beyond this a threshold no longer gets sharper by a hundredth of a point. */
const MOST_SCORES = 10_000;

export interface ConformalOptions {
  readonly score?: ConformalScore;
  /** Also a threshold a label, so that each label by itself is covered. */
  readonly perLabel?: boolean;
  /** Of the draws that `aps` and `raps` break ties with. Default 1. */
  readonly seed?: number;
}

/** Probabilities [n][labels] of calibration pictures and the positions of their labels → what thresholds are taken from. */
export function fitConformal(
  rows: readonly (readonly number[])[],
  truth: ArrayLike<number>,
  labels: readonly string[],
  options: ConformalOptions = {},
): Conformal {
  const { score = "lac", perLabel = false, seed = 1 } = options;
  const random = seeded(seed);
  const all: { label: number; value: number }[] = [];
  for (const [i, row] of rows.entries()) {
    const label = truth[i]!;
    all.push({ label, value: scoresOf(row, score, random())[label]! });
  }
  const kept =
    all.length > MOST_SCORES ? all.filter((_, i) => (i * MOST_SCORES) % all.length < MOST_SCORES) : all;
  const sorted = (values: readonly { value: number }[]): number[] =>
    values.map(({ value }) => value).sort((a, b) => a - b);
  if (!perLabel) return { score, scores: sorted(kept) };
  const own = (position: number): number[] => sorted(all.filter(({ label }) => label === position));
  return {
    score,
    scores: sorted(kept),
    perLabel: Object.fromEntries(labels.map((label, position) => [label, own(position)])),
  };
}

/** Pictures that a coverage needs at least: below, no threshold short of "every label" can promise it. */
export function leastPictures(coverage: number): number {
  return Math.ceil(coverage / (1 - coverage) - 1e-9);
}

/** The ⌈(n + 1) · coverage⌉-th smallest score (Vovk et al. 2005). Raises `calibrate.coverage` with too few pictures. */
function threshold(scores: readonly number[], coverage: number, what: string): number {
  const rank = Math.ceil((scores.length + 1) * coverage - 1e-9);
  if (rank > scores.length) {
    throw new ClipError(
      "calibrate.coverage",
      `Expected at least ${leastPictures(coverage)} calibration pictures${what} for a coverage of ${coverage} but there are ${scores.length}.`,
    );
  }
  return scores[rank - 1]!;
}

/** Checked coverage: above 0, below 1. Raises `calibrate.coverage`. */
export function checkCoverage(coverage: number): number {
  if (coverage > 0 && coverage < 1) return coverage;
  throw new ClipError("calibrate.coverage", `Expected a coverage between 0 and 1 but received ${coverage}.`);
}

/** Chooses labels for pictures at one coverage. */
export interface ConformalSets {
  /**
   * Probabilities [labels] → positions of the set's labels, most probable first; never empty. `draw` in [0, 1) decides on
   * the last label of `aps` and `raps`; 1 (default) keeps it, which covers a little more.
   */
  of(probabilities: readonly number[], draw?: number): number[];
}

/**
 * Sets that hold the true label for at least `coverage` of pictures like those of calibration (split conformal
 * prediction, Vovk et al. 2005). The most probable label is always in it, which only adds coverage: a set without what is
 * answered would contradict it.
 * Raises `calibrate.coverage`.
 */
export function conformalSets(
  conformal: Conformal,
  coverage: number,
  labels: readonly string[],
  perLabel = false,
): ConformalSets {
  checkCoverage(coverage);
  const limits = perLabel ? labelLimits(conformal, coverage, labels) : undefined;
  const limit = limits ? 0 : threshold(conformal.scores, coverage, "");
  return {
    of(probabilities, draw = 1) {
      const scores = scoresOf(probabilities, conformal.score, draw);
      const order = byProbability(probabilities);
      return order.filter((label, rank) => rank === 0 || scores[label]! <= (limits?.[label] ?? limit));
    },
  };
}

function labelLimits(conformal: Conformal, coverage: number, labels: readonly string[]): number[] {
  const { perLabel } = conformal;
  if (!perLabel) {
    throw new ClipError(
      "calibrate.coverage",
      "Expected a calibration with a threshold for each label (calibrate --per-label) but it has one for all.",
    );
  }
  return labels.map((label) => threshold(perLabel[label] ?? [], coverage, ` of ${JSON.stringify(label)}`));
}

function byProbability(probabilities: readonly number[]): number[] {
  return probabilities.map((_, i) => i).sort((a, b) => probabilities[b]! - probabilities[a]! || a - b);
}

/** How little each label conforms; `draw` is how much of the label's own probability counts in `aps`, 0..1. */
function scoresOf(probabilities: readonly number[], score: ConformalScore, draw: number): Float64Array {
  const out = new Float64Array(probabilities.length);
  if (score === "lac") {
    for (const [i, p] of probabilities.entries()) out[i] = 1 - p;
    return out;
  }
  let before = 0;
  for (const [rank, label] of byProbability(probabilities).entries()) {
    const p = probabilities[label]!;
    out[label] = before + draw * p + (score === "raps" ? PRICE * Math.max(0, rank + 1 - FREE) : 0);
    before += p;
  }
  return out;
}
