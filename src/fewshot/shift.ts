import { logitsOfAll } from "./bulk.js";
import type { Head } from "./head.js";
import { largest } from "./judge.js";
import { pickRows } from "./rows.js";
import { pickShots, type Shots, seenLabels, shuffled } from "./shots.js";

/** Parts in which labels with pictures act as labels without. */
const PARTS = 4;
/** Shifts that are tried, in units of the spread of logits. */
const STEPS = 80;

/**
 * How much less labels with pictures should count, so that those without are still chosen: calibrated stacking (Chao et al.
 * 2016, arXiv 1605.04253). Labels leave their pictures in turn, a head is trained without them, and the shift with the largest
 * harmonic mean of both accuracies is taken. 0 where fewer than two labels have pictures.
 */
export async function fitShift(
  shots: Shots,
  cosines: Float32Array,
  heldOut: Float32Array,
  train: (shots: Shots) => Promise<Head>,
  seed: number,
): Promise<number> {
  const seen = seenLabels(shots);
  if (seen.length < 2) return 0;
  const width = shots.labels.length;
  const order = shuffled(seen.length, seed).map((i) => seen[i]!);
  const parts = Math.min(PARTS, seen.length);
  const without: {
    readonly logits: Float32Array;
    readonly label: number;
    readonly seen: ReadonlySet<number>;
  }[] = [];
  for (let part = 0; part < parts; part++) {
    const gone = new Set(order.filter((_, i) => i % parts === part));
    const rest: number[] = [];
    const out: number[] = [];
    for (const [i, label] of shots.truth.entries()) (gone.has(label) ? out : rest).push(i);
    const head = await train(pickShots(shots, rest));
    const logits = await logitsOfAll(
      head,
      out.map((i) => shots.features[i]!),
      pickRows(cosines, width, out),
      shots.logitScale,
    );
    const others = new Set(seen.filter((label) => !gone.has(label)));
    for (const [to, i] of out.entries())
      without.push({
        logits: logits.subarray(to * width, (to + 1) * width),
        label: shots.truth[i]!,
        seen: others,
      });
  }
  const all = new Set(seen);
  const within = Array.from(shots.truth, (label, i) => ({
    logits: heldOut.subarray(i * width, (i + 1) * width),
    label,
    seen: all,
  }));
  const most = spread(within.map(({ logits }) => logits));
  let best = 0;
  let highest = -1;
  for (let step = 0; step <= STEPS; step++) {
    const shift = (most * step) / STEPS;
    const [a, b] = [accuracyOf(within, shift), accuracyOf(without, shift)];
    const mean = a + b > 0 ? (2 * a * b) / (a + b) : 0;
    if (mean > highest) [best, highest] = [shift, mean];
  }
  return best;
}

function accuracyOf(
  rows: readonly {
    readonly logits: Float32Array;
    readonly label: number;
    readonly seen: ReadonlySet<number>;
  }[],
  shift: number,
): number {
  const right = rows.filter(
    ({ logits, label, seen }) => largest(logits.map((x, k) => (seen.has(k) ? x - shift : x))) === label,
  );
  return right.length / Math.max(1, rows.length);
}

/** Largest difference of a picture's best and middle logits: no shift needs more. */
function spread(rows: readonly Float32Array[]): number {
  return rows.reduce((most, row) => {
    const sorted = row.toSorted();
    return Math.max(most, sorted.at(-1)! - sorted[Math.floor(sorted.length / 2)]!);
  }, 0);
}
