/** Share of rows whose true class is among the k best scores; scores [classes], rows of equal order. */
export function topKAccuracy(ranks: ArrayLike<number>, k: number): number {
  if (ranks.length === 0) return 0;
  let found = 0;
  for (let i = 0; i < ranks.length; i++) if (ranks[i]! < k) found += 1;
  return found / ranks.length;
}

/** Place of one score among all, 0 the best; of equal scores the earlier one is before. */
export function rankOf(scores: ArrayLike<number>, index: number): number {
  const own = scores[index]!;
  let rank = 0;
  for (let i = 0; i < scores.length; i++) if (scores[i]! > own || (scores[i] === own && i < index)) rank += 1;
  return rank;
}

/** Mean over the classes that have a picture of their share of right answers (sklearn: balanced accuracy). */
export function meanPerClass(truth: ArrayLike<number>, predicted: ArrayLike<number>): number {
  const counts = new Map<number, { all: number; right: number }>();
  for (let i = 0; i < truth.length; i++) {
    const count = counts.get(truth[i]!) ?? { all: 0, right: 0 };
    counts.set(truth[i]!, count);
    count.all += 1;
    if (truth[i] === predicted[i]) count.right += 1;
  }
  let sum = 0;
  for (const { all, right } of counts.values()) sum += right / all;
  return counts.size === 0 ? 0 : sum / counts.size;
}

/** A class taken for another, and how often. */
export interface Confusion {
  readonly truth: number;
  readonly predicted: number;
  readonly count: number;
}

/** Which class was taken for which other, the most frequent first. */
export function confusions(truth: ArrayLike<number>, predicted: ArrayLike<number>): Confusion[] {
  const counts = new Map<string, { truth: number; predicted: number; count: number }>();
  for (let i = 0; i < truth.length; i++) {
    if (truth[i] === predicted[i]) continue;
    const key = `${truth[i]} ${predicted[i]}`;
    const pair = counts.get(key) ?? { truth: truth[i]!, predicted: predicted[i]!, count: 0 };
    counts.set(key, pair);
    pair.count += 1;
  }
  return [...counts.values()].sort(
    (a, b) => b.count - a.count || a.truth - b.truth || a.predicted - b.predicted,
  );
}

/** An answer: its largest probability, and whether it was right. */
export interface Judged {
  readonly confidence: number;
  readonly right: boolean;
}

/** Answers of about equal confidence. */
export interface ReliabilityBin {
  readonly count: number;
  /** Mean of their largest probabilities. */
  readonly confidence: number;
  /** Share that was right. */
  readonly accuracy: number;
}

/** Bins of the expected calibration error; 15 is the field's custom (Guo et al. 2017, arXiv 1706.04599). */
export const ECE_BINS = 15;

/** Answers in order of confidence; those of equal confidence share what is right of them, so that their order means nothing. */
function inOrder(rows: readonly Judged[]): { readonly confidence: number; readonly right: number }[] {
  const sorted = rows.toSorted((a, b) => a.confidence - b.confidence);
  const shares = new Map<number, { all: number; right: number }>();
  for (const { confidence, right } of sorted) {
    const share = shares.get(confidence) ?? { all: 0, right: 0 };
    shares.set(confidence, share);
    share.all += 1;
    if (right) share.right += 1;
  }
  return sorted.map(({ confidence }) => {
    const { all, right } = shares.get(confidence)!;
    return { confidence, right: right / all };
  });
}

/** Answers in bins: of equal `width`, open below and closed above, or of equal `mass`. Bins without an answer are left out. */
export function reliabilityBins(rows: readonly Judged[], by: "width" | "mass" = "width"): ReliabilityBin[] {
  const bins: { confidence: number; right: number }[][] = Array.from({ length: ECE_BINS }, () => []);
  if (by === "width") {
    for (const row of rows) {
      const bin = Math.min(ECE_BINS - 1, Math.max(0, Math.ceil(row.confidence * ECE_BINS) - 1));
      bins[bin]!.push({ confidence: row.confidence, right: row.right ? 1 : 0 });
    }
  } else {
    const sorted = inOrder(rows);
    // As numpy.array_split: the first bins take one more each where the rows do not divide.
    for (let bin = 0, from = 0; bin < ECE_BINS; bin++) {
      const size = Math.floor(rows.length / ECE_BINS) + (bin < rows.length % ECE_BINS ? 1 : 0);
      bins[bin] = sorted.slice(from, from + size);
      from += size;
    }
  }
  return bins.flatMap((bin) => {
    const count = bin.length;
    if (count === 0) return [];
    const confidence = bin.reduce((sum, row) => sum + row.confidence, 0) / count;
    return [{ count, confidence, accuracy: bin.reduce((sum, { right }) => sum + right, 0) / count }];
  });
}

/**
 * Expected calibration error: mean gap between confidence and accuracy over 15 bins, each weighted by its rows (Guo et
 * al. 2017); bins of equal width, or of equal mass (Nguyen & O'Connor 2015, arXiv 1508.05154). 0 (confidence can be taken
 * at its word) .. 1.
 */
export function expectedCalibrationError(rows: readonly Judged[], by: "width" | "mass" = "width"): number {
  if (rows.length === 0) return 0;
  const gaps = reliabilityBins(rows, by).map(
    ({ count, confidence, accuracy }) => count * Math.abs(confidence - accuracy),
  );
  return gaps.reduce((sum, gap) => sum + gap, 0) / rows.length;
}

/** Σ over labels of (p − 1 for the true one, p for the others)², 0 (sure and right) .. 2 (Brier 1950). */
export function brierOf(probabilities: ArrayLike<number>, truth: number): number {
  let sum = 0;
  for (let i = 0; i < probabilities.length; i++) sum += (probabilities[i]! - (i === truth ? 1 : 0)) ** 2;
  return sum;
}

/** −ln p of the true label; a probability that has become 0 counts as the smallest number. */
export function surprise(probabilities: ArrayLike<number>, truth: number): number {
  return -Math.log(Math.max(probabilities[truth]!, Number.MIN_VALUE));
}

export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return values.length === 0 ? 0 : sum / values.length;
}

/**
 * Area under the receiver operating characteristic: how probable it is that a picture that belongs scores higher than one
 * that does not; ties count half. 0.5 is chance. NaN where either list is empty.
 */
export function auroc(belongs: ArrayLike<number>, strangers: ArrayLike<number>): number {
  const rows = [
    ...Array.from(belongs, (score) => ({ score, own: true })),
    ...Array.from(strangers, (score) => ({ score, own: false })),
  ].sort((a, b) => a.score - b.score);
  let [wins, below] = [0, 0];
  for (let i = 0; i < rows.length; ) {
    let end = i;
    let own = 0;
    for (; end < rows.length && rows[end]!.score === rows[i]!.score; end++) if (rows[end]!.own) own += 1;
    const others = end - i - own;
    wins += own * (below + others / 2);
    below += others;
    i = end;
  }
  return wins / (belongs.length * strangers.length);
}

/** Share of strangers that are taken in by the highest threshold that keeps at least 95 % of those that belong (FPR@95). */
export function falsePositivesAt95(belongs: ArrayLike<number>, strangers: ArrayLike<number>): number {
  const sorted = Array.from(belongs).sort((a, b) => b - a);
  const threshold = sorted[Math.ceil(0.95 * sorted.length) - 1];
  if (threshold === undefined || strangers.length === 0) return Number.NaN;
  return Array.from(strangers).filter((score) => score >= threshold).length / strangers.length;
}
