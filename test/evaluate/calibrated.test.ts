import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { LabelledSet } from "../../src/evaluate/data/labelled-set.js";
import { calibratedFigures, type UsedCalibration } from "../../src/evaluate/grid/calibrated.js";
import { type GridOptions, runGrid } from "../../src/evaluate/grid/grid.js";
import { openRunStore } from "../../src/evaluate/grid/run-store.js";
import type { CalibrationRecord } from "../../src/zeroshot/confidence/record.js";
import type { LabelledScores } from "../../src/zeroshot/scores.js";
import { letterEncoder } from "../support/letter-encoder.js";

const labels = ["cat", "dog"];
/** Ten pictures of two labels, cosines 0.1 apart, eight of them right. */
const scores: LabelledScores = {
  images: Array.from({ length: 10 }, (_, i) => `${i}`),
  labels,
  truth: Int32Array.from({ length: 10 }, (_, i) => (i < 8 ? 0 : 1)),
  similarities: Float32Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? 0.5 : 0.4)),
  logitScale: 100,
};
const record: CalibrationRecord = {
  formatVersion: 2,
  model: "letters",
  revision: "",
  labels,
  templates: ["{}"],
  prompts: "plain",
  views: "center",
  images: 500,
  pictures: "here",
  made: "2026-11-24T00:00:00.000Z",
  calibration: { method: "temperature", logitScale: Math.log(4) / 0.1 },
};
const measured = { prompts: "plain", views: "center", fingerprint: "elsewhere" };
const fitted: UsedCalibration = { applied: { source: "fitted", calibration: record.calibration! }, record };

describe("calibratedFigures", () => {
  it("are those of the calibrated probabilities", () => {
    const found = calibratedFigures(scores, fitted, measured)!;
    // At this scale every answer has 0.8, and 0.8 are right.
    expect(found.ece).toBeCloseTo(0, 6);
    expect(found.brier).toBeCloseTo(0.8 * 0.08 + 0.2 * 1.28, 6);
    expect(found.reliability).toHaveLength(1);
    expect(found).toMatchObject({ source: "fitted", method: "temperature", top1: 0.8 });
    expect(found.interval.high).toBeGreaterThan(0.05);
  });

  it("say what they were fitted on, and what differs", () => {
    const same = { labels: "same", prompts: "same", views: "same", pictures: "other" };
    expect(calibratedFigures(scores, fitted, measured)!.fit).toEqual({
      ...same,
      made: record.made,
      images: 500,
    });
    const others = {
      ...{ prompts: "a {}", views: "flip", fingerprint: "here" },
    };
    const elsewhere = { ...scores, labels: ["dog", "cup"] };
    expect(calibratedFigures(elsewhere, fitted, others)!.fit).toMatchObject({
      ...{ labels: "other", prompts: "other", views: "other", pictures: "same" },
    });
  });

  it("a default is one, and nothing is nothing", () => {
    const calibration = { method: "temperature", logitScale: 20 } as const;
    const byDefault = calibratedFigures(
      scores,
      { applied: { source: "default", calibration }, record },
      measured,
    );
    expect(byDefault).toMatchObject({ source: "default", logitScale: 20 });
    expect(byDefault).not.toHaveProperty("fit");
    expect(calibratedFigures(scores, { applied: { source: "none", calibration } }, measured)).toBeUndefined();
  });

  it("vector scaling may change answers, of which it tells", () => {
    const calibration = {
      ...({ method: "vector", logitScale: 10, labels, weights: [1, 1], offsets: [0, 9] } as const),
    };
    expect(calibratedFigures(scores, { applied: { source: "fitted", calibration } }, measured)!.top1).toBe(
      0.2,
    );
  });
});

describe("runGrid with a calibration", () => {
  const shy = { method: "temperature", logitScale: 1 } as const;
  const files = ["cat", "cat", "dog", "cat"];
  const set: LabelledSet = {
    name: "set",
    kind: "folder",
    classes: labels.map((label) => ({ id: label, label })),
    pictures: files.map((file, i) => ({ name: file, truth: i % 2, open: () => `${file}.jpg` })),
    fingerprint: "here",
  };
  const grid = (more: Partial<GridOptions>): GridOptions => ({
    models: ["a"],
    sets: [set],
    open: async () => Object.assign(letterEncoder(), { [Symbol.asyncDispose]: async () => undefined }),
    ...more,
  });

  it("keeps the raw figures and adds its own; another calibration is measured anew from the same vectors", async () => {
    const folder = mkdtempSync(join(tmpdir(), "zeroclip-calibrated-"));
    try {
      await using store = await openRunStore(folder);
      const plain = await runGrid(grid({ store }));
      expect(plain[0]).not.toHaveProperty("calibrated");
      const asked: object[] = [];
      const kept: boolean[] = [];
      const [cell] = await runGrid(
        grid({
          store,
          calibration: async (_model, of) => {
            asked.push(of);
            return { ...fitted, applied: { source: "fitted", calibration: shy } };
          },
          onCell: (_, was) => kept.push(was),
          onProgress: () => kept.push(true),
        }),
      );
      expect(asked).toEqual([{ labels, templates: letterEncoder().model.templates, views: "center" }]);
      expect(kept).toEqual([false]);
      expect(cell).toMatchObject({ ece: plain[0]!.ece, calibrated: { fit: { pictures: "same" } } });
      expect(cell!.calibrated!.ece).not.toBeCloseTo(cell!.ece, 3);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("the best of several squares is a configuration of its own; of one square there is none", async () => {
    const plain = letterEncoder();
    const seen: boolean[] = [];
    const cells = await runGrid(
      grid({
        // A cab is something like a cat.
        sets: [{ ...set, pictures: set.pictures.map((one) => ({ ...one, open: () => "cab.jpg" })) }],
        views: ["center", "five"],
        viewModes: ["average", "best"],
        open: async () => ({
          ...plain,
          async *encodeImageStream(inputs, options) {
            seen.push(options?.eachView === true);
            for await (const one of plain.encodeImageStream(inputs, options)) {
              // Another square shows a whole dog.
              const [square] = await plain.encodeImages(["dog.jpg"]);
              const result = one.result as Exclude<typeof square, Error | undefined>;
              yield options?.eachView ? { ...one, views: [result, square as typeof result] } : one;
            }
          },
          [Symbol.asyncDispose]: async () => undefined,
        }),
      }),
    );
    expect(cells.map(({ views, viewMode }) => `${views} ${viewMode}`)).toEqual([
      "center undefined",
      "five undefined",
      "five best",
    ]);
    expect(seen).toEqual([false, false, true]);
    expect(cells[1]!.predicted).toEqual([0, 0, 0, 0]);
    expect(cells[2]!.predicted).toEqual([1, 1, 1, 1]);
  });
});
