import { describe, expect, it } from "vitest";
import { seeded } from "../../../src/math/random.js";
import { probabilitiesOf } from "../../../src/zeroshot/confidence/calibration.js";
import {
  CONFORMAL_SCORES,
  conformalSets,
  fitConformal,
  leastPictures,
} from "../../../src/zeroshot/confidence/conformal.js";
import { type LabelledScores, pickScores, rowOf } from "../../../src/zeroshot/scores.js";
import { drawnScores } from "./synthetic.js";

function rowsOf(scores: LabelledScores): number[][] {
  const calibration = { method: "temperature", logitScale: 60 } as const;
  return Array.from(scores.truth, (_, i) => probabilitiesOf(rowOf(scores, i), calibration));
}

/** Random halves → share of sets that hold the truth in the second one, and their mean size. */
function measure(score: (typeof CONFORMAL_SCORES)[number], coverage: number, seed: number, perLabel = false) {
  const all = drawnScores(2000, 10, 25, 3);
  const random = seeded(seed);
  const order = all.images.map((_, i) => ({ i, key: random() })).sort((a, b) => a.key - b.key);
  const half = (from: number): LabelledScores =>
    pickScores(
      all,
      order.slice(from, from + 1000).map(({ i }) => i),
    );
  const [fit, test] = [half(0), half(1000)];
  const conformal = fitConformal(rowsOf(fit), fit.truth, all.labels, { score, perLabel, seed });
  const sets = conformalSets(conformal, coverage, all.labels, perLabel);
  const found = rowsOf(test).map((row) => sets.of(row, random()));
  return {
    covered: found.filter((set, i) => set.includes(test.truth[i]!)).length / 1000,
    size: found.reduce((sum, set) => sum + set.length, 0) / 1000,
    perLabel: all.labels.map((_, label) => {
      const own = found.filter((_, i) => test.truth[i] === label);
      return own.filter((set) => set.includes(label)).length / own.length;
    }),
  };
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

describe.each(CONFORMAL_SCORES)("%s", (score) => {
  it.each([0.8, 0.9, 0.95])("covers %d within 2 points over 20 random splits", (coverage) => {
    const covered = Array.from({ length: 20 }, (_, seed) => measure(score, coverage, seed + 1).covered);
    expect(Math.abs(mean(covered) - coverage)).toBeLessThan(0.02);
  });

  it("makes larger sets for more coverage, most probable first, never empty", () => {
    expect(measure(score, 0.95, 1).size).toBeGreaterThan(measure(score, 0.8, 1).size);
    const scores = drawnScores(200, 5, 25);
    const conformal = fitConformal(rowsOf(scores), scores.truth, scores.labels, { score });
    const sets = conformalSets(conformal, 0.9, scores.labels);
    for (const row of rowsOf(scores)) {
      const set = sets.of(row, 0.5);
      expect(set[0]).toBe(row.indexOf(Math.max(...row)));
      expect(set.length).toBeGreaterThan(0);
    }
  });
});

it("lac makes the smallest sets", () => {
  const size = (score: "lac" | "aps"): number => measure(score, 0.9, 5).size;
  expect(size("lac")).toBeLessThan(size("aps"));
});

it("covers each label with a threshold of its own", () => {
  const runs = Array.from({ length: 20 }, (_, seed) => measure("lac", 0.9, seed + 1, true).perLabel);
  for (let label = 0; label < 10; label++) expect(mean(runs.map((run) => run[label]!))).toBeGreaterThan(0.88);
});

it("holds the most probable label whatever its own threshold is", () => {
  const labels = ["sure", "vague"];
  const perLabel = {
    sure: [0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.09],
    vague: new Array<number>(9).fill(0.99),
  };
  const conformal = { score: "lac", scores: [0.5], perLabel } as const;
  const sets = conformalSets(conformal, 0.9, labels, true);
  expect(sets.of([0.6, 0.4])).toEqual([0, 1]);
  expect(sets.of([0.995, 0.005])).toEqual([0]);
});

it("says how many pictures a coverage needs", () => {
  expect([0.5, 0.8, 0.9, 0.95, 0.99].map(leastPictures)).toEqual([1, 4, 9, 19, 99]);
  const scores = drawnScores(98, 5, 25);
  const conformal = fitConformal(rowsOf(scores), scores.truth, scores.labels, { perLabel: true });
  const message = (perLabel: boolean, coverage: number): string => {
    try {
      conformalSets(conformal, coverage, scores.labels, perLabel);
      return "";
    } catch (error) {
      return (error as Error).message;
    }
  };
  expect(message(false, 0.99)).toBe(
    "Expected at least 99 calibration pictures for a coverage of 0.99 but there are 98.",
  );
  expect(message(false, 0.98)).toBe("");
  expect(message(true, 0.98)).toMatch(/^Expected at least 49 calibration pictures of "label 0" /);
  expect(message(false, 1)).toBe("Expected a coverage between 0 and 1 but received 1.");
});
