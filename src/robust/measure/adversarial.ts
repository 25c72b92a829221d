import { fgsm, noise, pgd } from "../attacks/gradient.js";
import { square } from "../attacks/square.js";
import { DEFENCES, type DefenceName, defence, defendedJudge, defendedSlopes } from "../defend/defence.js";
import type { Slopes } from "../victim.js";
import { type MeasureListener, passesOf, type Rate } from "./rate.js";
import { accuracy, preyOf, type Scene } from "./scene.js";

/** Random noise, and attacks by gradient and without. */
export const ATTACKS = ["noise", "fgsm", "pgd", "pgd-l2", "square"] as const;
export type Attack = (typeof ATTACKS)[number];

export interface AdversarialOptions extends MeasureListener {
  /** Default: all. */
  readonly attacks?: readonly Attack[] | undefined;
  /** In a byte's steps: 2 is 2/255. */
  readonly epsilons: readonly number[];
  readonly steps: number;
  /** Of the Square attack. */
  readonly queries: number;
}

/** Top-1 under one attack. */
export interface AttackRow {
  readonly attack: Attack;
  readonly epsilon: number;
  readonly right: Rate;
}

export interface AdversarialFigures {
  readonly pictures: number;
  readonly steps: number;
  readonly queries: number;
  readonly clean: Rate;
  readonly rows: readonly AttackRow[];
}

/**
 * The L2 budget whose changes are as long as those of an even draw from an L∞ ball: every one of the pixels by ε / √3. Small towers and
 * large ones are attacked alike.
 */
function lengthOf(epsilon: number, size: number): number {
  return epsilon * Math.sqrt((size * size * 3) / 3) * L2_SHARE;
}

/** Attacks by length put all of it where it hurts: a quarter is as strong as the whole ball. */
const L2_SHARE = 0.25;

/** Accuracy under attacks on the tower as it is, at each budget. Raises `graph.gradient`, `runtime.*`, `aborted`. */
export async function measureAdversarial(
  scene: Scene,
  options: AdversarialOptions,
): Promise<AdversarialFigures> {
  const { attacks = ATTACKS, epsilons, steps, queries, signal } = options;
  const { victim, seed } = scene;
  const prey = preyOf(scene);
  const rows: AttackRow[] = [];
  const longest: Readonly<Record<Attack, number>> = {
    ...{ noise: 1, fgsm: 1, pgd: steps, "pgd-l2": steps, square: queries },
  };
  const passes = passesOf(
    epsilons.flatMap(() => attacks.map((attack) => longest[attack])),
    options,
  );
  const onStep = (): void => passes.pass();
  const clean = await accuracy(scene, prey.pixels);
  for (const epsilon of epsilons) {
    const linf = { norm: "linf" as const, epsilon, seed, signal };
    const l2 = { norm: "l2" as const, epsilon: lengthOf(epsilon, victim.size), seed, signal };
    const run: Readonly<Record<Attack, () => Promise<Float32Array>>> = {
      noise: async () => noise(prey, linf),
      fgsm: () => fgsm(victim.slopes, prey, linf),
      pgd: () => pgd(victim.slopes, prey, { ...linf, steps, onStep }),
      "pgd-l2": () => pgd(victim.slopes, prey, { ...l2, steps, onStep }),
      square: () => square(victim.judge, prey, { ...linf, queries, onStep }),
    };
    for (const attack of attacks) {
      const right = await accuracy(scene, await run[attack]());
      rows.push({ attack, epsilon: attack === "pgd-l2" ? l2.epsilon : epsilon, right });
      passes.end();
    }
  }
  return { pictures: scene.squares.length, steps, queries, clean, rows };
}

/** A defence at inference, and what is left of it when the attacker knows it. */
export interface DefenceRow {
  readonly defence: DefenceName;
  readonly looks: number;
  readonly clean: Rate;
  /** Under the attack on the tower without the defence. */
  readonly unaware: Rate;
  /** Under the attack that goes through the defence: the figure that counts. */
  readonly adaptive: Rate;
}

export interface DefenceFigures {
  readonly pictures: number;
  readonly epsilon: number;
  readonly steps: number;
  readonly clean: Rate;
  readonly attacked: Rate;
  readonly rows: readonly DefenceRow[];
}

/** Defences at inference under PGD that does not know them, and under PGD that does. Raises as `measureAdversarial` does. */
export async function measureDefences(
  scene: Scene,
  options: MeasureListener & { readonly epsilon: number; readonly steps: number },
): Promise<DefenceFigures> {
  const { epsilon, steps, signal } = options;
  const { victim, seed } = scene;
  const prey = preyOf(scene);
  const budget = { norm: "linf" as const, epsilon, seed, signal, steps };
  const used = DEFENCES.map(defence);
  const passes = passesOf([steps, ...used.map(({ looks }) => looks * steps)], options);
  const unaware = await pgd(victim.slopes, prey, { ...budget, onStep: () => passes.pass() });
  passes.end();
  const rows: DefenceRow[] = [];
  for (const one of used) {
    const judge = defendedJudge(victim.judge, one, victim.size);
    const slopes: Slopes = async (...asked) => {
      const found = await victim.slopes(...asked);
      passes.pass();
      return found;
    };
    const adaptive = await pgd(defendedSlopes(slopes, one, victim.size), prey, {
      ...budget,
      toTheEnd: one.isDrawn,
    });
    passes.end();
    rows.push({
      defence: one.name,
      looks: one.looks,
      clean: await accuracy(scene, prey.pixels, judge),
      unaware: await accuracy(scene, unaware, judge),
      adaptive: await accuracy(scene, adaptive, judge),
    });
  }
  const attacked = await accuracy(scene, unaware);
  return {
    pictures: scene.squares.length,
    epsilon,
    steps,
    clean: await accuracy(scene, prey.pixels),
    attacked,
    rows,
  };
}
