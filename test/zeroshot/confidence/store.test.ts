import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  appliedCalibration,
  type CalibrationTarget,
  carriedOverWarning,
  chooseCalibration,
  independentFor,
  listCalibrations,
  removeCalibrations,
  saveCalibration,
} from "../../../src/calibration-store.js";
import type { AppliedCalibration } from "../../../src/zeroshot/confidence/answer.js";
import { type CalibrationRecord, parseRecord, promptsId } from "../../../src/zeroshot/confidence/record.js";

const REVISION = "a".repeat(64);

const record: CalibrationRecord = {
  formatVersion: 2,
  model: "starter",
  revision: REVISION,
  labels: ["cat", "dog"],
  templates: ["{}"],
  prompts: promptsId({ labels: ["cat", "dog"], templates: ["{}"] }),
  views: "center",
  images: 100,
  made: "2026-11-23T10:00:00.000Z",
  calibration: { method: "temperature", logitScale: 42 },
  conformal: { score: "lac", scores: [0.1, 0.2] },
  keep95: { probability: 0.4 },
};

let home = "";
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "zeroclip-calibration-"));
});
afterEach(() => rmSync(home, { recursive: true }));

it("keeps a calibration a model and set of labels, the newest first", async () => {
  await saveCalibration(home, record);
  const newer = { ...record, labels: ["cup"], made: "2026-11-24T10:00:00.000Z" };
  await saveCalibration(home, newer);
  await saveCalibration(home, { ...record, images: 200 });
  const found = await listCalibrations(home, REVISION);
  expect(found.map(({ record: one }) => [one.labels, one.images])).toEqual([
    [["cup"], 100],
    [["cat", "dog"], 200],
  ]);
  expect(await listCalibrations(home, "b".repeat(64))).toEqual([]);
  expect(await removeCalibrations(home, REVISION)).toEqual({ removed: 2, damaged: 0 });
  expect(await listCalibrations(home, REVISION)).toEqual([]);
});

it.each([
  ["a scale beyond any that is fitted", { method: "temperature", logitScale: 1e308 }],
  [
    "weights below 0",
    { method: "vector", logitScale: 20, labels: ["a", "b"], weights: [-1, 1], offsets: [0, 0] },
  ],
  [
    "weights beyond all",
    { method: "vector", logitScale: 20, labels: ["a", "b"], weights: [1, 1e300], offsets: [0, 0] },
  ],
  ["shares above 1", { method: "isotonic", logitScale: 20, from: [0, 1], to: [1.5, 9] }],
])("refuses %s", (_, calibration) => {
  const bad = { ...record, labels: ["a", "b"], calibration };
  expect(() => parseRecord(JSON.stringify(bad), "c.json")).toThrow("in the calibration c.json");
});

it("never uses one of a model that merely has the same folder", async () => {
  await saveCalibration(home, { ...record, revision: `${"a".repeat(32)}${"c".repeat(32)}` });
  expect(await listCalibrations(home, REVISION)).toEqual([]);
});

it("tells of a damaged file and uses the others", async () => {
  const path = await saveCalibration(home, record);
  await saveCalibration(home, { ...record, labels: ["cup"] });
  writeFileSync(path, readFileSync(path, "utf8").slice(0, 40));
  const told: string[] = [];
  const found = await listCalibrations(home, REVISION, ({ code }) => told.push(code));
  expect(found).toHaveLength(1);
  expect(told).toEqual(["calibrate.record"]);
  expect(readdirSync(join(home, "calibration", "a".repeat(32)))).toHaveLength(2);
});

it("a folder where a calibration's file should be is told of with its path, and removed with the damaged ones", async () => {
  const path = await saveCalibration(home, record);
  await saveCalibration(home, { ...record, labels: ["cup"] });
  rmSync(path);
  mkdirSync(path);
  const told: string[] = [];
  expect(await listCalibrations(home, REVISION, ({ message }) => told.push(message))).toHaveLength(1);
  const words = `Expected a file of a calibration at ${path} but it is a folder.`;
  expect(told).toEqual([words]);
  await expect(saveCalibration(home, record)).rejects.toThrow(
    expect.objectContaining({ code: "calibrate.write", message: words }),
  );
  expect(await removeCalibrations(home, REVISION)).toEqual({ removed: 1, damaged: 1 });
});

