import { setImmediate as breathe } from "node:timers/promises";
import { throwIfAborted } from "../errors.js";
import { type Matrix, matrix } from "./matrix.js";

/** Steps after which the process is let do other things. */
const BREATH = 4;

/** Values of a parameter and how many rows it has. */
export interface Parameter {
  readonly values: Float32Array;
  readonly rows: number;
}

/** Value and gradients at a point; it takes the matrices over. */
export type Slope = (parameters: Matrix[]) => [Matrix, Matrix[]];

export interface TrainOptions {
  readonly steps: number;
  /** Largest step of a value; it falls to nothing along a cosine (arXiv 1608.03983). */
  readonly rate: number;
  readonly signal?: AbortSignal | undefined;
  /** Told after each step; what it returns false for ends the training. */
  readonly onStep?:
    | ((done: number, parameters: readonly Float32Array[]) => Promise<boolean | undefined>)
    | undefined;
}

/** Adam with its authors' constants (Kingma & Ba 2015, arXiv 1412.6980), on all pictures at once: the same each time. */
export async function adam(
  start: readonly Parameter[],
  slope: Slope,
  { steps, rate, signal, onStep }: TrainOptions,
): Promise<Float32Array[]> {
  const [B1, B2, EPSILON] = [0.9, 0.999, 1e-8];
  const values = start.map((one) => one.values.slice());
  const first = values.map((one) => new Float32Array(one.length));
  const second = values.map((one) => new Float32Array(one.length));
  for (let step = 1; step <= steps; step++) {
    // Steps come one after the other without a pause: signals and other work would wait for the last.
    if (step % BREATH === 0) await breathe();
    throwIfAborted(signal);
    const [loss, gradients] = slope(start.map(({ rows }, p) => matrix(values[p]!.slice(), rows)));
    loss.dispose();
    const now = rate * 0.5 * (1 + Math.cos((Math.PI * (step - 1)) / steps));
    for (const [p, gradient] of gradients.entries()) {
      const slopes = (await gradient.data()) as Float32Array;
      const [value, m, v] = [values[p]!, first[p]!, second[p]!];
      for (let i = 0; i < value.length; i++) {
        m[i] = B1 * m[i]! + (1 - B1) * slopes[i]!;
        v[i] = B2 * v[i]! + (1 - B2) * slopes[i]! * slopes[i]!;
        value[i]! -= (now * (m[i]! / (1 - B1 ** step))) / (Math.sqrt(v[i]! / (1 - B2 ** step)) + EPSILON);
      }
    }
    if ((await onStep?.(step, values)) === false) break;
  }
  return values;
}
