// Figures of yes-and-no questions: plain, with their ranges.

export const mean = (values) => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

/** Wilson's 95 % interval of a share: `right` of `all`. */
export function wilson(right, all) {
  if (all === 0) return { low: 0, high: 1 };
  const z = 1.959964;
  const share = right / all;
  const middle = (share + (z * z) / (2 * all)) / (1 + (z * z) / all);
  const half = (z * Math.sqrt((share * (1 - share)) / all + (z * z) / (4 * all * all))) / (1 + (z * z) / all);
  return { low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}

/** Scores and whether each is a case (1) or not (0) → area under the ROC: how often a case has the higher score. */
export function auroc(scores, cases) {
  const order = [...scores.keys()].sort((a, b) => scores[a] - scores[b]);
  let rank = 0;
  let sum = 0;
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to < order.length && scores[order[to]] === scores[order[from]]) to += 1;
    // Equal scores share their ranks.
    rank = (from + 1 + to) / 2;
    for (let i = from; i < to; i++) if (cases[order[i]]) sum += rank;
    from = to;
  }
  const positive = cases.filter(Boolean).length;
  const negative = cases.length - positive;
  return positive && negative ? (sum - (positive * (positive + 1)) / 2) / (positive * negative) : Number.NaN;
}

/** Average precision: mean of the share of cases among all that score at least as high, over the cases. */
export function averagePrecision(scores, cases) {
  const order = [...scores.keys()].sort((a, b) => scores[b] - scores[a] || a - b);
  let found = 0;
  let sum = 0;
  for (const [place, i] of order.entries()) {
    if (!cases[i]) continue;
    found += 1;
    sum += found / (place + 1);
  }
  return found === 0 ? Number.NaN : sum / found;
}

/** Points of the ROC: of each threshold the share of cases found (sensitivity) at the share of others taken for cases. */
export function roc(scores, cases) {
  const order = [...scores.keys()].sort((a, b) => scores[b] - scores[a]);
  const [positive, negative] = [cases.filter(Boolean).length, cases.filter((one) => !one).length];
  const points = [{ false: 0, found: 0 }];
  let [hits, misses] = [0, 0];
  for (const [place, i] of order.entries()) {
    if (cases[i]) hits += 1;
    else misses += 1;
    if (scores[order[place + 1]] !== scores[i])
      points.push({ false: misses / negative, found: hits / positive });
  }
  return points;
}

/** Largest share of cases that is found while at most `most` of the others are taken for cases. */
export const foundAt = (points, most) =>
  Math.max(...points.filter((point) => point.false <= most + 1e-9).map(({ found }) => found));

/** Expected calibration error, 10 bins of equal width: [n] confidences and whether they were right. */
export function calibrationError(confidences, right) {
  let error = 0;
  for (let bin = 0; bin < 10; bin++) {
    const inside = [...confidences.keys()].filter(
      (i) => Math.min(9, Math.floor(10 * confidences[i])) === bin,
    );
    if (inside.length === 0) continue;
    const gap = mean(inside.map((i) => confidences[i])) - mean(inside.map((i) => Number(right[i])));
    error += (inside.length / confidences.length) * Math.abs(gap);
  }
  return error;
}

/** Softmax regression by gradient descent with a penalty, from standardised numbers: [n][width] → a function of one row to probabilities. */
export function logisticRegression(rows, truth, classes, { steps = 300, rate = 0.1, penalty = 0.01 } = {}) {
  const width = rows[0].length;
  const middle = Array.from({ length: width }, (_, d) => mean(rows.map((row) => row[d])));
  const spread = middle.map((m, d) => Math.sqrt(mean(rows.map((row) => (row[d] - m) ** 2))) || 1);
  const scaled = (row) => row.map((x, d) => (x - middle[d]) / spread[d]);
  const inputs = rows.map(scaled);
  const weights = Array.from({ length: classes }, () => new Float64Array(width));
  const bias = new Float64Array(classes);
  const answer = (row) => {
    const logits = weights.map((own, k) => own.reduce((sum, w, d) => sum + w * row[d], bias[k]));
    const most = Math.max(...logits);
    const powers = logits.map((x) => Math.exp(x - most));
    const total = powers.reduce((sum, x) => sum + x, 0);
    return powers.map((x) => x / total);
  };
  for (let step = 0; step < steps; step++) {
    const slopes = weights.map((own) => own.map((w) => penalty * w));
    const lift = new Float64Array(classes);
    for (const [i, row] of inputs.entries()) {
      for (const [k, p] of answer(row).entries()) {
        const off = (p - Number(truth[i] === k)) / inputs.length;
        lift[k] += off;
        for (let d = 0; d < width; d++) slopes[k][d] += off * row[d];
      }
    }
    for (let k = 0; k < classes; k++) {
      bias[k] -= rate * lift[k];
      for (let d = 0; d < width; d++) weights[k][d] -= rate * slopes[k][d];
    }
  }
  return (row) => answer(scaled(row));
}
