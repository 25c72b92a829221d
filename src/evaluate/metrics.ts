/** Share of rows whose true class is among the k best scores; scores [classes], rows of equal order. */
export function topKAccuracy(ranks: readonly number[], k: number): number {
  if (ranks.length === 0) return 0;
  return ranks.filter((rank) => rank < k).length / ranks.length;
}

/** Place of one score among all, 0 the best; of equal scores the earlier one is before. */
export function rankOf(scores: ArrayLike<number>, index: number): number {
  const own = scores[index]!;
  let rank = 0;
  for (let i = 0; i < scores.length; i++) if (scores[i]! > own || (scores[i] === own && i < index)) rank += 1;
  return rank;
}

/** Bins of the expected calibration error; 15 is the field's custom (Guo et al. 2017, arXiv 1706.04599). */
const ECE_BINS = 15;

/**
 * Expected calibration error: mean gap between confidence and accuracy over 15 bins of equal width, each weighted by
 * its rows (Guo et al. 2017). 0 (confidence can be taken at its word) .. 1.
 */
export function expectedCalibrationError(
  rows: readonly { readonly confidence: number; readonly right: boolean }[],
): number {
  const bins = Array.from({ length: ECE_BINS }, () => ({ confidence: 0, right: 0 }));
  for (const { confidence, right } of rows) {
    // Bins are open below and closed above, so that a confidence of 1 falls into the last.
    const bin = bins[Math.min(ECE_BINS - 1, Math.max(0, Math.ceil(confidence * ECE_BINS) - 1))]!;
    bin.confidence += confidence;
    bin.right += right ? 1 : 0;
  }
  const gap = bins.reduce((sum, bin) => sum + Math.abs(bin.confidence - bin.right), 0);
  return rows.length === 0 ? 0 : gap / rows.length;
}
