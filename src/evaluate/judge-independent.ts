import {
  type IndependentLabels,
  judgeIndependently,
  type MultiLabelScores,
} from "../zeroshot/confidence/independent.js";
import { mean } from "./metrics.js";

/** How well labels that are judged each by itself hold; shares 0..1. */
export interface IndependentFigures {
  /** Mean over labels of the average precision of pictures in the order of their cosines; labels that never hold are left out. */
  readonly meanAveragePrecision: number;
  /** Of all pairs of picture and label together. */
  readonly microF1: number;
  /** Mean over labels; of one that neither holds nor is said to, 1. */
  readonly macroF1: number;
  /** Share of pictures for which exactly the right labels are said to hold. */
  readonly exact: number;
}

/** One label's share in them. */
export interface IndependentLabelFigures {
  readonly label: string;
  /** Pictures for which it holds. */
  readonly images: number;
  readonly averagePrecision: number | null;
  readonly f1: number;
  readonly threshold: number;
}

interface Counts {
  hits: number;
  said: number;
  holding: number;
}

function f1({ hits, said, holding }: Counts): number {
  return said + holding === 0 ? 1 : (2 * hits) / (said + holding);
}

/** Average precision: the mean, over the pictures that hold, of the share of holding ones down to each; ties count against. */
export function averagePrecision(cosines: Float32Array, holds: Uint8Array): number | null {
  const falling = Uint32Array.from(cosines, (_, i) => i).sort(
    (a, b) => cosines[b]! - cosines[a]! || holds[a]! - holds[b]!,
  );
  let hits = 0;
  let sum = 0;
  for (const [place, i] of falling.entries()) {
    if (!holds[i]) continue;
    hits += 1;
    sum += hits / (place + 1);
  }
  return hits === 0 ? null : sum / hits;
}

/** Pictures with their labels, and how each label is judged → figures. */
export function judgeIndependent(
  { labels, similarities, truth }: MultiLabelScores,
  fitted: IndependentLabels,
): { figures: IndependentFigures; labels: IndependentLabelFigures[] } {
  const width = labels.length;
  const pictures = truth.length / width;
  const counts = labels.map((): Counts => ({ hits: 0, said: 0, holding: 0 }));
  let exact = 0;
  for (let p = 0; p < pictures; p++) {
    const said = new Set(
      judgeIndependently(similarities.subarray(p * width, (p + 1) * width), fitted)
        .filter(({ holds }) => holds)
        .map(({ label }) => label),
    );
    let right = true;
    for (const [l, label] of labels.entries()) {
      const [holds, says] = [truth[p * width + l] === 1, said.has(label)];
      const count = counts[l]!;
      count.holding += Number(holds);
      count.said += Number(says);
      count.hits += Number(holds && says);
      right &&= holds === says;
    }
    exact += Number(right);
  }
  const precisions = labels.map((_, l) =>
    averagePrecision(columnOf(similarities, l, width), columnOf(truth, l, width)),
  );
  const all = counts.reduce<Counts>(
    (sum, { hits, said, holding }) => ({
      hits: sum.hits + hits,
      said: sum.said + said,
      holding: sum.holding + holding,
    }),
    { hits: 0, said: 0, holding: 0 },
  );
  return {
    figures: {
      meanAveragePrecision: mean(precisions.filter((one) => one !== null)),
      microF1: f1(all),
      macroF1: mean(counts.map(f1)),
      exact: exact / pictures,
    },
    labels: labels.map((label, l) => ({
      label,
      images: counts[l]!.holding,
      averagePrecision: precisions[l]!,
      f1: f1(counts[l]!),
      threshold: fitted.thresholds[l]!,
    })),
  };
}

function columnOf<T extends Float32Array | Uint8Array>(values: T, column: number, width: number): T {
  return values.filter((_, i) => i % width === column) as T;
}
