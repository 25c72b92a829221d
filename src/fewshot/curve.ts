import type { Warning } from "../encoder.js";
import { bootstrapInterval, type Interval } from "../evaluate/statistics.js";
import { logitsOfAll } from "./bulk.js";
import { type FitOptions, fitHead } from "./fit.js";
import { judge, largest } from "./judge.js";
import { products } from "./matrix.js";
import type { MethodName } from "./methods/method.js";
import { countsOf, drawShots, pickShots, type Shots } from "./shots.js";

export interface CurvePoint {
  readonly method: MethodName | "auto";
  /** Pictures a label, at most: those that have fewer have all of theirs. */
  readonly shots: number;
  /** Share right on the pictures that are measured on, mean over the seeds, 0..1. */
  readonly accuracy: number;
  /** 95 %, over pictures and seeds together. */
  readonly interval: Interval;
  /** [seeds] */
  readonly each: readonly number[];
  /** Mean time of fitting, s. */
  readonly seconds: number;
}

export interface Curve {
  /** Share right by the words alone, 0..1. */
  readonly zeroShot: number;
  readonly points: readonly CurvePoint[];
}

export interface CurveOptions extends Pick<FitOptions, "signal" | "onProgress"> {
  readonly methods: readonly (MethodName | "auto")[];
  /** Pictures a label. */
  readonly counts: readonly number[];
  /** Draws of each count: seeds 1, 2, … */
  readonly seeds: number;
  /** Told of counts that no label has (`fewshot.shots`). */
  readonly onWarning?: (warning: Warning) => void;
}

/** Counts as they can be drawn: more than the label with most pictures has is as many as that has, and each is measured once. */
function countsThere(from: Shots, asked: readonly number[], onWarning: CurveOptions["onWarning"]): number[] {
  const most = Math.max(...countsOf(from));
  const more = asked.filter((count) => count > most);
  if (more.length > 0)
    onWarning?.({
      code: "fewshot.shots",
      message: `No label has more than ${most} ${most === 1 ? "picture" : "pictures"} to learn from: ${more.join(", ")} ${more.length === 1 ? "counts" : "count"} as ${most}.`,
    });
  return [...new Set(asked.map((count) => Math.min(count, most)))];
}

/**
 * Pictures to learn from and others to measure on, of the same labels → accuracy by the number of pictures a label. A count that
 * no label has is measured as the largest that one has.
 */
export async function learningCurve(from: Shots, on: Shots, options: CurveOptions): Promise<Curve> {
  const { methods, seeds, signal, onProgress, onWarning } = options;
  const width = on.labels.length;
  const cosines = await products(on.features, on.texts);
  const points: CurvePoint[] = [];
  const counts = countsThere(from, options.counts, onWarning);
  for (const method of methods) {
    for (const count of counts) {
      const each: number[] = [];
      const right: number[] = [];
      let fitting = 0;
      for (let seed = 1; seed <= seeds; seed++) {
        const shots = pickShots(from, drawShots(from.truth, count, seed));
        const start = performance.now();
        const { head, shift } = await fitHead(shots, {
          ...{ method, seed },
          ...(signal ? { signal } : {}),
          ...(onProgress ? { onProgress } : {}),
        });
        fitting += performance.now() - start;
        const logits = await logitsOfAll(head, on.features, cosines, on.logitScale);
        const seen = new Set(shots.truth);
        if (shift > 0) for (let i = 0; i < logits.length; i++) if (seen.has(i % width)) logits[i]! -= shift;
        const hits = Array.from(on.truth, (label, i) =>
          Number(largest(logits.subarray(i * width, (i + 1) * width)) === label),
        );
        right.push(...hits);
        each.push(hits.reduce((sum, hit) => sum + hit, 0) / hits.length);
      }
      points.push({
        ...{ method, shots: count, each },
        accuracy: each.reduce((sum, one) => sum + one, 0) / seeds,
        interval: bootstrapInterval(right),
        seconds: fitting / seeds / 1000,
      });
    }
  }
  return { zeroShot: judge(cosines, on.truth, width).accuracy, points };
}
