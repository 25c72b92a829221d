import { describe, expect, it } from "vitest";
import { tokenBatch, tokenBatch64 } from "../../src/text/batch.js";
import { scriptsOf, unknownScripts } from "../../src/text/scripts.js";

const row = (...ids: number[]) => ({ ids, lost: 0, unknown: 0 });

describe("tokenBatch", () => {
  it("is as long as its longest row", () => {
    const { ids, mask, length } = tokenBatch([row(1, 2, 3), row(4)], 9);
    expect(length).toBe(3);
    expect([...ids]).toEqual([1, 2, 3, 4, 9, 9]);
    expect([...mask]).toEqual([1, 1, 1, 1, 0, 0]);
  });

  it("is filled up to a fixed length, in 64 bits where asked", () => {
    const { ids, mask, length } = tokenBatch64([row(1, 2)], 0, 4);
    expect(length).toBe(4);
    expect(ids).toEqual(new BigInt64Array([1n, 2n, 0n, 0n]));
    expect(mask).toEqual(new BigInt64Array([1n, 1n, 0n, 0n]));
  });

  it("holds no rows, and refuses one that does not fit", () => {
    expect(tokenBatch([], 0)).toMatchObject({ length: 0 });
    expect(() => tokenBatch([row(1, 2, 3)], 0, 2)).toThrow(
      expect.objectContaining({ code: "text.too-long" }),
    );
  });
});

describe("scripts", () => {
  it("names the scripts of letters only", () => {
    expect([...scriptsOf("a dog, 3 ½ 🐕 !")]).toEqual(["Latin"]);
    expect([...scriptsOf("犬と dog")].sort()).toEqual(["Han", "Hiragana", "Latin"]);
    expect([...scriptsOf("ᏣᎳᎩ")]).toEqual(["Cherokee"]);
    expect([...scriptsOf("ꕙꔤ")]).toEqual(["Other"]);
    expect(scriptsOf("42 🐕").size).toBe(0);
  });

  it("finds the ones that a model has not learnt", () => {
    expect(unknownScripts("一只狗", ["Latin"])).toEqual(["Han"]);
    expect(unknownScripts("café", ["Latin"])).toEqual([]);
  });
});