describe("applied", () => {
  const stored = [{ path: "x", record }];
  const target = (labels: string[], templates = ["{}"]): CalibrationTarget => ({ labels, templates });
  const applied = (from: typeof stored, to: CalibrationTarget): AppliedCalibration =>
    appliedCalibration(chooseCalibration(from, to), to.labels, model);
  const model = { logitScale: 100, measuredLogitScale: 60 };

  it("to its own labels: all of it", () => {
    const { source, conformal, keep95 } = applied(stored, target(["cat", "dog"]));
    expect({ source, conformal, keep95 }).toEqual({
      source: "fitted",
      conformal: record.conformal,
      keep95: record.keep95,
    });
  });

  it("to mostly the same labels: its scale alone, and no more is said", () => {
    const scale = { source: "scale", calibration: { method: "temperature", logitScale: 42 } };
    for (const near of [["cat"], ["dog", "cat", "cup"], ["cat", "dog", "cup", "hat"]])
      expect(applied(stored, target(near))).toEqual(scale);
  });

  it("to other labels: nothing, where the model has a scale that was measured across sets; else its scale", () => {
    for (const far of [["cup"], ["cat", "cup"], ["cat", "dog", "cup", "hat", "pen"]]) {
      const chosen = chooseCalibration(stored, target(far));
      expect(appliedCalibration(chosen, far, model)).toMatchObject({ source: "default" });
      expect(appliedCalibration(chosen, far, { logitScale: 100 })).toEqual({
        source: "scale",
        calibration: { method: "temperature", logitScale: 42 },
      });
    }
  });

  it("of two for other labels that of the nearer ones, whichever is newer", () => {
    const far = {
      ...{ ...record, labels: ["cup", "hat"], made: "2026-11-25T10:00:00.000Z" },
      calibration: { method: "temperature", logitScale: 7 } as const,
    };
    const found = applied([{ path: "y", record: far }, ...stored], target(["cat", "dog", "cup"]));
    expect(found).toMatchObject({ source: "scale", calibration: { logitScale: 42 } });
  });

  it("to its own labels in another order: every figure goes with its label", () => {
    const vector = {
      method: "vector",
      logitScale: 10,
      labels: ["cat", "dog"],
      weights: [1, 2],
      offsets: [3, 4],
    } as const;
    const independent = { slope: 1, offset: 0, labels: ["cat", "dog"], thresholds: [0.1, 0.9] };
    const own = [{ path: "x", record: { ...record, calibration: vector, independent } }];
    const found = applied(own, target(["dog", "cat"]));
    expect(found.calibration).toEqual({
      ...vector,
      labels: ["dog", "cat"],
      weights: [2, 1],
      offsets: [4, 3],
    });
    expect(independentFor(own, target(["dog", "cat"]))).toEqual({
      ...independent,
      labels: ["dog", "cat"],
      thresholds: [0.9, 0.1],
    });
    expect(independentFor(own, target(["dog", "cup"]))).toBeUndefined();
    expect(found.conformal).toEqual(record.conformal);
  });

  it("of labels judged each by itself alone there is no calibration", () => {
    const { calibration: _, ...bare } = record;
    const independent = { slope: 1, offset: 0, labels: ["cat", "dog"], thresholds: [0.1, 0.9] };
    const own = [{ path: "x", record: { ...bare, independent } }];
    expect(parseRecord(JSON.stringify(own[0]!.record), "x")).toEqual(own[0]!.record);
    expect(() => parseRecord(JSON.stringify(bare), "x")).toThrow(/a calibration/);
    expect(applied(own, target(["cat", "dog"]))).toMatchObject({ source: "default" });
    expect(independentFor(own, target(["cat", "dog"]))).toEqual(independent);
  });

  it("to its own labels with other prompts: its scale alone, of which is told", () => {
    const other = target(["cat", "dog"], ["a photo of a {}"]);
    expect(applied(stored, other)).toEqual({
      source: "scale",
      calibration: { method: "temperature", logitScale: 42 },
    });
    expect(carriedOverWarning(chooseCalibration(stored, other), other)).toMatchObject({
      code: "calibrate.prompts",
      message: expect.stringContaining('["{}"]'),
    });
    for (const fine of [target(["dog", "cat"]), target(["cup"], ["a photo of a {}"])])
      expect(carriedOverWarning(chooseCalibration(stored, fine), fine)).toBeUndefined();
  });

  it("to its own labels with other aliases: the warning does not name the templates, which are the same", () => {
    const own = { ...target(["cat", "dog"]), made: ["cat", "\0other"] };
    expect(carriedOverWarning(chooseCalibration(stored, own), own)).toMatchObject({
      code: "calibrate.prompts",
      message: expect.stringMatching(/with these templates but other aliases/),
    });
  });

  it("to its own labels seen by other views: its scale alone, of which is told; one for those views stands beside it", () => {
    const flipped = { ...target(["cat", "dog"]), views: "flip" };
    expect(applied(stored, flipped)).toMatchObject({ source: "scale" });
    expect(carriedOverWarning(chooseCalibration(stored, flipped), flipped)).toMatchObject({
      code: "calibrate.views",
      message: expect.stringContaining("the views center"),
    });
    const both = [...stored, { path: "y", record: { ...record, views: "flip" } }];
    expect(applied(both, flipped)).toMatchObject({ source: "fitted" });
    expect(chooseCalibration(both, target(["cat", "dog"]))?.record.views).toBe("center");
  });

  it("prompts are the same in any order, and others with weights or words of a label's own", () => {
    const labels = ["cat", "dog"];
    const id = (more: object): string => promptsId({ labels, templates: ["a {}", "the {}"], ...more });
    expect(id({ templates: ["the {}", "a {}"] })).toBe(id({}));
    expect(id({ labels: ["dog", "cat"], made: ["dog", "cat"] })).toBe(id({}));
    expect(id({ templateWeights: [1, 1] })).toBe(id({}));
    for (const more of [{ templateWeights: [1, 2] }, { made: ["cat", "hound"] }, { templates: ["a {}"] }])
      expect(id(more)).not.toBe(id({}));
    expect(id({ labels: ["dog", "cat"], made: ["hound", "cat"] })).toBe(id({ made: ["cat", "hound"] }));
  });

  it("one of other prompts beside one of the same: the same, whichever is newer", () => {
    const other = {
      ...record,
      prompts: "other",
      calibration: { method: "temperature", logitScale: 7 } as const,
    };
    const found = applied([{ path: "y", record: other }, ...stored], target(["cat", "dog"]));
    expect(found).toMatchObject({ calibration: { logitScale: 42 }, conformal: record.conformal });
  });

  it("nothing stored: the measured scale, else the model's own", () => {
    expect(applied([], target(["cup"]))).toEqual({
      source: "default",
      calibration: { method: "temperature", logitScale: 60 },
    });
    expect(appliedCalibration(undefined, ["cup"], { logitScale: 100 })).toEqual({
      source: "none",
      calibration: { method: "temperature", logitScale: 100 },
    });
  });
});

