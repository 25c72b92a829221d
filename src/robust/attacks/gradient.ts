import { throwIfAborted } from "../../errors.js";
import { seeded } from "../../math/random.js";
import { marginsOf, type Slopes } from "../victim.js";
import { type Budget, climb, project, scatter } from "./ball.js";

export interface AttackOptions extends Budget {
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
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

/**
 * Many small steps from a place drawn by chance: PGD (Madry et al. 2018, arXiv 1706.06083). Of a picture that was fooled on the
 * way the place where it was is kept. Returns the changed pixels.
 */
export async function pgd(
  slopes: Slopes,
  prey: Prey,
  { steps, ...options }: AttackOptions & { readonly steps: number },
): Promise<Float32Array> {
  const { pixels, truth } = prey;
  const each = pixels.length / truth.length;
  const changed = pixels.slice();
  const kept = pixels.slice();
  const fooled = truth.map(() => false);
  scatter(changed, each, options, seeded(options.seed));
  project(changed, pixels, each, options);
  for (let step = 0; step < steps; step++) {
    throwIfAborted(options.signal);
    const { gradient, logits } = await slopes(changed, truth, options.seed * 1000 + step);
    const margins = marginsOf(logits, logits.length / truth.length, truth);
    for (const [i, margin] of margins.entries()) {
      if (fooled[i] || margin >= 0) continue;
      fooled[i] = true;
      kept.set(changed.subarray(i * each, (i + 1) * each), i * each);
    }
    climb(changed, gradient, each, options.norm, (REACH * options.epsilon) / steps);
    project(changed, pixels, each, options);
  }
  for (const [i, was] of fooled.entries())
    if (was) changed.set(kept.subarray(i * each, (i + 1) * each), i * each);
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
