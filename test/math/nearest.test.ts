import { describe, expect, it } from "vitest";
import { nearest } from "../../src/math/nearest.js";

const names = ["classify", "embed", "models", "eval", "ViT-B/32", "ViT-L/14", "RN50", "RN101"];

describe("nearest", () => {
  it.each([
    ["clasify", "classify"],
    ["calssify", "classify"],
    ["EMBED", "embed"],
    ["modles", "models"],
    ["ViT-B32", "ViT-B/32"],
    ["vit-l-14", "ViT-L/14"],
    ["RN5", "RN50"],
    ["RN 101", "RN101"],
  ])("%s → %s", (word, expected) => {
    expect(nearest(word, names)).toBe(expected);
  });

  it.each([["zzzzzzzz"], [""], ["x".repeat(5_000)], ["completely different"]])(
    "finds nothing near %s",
    (word) => {
      expect(nearest(word, names)).toBeUndefined();
    },
  );

  it.each([
    ["cat", ["jay", "hen", "ox"]],
    ["wolf", ["gold", "fig"]],
    ["a", ["b"]],
  ])("suggests no other short word for %s", (word, candidates) => {
    expect(nearest(word, candidates)).toBeUndefined();
  });

  it("takes the first of equals and none of none", () => {
    expect(nearest("ab1", ["ab2", "ab3"])).toBe("ab2");
    expect(nearest("ab1", [])).toBeUndefined();
  });
});
