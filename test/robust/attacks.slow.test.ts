import { mkdtempSync, rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { labelInputs } from "../../src/evaluate/data/labelled-set.js";
import { loadClip } from "../../src/index.js";
import { fgsm, noise, type Prey, pgd } from "../../src/robust/attacks/gradient.js";
import { square } from "../../src/robust/attacks/square.js";
import { pixelsOf } from "../../src/robust/squares.js";
import { answersOf, marginsOf, openVictim, type Victim } from "../../src/robust/victim.js";
import { SET, SIDE, smallStarter } from "./scene.js";

// The real starter, at a side where it is quick, on real photos among the labels of everyday things.
const home = mkdtempSync(join(tmpdir(), "zeroclip-attacks-"));
let victim: Victim;
let prey: Prey;

beforeAll(async () => {
  const { subject, tower, read } = await smallStarter(home);
  const clip = await loadClip("starter", { home, calibration: false });
  const { vectors } = await clip.zeroShotWeights([
    ...labelInputs(SET.classes),
    "dog",
    "bowl",
    "street",
    "tree",
  ]);
  await clip[Symbol.asyncDispose]();
  const folder = await mkdtemp(join(home, "graphs-"));
  victim = await openVictim(tower, vectors, { folder, name: "starter", logitScale: 20 });
  await subject[Symbol.asyncDispose]();
  prey = { pixels: pixelsOf(read.squares), truth: read.truth };
});
afterAll(async () => {
  await victim[Symbol.asyncDispose]();
  rmSync(home, { recursive: true });
});

const linf = { norm: "linf" as const, seed: 1 };
const right = async (pixels: Float32Array): Promise<number> => {
  const answers = answersOf((await victim.judge(pixels, 1)).logits, victim.labels);
  return answers.filter((answer, i) => answer === prey.truth[i]).length;
};
/** Mean margin of the true labels: what attacks bring down. */
const margin = async (pixels: Float32Array): Promise<number> => {
  const margins = marginsOf((await victim.judge(pixels, 1)).logits, victim.labels, prey.truth);
  return margins.reduce((sum, value) => sum + value, 0) / margins.length;
};

test("attacks by gradient fool what noise of the same size does not; more steps and more room do more", async () => {
  const clean = await right(prey.pixels);
  expect(clean).toBeGreaterThanOrEqual(3);
  expect(await right(noise(prey, { ...linf, epsilon: 2 }))).toBe(clean);
  const one = await fgsm(victim.slopes, prey, { ...linf, epsilon: 2 });
  const small = await pgd(victim.slopes, prey, { ...linf, epsilon: 0.25, steps: 5 });
  const many = await pgd(victim.slopes, prey, { ...linf, epsilon: 2, steps: 5 });
  const length = await pgd(victim.slopes, prey, { norm: "l2", seed: 1, epsilon: SIDE / 2, steps: 5 });
  expect(await right(one)).toBeLessThan(clean);
  expect(await right(many)).toBeLessThanOrEqual(await right(one));
  expect(await right(many)).toBeLessThanOrEqual(await right(small));
  expect(await margin(many)).toBeLessThan(await margin(prey.pixels));
  expect(await margin(length)).toBeLessThan(await margin(prey.pixels));
  const each = prey.pixels.length / prey.truth.length;
  for (let i = 0; i < prey.pixels.length; i++) {
    expect(Math.abs(many[i]! - prey.pixels[i]!)).toBeLessThanOrEqual(2.0001);
    if (many[i]! < 0 || many[i]! > 255) throw new Error(`no colour: ${many[i]}`);
  }
  for (let from = 0; from < length.length; from += each) {
    let squares = 0;
    for (let i = from; i < from + each; i++) squares += (length[i]! - prey.pixels[i]!) ** 2;
    expect(Math.sqrt(squares)).toBeLessThanOrEqual(SIDE / 2 + 0.01);
  }
});

test("equal seeds give equal pixels, others do not", async () => {
  const run = (seed: number): Promise<Float32Array> =>
    pgd(
      victim.slopes,
      { pixels: prey.pixels.slice(0, 3 * SIDE * SIDE), truth: [0] },
      { ...linf, seed, epsilon: 1, steps: 1 },
    );
  expect(await run(4)).toEqual(await run(4));
  expect(await run(5)).not.toEqual(await run(4));
});

test("the Square attack needs no gradient, and stays within the budget", async () => {
  const changed = await square(victim.judge, prey, { epsilon: 8, queries: 25, seed: 1 });
  expect(await margin(changed)).toBeLessThan(await margin(prey.pixels));
  const most = changed.reduce((all, value, i) => Math.max(all, Math.abs(value - prey.pixels[i]!)), 0);
  expect(most).toBeLessThanOrEqual(8.0001);
});

test("an attack is ended by its signal", async () => {
  const abort = AbortSignal.abort();
  await expect(
    pgd(victim.slopes, prey, { ...linf, epsilon: 2, steps: 3, signal: abort }),
  ).rejects.toMatchObject({ code: "aborted" });
});
