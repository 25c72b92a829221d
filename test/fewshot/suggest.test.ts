import { describe, expect, it } from "vitest";
import { products } from "../../src/fewshot/matrix.js";
import { probabilitiesOf } from "../../src/fewshot/probabilities.js";
import { pickShots } from "../../src/fewshot/shots.js";
import { suggestNext } from "../../src/fewshot/suggest.js";
import { scene } from "./scene.js";

const { train, test } = scene();
const width = train.labels.length;
const nothing = { ...train, features: [], truth: new Int32Array(0) };
const thoughts = async (pool: typeof test.features): Promise<Float32Array> =>
  probabilitiesOf(
    (await products(pool, train.texts)).map((x) => train.logitScale * x),
    width,
  );

describe("suggestions", () => {
  it("are as many as asked, none twice, the same each time", async () => {
    const found = await suggestNext(test.features, await thoughts(test.features), nothing, { count: 12 });
    expect(found).toHaveLength(12);
    expect(new Set(found.map(({ position }) => position)).size).toBe(12);
    expect(await suggestNext(test.features, await thoughts(test.features), nothing, { count: 12 })).toEqual(
      found,
    );
    for (const { unsure, different, probability } of found) {
      expect(unsure).toBeGreaterThanOrEqual(0);
      expect(unsure).toBeLessThanOrEqual(1);
      expect(different).toBeGreaterThanOrEqual(0);
      expect(probability).toBeGreaterThanOrEqual(1 / width - 1e-6);
    }
  });

  it("a copy of a labelled picture comes last", async () => {
    const pool = [train.features[0]!, ...test.features.slice(0, 3)];
    const flat = new Float32Array(pool.length * width).fill(1 / width);
    const found = await suggestNext(pool, flat, pickShots(train, [0]), { count: 4 });
    expect(found.at(-1)).toMatchObject({ position: 0 });
    expect(found.at(-1)!.different).toBeCloseTo(0, 4);
  });

  it("labels take turns, those with the fewest pictures first", async () => {
    // Each picture is thought to be its own label, alike unsure.
    const sure = Float32Array.from({ length: test.features.length * width }, (_, i) =>
      i % width === test.truth[Math.floor(i / width)] ? 0.6 : 0.4 / (width - 1),
    );
    const known = pickShots(
      train,
      [...train.truth.keys()].filter((i) => train.truth[i]! < 2),
    );
    const found = await suggestNext(test.features, sure, known, { count: 3 * (width - 2) });
    const counts = new Map<number, number>();
    for (const { likely } of found) counts.set(likely, (counts.get(likely) ?? 0) + 1);
    expect([...counts.keys()].sort()).toEqual([2, 3, 4]);
    expect([...counts.values()]).toEqual([3, 3, 3]);
  });

  it("all alike, and fewer than asked: all there are", async () => {
    const alike = test.features.slice(0, 4).map(() => test.features[0]!);
    const found = await suggestNext(alike, await thoughts(alike), nothing, { count: 10 });
    expect(found.map(({ position }) => position).sort()).toEqual([0, 1, 2, 3]);
  });
});
