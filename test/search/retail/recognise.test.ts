import { describe, expect, it } from "vitest";
import { seeded } from "../../../src/math/random.js";
import { fitFusion, type LabelledEvidence } from "../../../src/search/retail/fit.js";
import { DEFAULT_FUSION, recognise } from "../../../src/search/retail/fusion.js";

const one = (id: string, picture: number, looks: number, text: number) => ({ id, picture, looks, text });

/** Photos of ten products whose words tell nothing, whose best picture tells most. */
function photos(count: number, seed: number): LabelledEvidence[] {
  const random = seeded(seed);
  const ids = Array.from({ length: 10 }, (_, i) => `p${i}`);
  return Array.from({ length: count }, (_, n) => {
    const product = ids[n % ids.length]!;
    const evidence = ids.map((id) => {
      const right = id === product ? 0.3 : 0;
      return one(id, 0.4 + right + 0.2 * random(), 0.4 + right / 3 + 0.2 * random(), 0.2 + 0.1 * random());
    });
    return { product, evidence };
  });
}

describe("recognise", () => {
  it("adds evidence up, most probable first, shares of 1 together", () => {
    const evidence = [one("a", 0.5, 0.5, 0.2), one("b", 0.9, 0.6, 0.2), one("c", 0.1, 0.1, 0.9)];
    const { candidates, inCatalogue } = recognise(evidence, DEFAULT_FUSION, 3);
    expect(candidates.map(({ id }) => id)).toEqual(["b", "a", "c"]);
    expect(candidates.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 6);
    expect(inCatalogue).toBe(true);
    expect(recognise(evidence, DEFAULT_FUSION, 1).candidates).toHaveLength(1);
    const words = { picture: 0, looks: 0, text: 10, threshold: null };
    expect(recognise(evidence, words).candidates[0]!.id).toBe("c");
  });

  it("knows nothing below the threshold, and nothing in an empty catalogue", () => {
    const evidence = [one("a", 0.5, 0.5, 0.2)];
    expect(recognise(evidence, { ...DEFAULT_FUSION, threshold: 100 }).inCatalogue).toBe(false);
    expect(recognise([], DEFAULT_FUSION)).toEqual({ candidates: [], inCatalogue: false });
  });
});

describe("fitFusion", () => {
  it("finds what tells products apart, on photos that it was not fitted on, too", () => {
    const fusion = fitFusion(photos(100, 1));
    expect(fusion.picture).toBeGreaterThan(Math.abs(fusion.text));
    const held = photos(100, 2);
    const right = held.filter(
      ({ product, evidence }) => recognise(evidence, fusion).candidates[0]!.id === product,
    );
    expect(right.length).toBeGreaterThan(90);
    const isIn = (evidence: LabelledEvidence["evidence"]) => recognise(evidence, fusion).inCatalogue;
    const known = held.filter(({ evidence }) => isIn(evidence)).length;
    const unknown = held.filter(({ product, evidence }) =>
      isIn(evidence.filter(({ id }) => id !== product)),
    ).length;
    expect(known).toBeGreaterThan(80);
    expect(unknown).toBeLessThan(20);
  });

  it("wants enough photos of products that are there", () => {
    expect(() => fitFusion(photos(9, 1))).toThrow(/at least 10 photos .* received 9/);
    expect(() => fitFusion(photos(20, 1).map((photo) => ({ ...photo, product: "other" })))).toThrow(
      /received 0/,
    );
  });
});
