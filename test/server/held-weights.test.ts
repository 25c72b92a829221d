import { expect, it } from "vitest";
import type { Embedding } from "../../src/math/unit.js";
import { HeldWeights } from "../../src/server/held-weights.js";
import type { ZeroShotWeights } from "../../src/zeroshot/weights.js";

/** So many labels of 64 dimensions: 456 bytes each with what is around them. */
const weights = (count: number): ZeroShotWeights => ({
  labels: Array.from({ length: count }, (_, i) => `l${i}`),
  templates: ["{}"],
  vectors: Array.from({ length: count }, () => new Float32Array(64) as Embedding),
});

it("holds the sets that were asked for last", () => {
  const held = new HeldWeights({ sets: 2 });
  const [a, b, c] = [weights(1), weights(1), weights(1)];
  held.set("a", a);
  held.set("b", b);
  expect(held.get("a")).toBe(a);
  held.set("c", c);
  expect([held.get("a"), held.get("b"), held.get("c")]).toEqual([a, undefined, c]);
});

it("many large sets hold no more bytes than are allowed", () => {
  const held = new HeldWeights({ bytes: 1_000_000 });
  for (let i = 0; i < 50; i++) held.set(`set ${i}`, weights(500));
  expect(held.size).toBe(4);
  expect(held.get("set 49")).toBeDefined();
  expect(held.get("set 45")).toBeUndefined();
});

it("the newest is held however large, and the same set once more counts once", () => {
  const held = new HeldWeights({ bytes: 1000 });
  held.set("small", weights(1));
  held.set("large", weights(100));
  expect(held.get("large")).toBeDefined();
  expect(held.size).toBe(1);
  const twice = new HeldWeights({ bytes: 1000 });
  for (let i = 0; i < 10; i++) twice.set("same", weights(1));
  twice.set("other", weights(1));
  expect(twice.size).toBe(2);
});