it.each<[string, unknown]>([
  ["no JSON", "{"],
  ["an array", []],
  ["null", null],
  ["another version", { ...record, formatVersion: 1 }],
  ["no prompts", { ...record, prompts: undefined }],
  ["no revision", { ...record, revision: undefined }],
  ["labels that are no words", { ...record, labels: [1] }],
  ["no label", { ...record, labels: [] }],
  ["another method", { ...record, calibration: { method: "magic", logitScale: 1 } }],
  ["a scale of 0", { ...record, calibration: { method: "temperature", logitScale: 0 } }],
  ["a scale that is null", { ...record, calibration: { method: "temperature", logitScale: null } }],
  [
    "weights of other labels",
    { ...record, calibration: { method: "vector", logitScale: 1, weights: [1], offsets: [0] } },
  ],
  [
    "a falling curve",
    { ...record, calibration: { method: "isotonic", logitScale: 1, from: [0, 1], to: [1, 0] } },
  ],
  ["scores that fall", { ...record, conformal: { score: "lac", scores: [2, 1] } }],
  ["an unknown score", { ...record, conformal: { score: "best", scores: [1, 2] } }],
  ["bounds that are no numbers", { ...record, keep95: { probability: "x" } }],
  ["thresholds of other labels", { ...record, independent: { slope: 1, offset: 0, thresholds: [0.5] } }],
])("refuses a record with %s", (_, value) => {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  expect(() => parseRecord(text, "x.json")).toThrow(expect.objectContaining({ code: "calibrate.record" }));
});
