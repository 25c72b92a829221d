import { expect, it } from "vitest";
import { seeded } from "../../../src/math/random.js";
import { unit } from "../../../src/math/unit.js";
import { centresAside, placesAside } from "../../../src/search/assets/aside.js";
import { findCentres } from "../../../src/search/assets/k-means.js";
import { umap } from "../../../src/search/assets/umap.js";

/** Vectors about eight directions. */
function vectors(count: number, dim = 64): Float32Array[] {
  const random = seeded(3);
  return Array.from({ length: count }, (_, i) =>
    unit(Float32Array.from({ length: dim }, (_, d) => (d % 8 === i % 8 ? 1 : 0) + random())),
  );
}

it.each([0, 3, 200])("places of %i rows are those of this thread for the same seed", async (count) => {
  const rows = vectors(count);
  const here = await umap(rows, 7);
  const steps: number[][] = [];
  const aside = await placesAside(rows, 7, { onStep: (...step) => steps.push(step) });
  expect(aside).toEqual(here.map((place) => place.map(Math.fround)));
  expect(steps.length > 0).toBe(count > 3);
  if (count > 3) expect(await placesAside(rows, 8)).not.toEqual(aside);
});

it.each([5, "auto"] as const)("centres are those of this thread, k = %s", async (k) => {
  const rows = vectors(300);
  const parts = new Set<string>();
  const aside = await centresAside(rows, k, { seed: 2, onStep: (part) => parts.add(part) });
  expect(aside).toEqual(await findCentres(rows, k, { seed: 2 }));
  expect([...parts]).toEqual(k === "auto" ? ["choose", "centre"] : ["centre"]);
});

it("this thread has its turns while neighbours are sought, which takes one turn of the other", async () => {
  let turns = 0;
  let before: number | undefined;
  const stop = new AbortController();
  const count = (): void => {
    turns += 1;
    if (!stop.signal.aborted) setImmediate(count);
  };
  count();
  const work = placesAside(vectors(400), 1, {
    signal: stop.signal,
    onStep: () => {
      before ??= turns;
      stop.abort();
    },
  });
  await expect(work).rejects.toMatchObject({ code: "aborted" });
  expect(before).toBeGreaterThan(100);
});
