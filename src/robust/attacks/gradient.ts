import { throwIfAborted } from "../../errors.js";
import { seeded } from "../../math/random.js";
import { joined } from "../arrays.js";
import { marginsOf, type Slopes } from "../victim.js";
import { type Budget, climb, project, scatter } from "./ball.js";

export interface AttackOptions extends Budget {
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
  /** After each step, or query, of an attack that has many. */
  readonly onStep?: () => void;
}

/** Pictures to be attacked. */
export interface Prey {
  /** f32 [n, size, size, 3], 0..255 */
  readonly pixels: Float32Array;
  /** Position of each picture's label. */
  readonly truth: readonly number[];
}

/**
 * One step of the whole budget up the gradient: FGSM (Goodfellow et al. 2015, arXiv 1412.6572). Returns the changed pixels.
 */
export async function fgsm(slopes: Slopes, prey: Prey, options: AttackOptions): Promise<Float32Array> {
  const { pixels, truth } = prey;
  const each = pixels.length / truth.length;
  const { gradient } = await slopes(pixels, truth, options.seed);
  const changed = pixels.slice();
  climb(changed, gradient, each, options.norm, options.epsilon);
  project(changed, pixels, each, options);
  return changed;
}

/** A step is this share of the budget, divided by the number of steps (Madry et al. 2018, section 5). */
const REACH = 2.5;

export interface PgdOptions extends AttackOptions {
  readonly steps: number;
  /**
   * Every step is taken and the last place counts: a fooled answer is not enough where answers are drawn by chance, or where a detector
   * is to be fooled, too.
   */
  readonly toTheEnd?: boolean;
}

/**
 * Many small steps from a place drawn by chance: PGD (Madry et al. 2018, arXiv 1706.06083). A picture that was fooled on the way stays
 * where it was. Returns the changed pixels.
 */
export async function pgd(
  slopes: Slopes,
  { pixels, truth }: Prey,
  { steps, toTheEnd = false, onStep, ...options }: PgdOptions,
): Promise<Float32Array> {
  const each = pixels.length / truth.length;
  const of = (all: Float32Array, i: number): Float32Array => all.subarray(i * each, (i + 1) * each);
  const changed = pixels.slice();
  scatter(changed, each, options, seeded(options.seed));
  project(changed, pixels, each, options);
  let open = truth.map((_, i) => i);
  for (let step = 0; step < steps && open.length > 0; step++) {
    throwIfAborted(options.signal);
    const labels = open.map((i) => truth[i]!);
    const shown = joined(open.map((i) => of(changed, i)));
    const { gradient, logits } = await slopes(shown, labels, options.seed * 1000 + step);
    const margins = marginsOf(logits, logits.length / open.length, labels);
    const goesOn = margins.map((margin) => toTheEnd || margin >= 0);
    for (const [at, i] of open.entries()) {
      if (!goesOn[at]) continue;
      climb(of(changed, i), of(gradient, at), each, options.norm, (REACH * options.epsilon) / steps);
      project(of(changed, i), of(pixels, i), each, options);
    }
    open = open.filter((_, at) => goesOn[at]);
    onStep?.();
  }
  return changed;
}

/** A change by chance as large as the attacks': what it does is no attack, and shows that theirs is one. */
export function noise({ pixels, truth }: Prey, options: AttackOptions): Float32Array {
  const each = pixels.length / truth.length;
  const changed = pixels.slice();
  scatter(changed, each, options, seeded(options.seed));
  project(changed, pixels, each, options);
  return changed;
}
