import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { rateOf } from "../../src/robust/measure/rate.js";
import { robustPage } from "../../src/robust/report.js";
import { measureRobustness, type Robustness, type RobustOptions } from "../../src/robust/robust.js";
import { openSubject } from "../../src/robust/subject.js";
import type { ZeroShotWeights } from "../../src/zeroshot/weights.js";
import { SET, VIT, vectors } from "./scene.js";

// A tiny tower with random weights: what is checked is the bookkeeping, on all parts; real accuracies are in attacks.test.ts.
const home = mkdtempSync(join(tmpdir(), "zeroclip-measure-"));
afterAll(() => rmSync(home, { recursive: true }));

async function measured(options: RobustOptions): Promise<Robustness> {
  await using subject = await openSubject(VIT, { home });
  const labels = SET.classes.map(({ label }) => label);
  const weights: ZeroShotWeights = { labels, vectors: vectors(4, subject.tower.dim), templates: ["{}"] };
  return await measureRobustness(subject, weights, SET, {
    queries: 5,
    steps: 2,
    epsilons: [1, 8],
    ...options,
  });
}

let all: Robustness;
beforeAll(async () => {
  all = await measured({ outside: { ...SET, name: "others" } });
});

test("every part gives figures of all pictures", () => {
  const { corruptions, resolutions, typographic, adversarial, detection } = all;
  expect(all).toMatchObject({ pictures: 4, labels: 4, seed: 1, failed: [] });
  expect(corruptions!.rows).toHaveLength(19);
  expect(corruptions!.rows.every(({ errors }) => errors.length === 5)).toBe(true);
  const fifteen = corruptions!.rows.filter(({ benchmark }) => benchmark).flatMap(({ errors }) => errors);
  expect(corruptions!.meanError).toBeCloseTo(fifteen.reduce((a, b) => a + b, 0) / 75, 6);
  expect(corruptions!.cleanError).toBeCloseTo(1 - all.clean.share, 6);
  expect(resolutions!.map(({ resolution }) => resolution)).toEqual([224, 112, 56, 28]);
  // Whoever may choose among stickers does no worse than with one.
  expect(typographic!.chosen.plain.fooled.share).toBeGreaterThanOrEqual(typographic!.card.plain.fooled.share);
  expect(adversarial!.rows.map(({ attack }) => attack)).toEqual([
    ...["noise", "fgsm", "pgd", "pgd-l2", "square"],
    ...["noise", "fgsm", "pgd", "pgd-l2", "square"],
  ]);
  expect(detection!.map(({ strangers, by }) => `${strangers} ${by}`)).toHaveLength(9);
});

test("no defence is told without the attack that knows it, and that is the stronger one or as strong", () => {
  for (const { clean, unaware, adaptive } of all.defences!.rows)
    for (const { share } of [clean, unaware, adaptive]) expect(share >= 0 && share <= 1).toBe(true);
  expect(all.defences!.rows.map(({ defence }) => defence)).toEqual(["resize-jpeg", "views"]);
  const strangers = all.detection!.map((row) => row.strangers);
  expect(strangers).toContain("attacked-adaptive");
});

test("a share that all pictures agree on has a range all the same", () => {
  expect(rateOf([false, false, false, false])).toMatchObject({
    share: 0,
    interval: { low: 0, high: expect.closeTo(0.602, 3) },
  });
  expect(rateOf([true]).interval).toMatchObject({ low: expect.closeTo(0.025, 6), high: 1 });
});

test("equal seeds give equal figures", async () => {
  const again = await measured({ outside: { ...SET, name: "others" } });
  expect(again).toEqual(all);
});

test("each part tells how far it is, pass by pass, up to its end, and can be ended there", async () => {
  const told = new Map<string, [done: number, total: number][]>();
  const parts = [
    "corruptions",
    "resolutions",
    "typographic",
    "adversarial",
    "defences",
    "detection",
  ] as const;
  const note = (part: string, done: number, total: number): unknown =>
    told.set(part, [...(told.get(part) ?? []), [done, total]]);
  await measured({ parts, onProgress: note });
  for (const part of parts) {
    const [all, totals] = [told.get(part)!.map(([done]) => done), told.get(part)!.map(([, total]) => total)];
    expect(all).toEqual(all.toSorted((a, b) => a - b));
    expect(new Set(totals).size).toBe(1);
    expect(all.at(-1)).toBe(totals[0]);
  }
  // Two steps without a defence, and two of each look: 4 drawn ones, the picture and its 5 parts.
  expect(told.get("defences")![0]![1]).toBe(2 + 2 * 4 + 2 * 6);
  const abort = new AbortController();
  const ended = measured({
    parts: ["defences"],
    signal: abort.signal,
    onProgress: (part) => part === "defences" && abort.abort(),
  });
  await expect(ended).rejects.toMatchObject({ code: "aborted" });
});

test("only what is asked for is measured, of the pictures that are drawn", async () => {
  const found = await measured({ parts: ["typographic"], pictures: 2, seed: 5 });
  expect(found).toMatchObject({ pictures: 2, seed: 5 });
  expect(Object.keys(found)).not.toContain("adversarial");
});

test("the report holds the figures and loads nothing", async () => {
  const page = await robustPage(all);
  expect(page).toContain('"gaussian-noise"');
  expect(page).toContain("published, not measured here");
  expect(page).not.toMatch(/(?:src|href)="/);
});

test.each([
  ["a budget of nothing", { epsilons: [0] }, "usage.robust"],
  ["a budget that is no number", { epsilons: [Number.NaN] }, "usage.robust"],
  ["an ended signal", { signal: AbortSignal.abort() }, "aborted"],
] as const)("%s is refused", async (_, options, code) => {
  await expect(measured({ parts: ["adversarial"], ...options })).rejects.toMatchObject({ code });
});

test("labels that can't be written are told", async () => {
  await using subject = await openSubject(VIT, { home });
  const labels = ["猫", "狗", "杯", "车"];
  const weights = { labels, vectors: vectors(4, subject.tower.dim), templates: ["{}"] };
  await expect(measureRobustness(subject, weights, SET, { parts: ["typographic"] })).rejects.toMatchObject({
    code: "robust.labels",
  });
});
