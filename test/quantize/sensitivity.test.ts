import { expect, test } from "vitest";
import { type Embedding, unit } from "../../src/math/unit.js";
import { rankLayers, worstInputs } from "../../src/quantize/sensitivity.js";

test("layers come dearest first, by how much nearer the features come when they alone stay", async () => {
  const own: Readonly<Record<string, number>> = { a: 0.01, b: 0.3, c: 0, d: 0.05 };
  const all = Object.values(own).reduce((sum, value) => sum + value, 0);
  const asked: string[][] = [];
  const distance = async (kept: ReadonlySet<string>): Promise<number> => {
    asked.push([...kept]);
    return all - [...kept].reduce((sum, name) => sum + own[name]!, 0);
  };
  const ranked = await rankLayers("image", Object.keys(own), distance);
  expect(ranked.map(({ layer }) => layer)).toEqual(["b", "d", "a", "c"]);
  expect(ranked[0]!.cost).toBeCloseTo(0.3, 10);
  expect(asked).toEqual([[], ["a"], ["b"], ["c"], ["d"]]);
});

test("many layers are tried in groups of neighbours: the work stays bounded", async () => {
  const layers = Array.from({ length: 100 }, (_, i) => `layer ${i}`);
  let trials = 0;
  const reports: [number, number][] = [];
  const distance = async (kept: ReadonlySet<string>): Promise<number> => {
    trials += 1;
    return kept.has("layer 50") ? 0 : 1;
  };
  const ranked = await rankLayers("text", layers, distance, (...at) => reports.push(at));
  expect(trials).toBeLessThanOrEqual(49);
  expect(ranked).toHaveLength(100);
  expect(ranked.slice(0, 3).map(({ layer }) => layer)).toContain("layer 50");
  expect(reports.at(-1)![0]).toBe(reports.at(-1)![1]);
});

test("the inputs that fare worst are looked at", () => {
  const turned = (degrees: number): Embedding =>
    unit(Float32Array.of(Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)));
  const fp32 = Array.from({ length: 12 }, () => turned(0));
  const int8 = [0, 5, 90, 1, 60, 2, 3, 30, 4, 6, 7, 8].map(turned);
  expect(worstInputs(fp32, int8)).toEqual([2, 4, 7, 11, 10, 9, 1, 8]);
});
