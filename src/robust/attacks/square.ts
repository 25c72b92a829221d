import { throwIfAborted } from "../../errors.js";
import { seeded } from "../../math/random.js";
import { type Judge, marginsOf } from "../victim.js";
import type { AttackOptions, Prey } from "./gradient.js";

/** Share of the pixels that the first squares cover, and after which shares of the queries it is halved (the paper, section 3.2). */
const FIRST_SHARE = 0.8;
const HALVED_AT = [0.001, 0.005, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8];

function shareAt(query: number, queries: number): number {
  return FIRST_SHARE * 0.5 ** HALVED_AT.filter((at) => query / queries > at).length;
}

/**
 * Squares of random colours at random places, kept where they bring the true label down: the Square attack for L∞ (Andriushchenko
 * et al. 2020, arXiv 1912.00049), which asks only for answers: what it finds no masked gradient can hide. Pictures that are fooled
 * are asked about no more. Returns the changed pixels.
 */
export async function square(
  judge: Judge,
  { pixels, truth }: Prey,
  options: Omit<AttackOptions, "norm"> & { readonly queries: number },
): Promise<Float32Array> {
  const { queries, epsilon, seed, signal, onStep } = options;
  const each = pixels.length / truth.length;
  const size = Math.sqrt(each / 3);
  const random = seeded(seed);
  const best = pixels.slice();
  const margins = truth.map(() => Number.POSITIVE_INFINITY);
  let open = truth.map((_, i) => i);
  for (let query = 0; query < queries && open.length > 0; query++) {
    throwIfAborted(signal);
    const side = Math.max(1, Math.round(Math.sqrt(shareAt(query, queries) * size * size)));
    const tried = new Float32Array(open.length * each);
    for (const [at, i] of open.entries()) {
      const own = tried.subarray(at * each, (at + 1) * each);
      const clean = pixels.subarray(i * each, (i + 1) * each);
      if (query === 0) stripes(own, clean, size, epsilon, random);
      else {
        own.set(best.subarray(i * each, (i + 1) * each));
        patch(own, clean, size, Math.min(side, size), epsilon, random);
      }
    }
    const { logits } = await judge(tried, seed * 100_003 + query);
    const found = marginsOf(
      logits,
      logits.length / open.length,
      open.map((i) => truth[i]!),
    );
    for (const [at, i] of open.entries()) {
      if (!(found[at]! < margins[i]!)) continue;
      margins[i] = found[at]!;
      best.set(tried.subarray(at * each, (at + 1) * each), i * each);
    }
    open = open.filter((i) => margins[i]! >= 0);
    onStep?.();
  }
  return best;
}

const within = (value: number): number => Math.max(0, Math.min(255, value));

/** Columns of random colours: where the attack begins. */
function stripes(
  to: Float32Array,
  clean: Float32Array,
  size: number,
  epsilon: number,
  random: () => number,
): void {
  const signs = Float32Array.from({ length: size * 3 }, () => (random() < 0.5 ? -epsilon : epsilon));
  for (let i = 0; i < to.length; i++) to[i] = within(clean[i]! + signs[i % (size * 3)]!);
}

/** A square of one random colour at a random place. */
function patch(
  to: Float32Array,
  clean: Float32Array,
  size: number,
  side: number,
  epsilon: number,
  random: () => number,
): void {
  const [top, left] = [0, 1].map(() => Math.floor(random() * (size - side + 1))) as [number, number];
  const colour = [0, 1, 2].map(() => (random() < 0.5 ? -epsilon : epsilon));
  for (let y = top; y < top + side; y++) {
    for (let x = left; x < left + side; x++) {
      const at = (y * size + x) * 3;
      for (let c = 0; c < 3; c++) to[at + c] = within(clean[at + c]! + colour[c]!);
    }
  }
}
