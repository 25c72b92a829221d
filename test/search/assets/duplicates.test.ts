import { describe, expect, it } from "vitest";
import { seeded } from "../../../src/math/random.js";
import { findDuplicates } from "../../../src/search/assets/duplicates.js";
import { pairsWithin } from "../../../src/search/assets/hamming.js";
import { row, storeOf } from "./rows.js";

const hex = (random: () => number): string =>
  Array.from({ length: 16 }, () => Math.floor(random() * 16).toString(16)).join("");
const bits = (a: string, b: string): number =>
  [...(BigInt(`0x${a}`) ^ BigInt(`0x${b}`)).toString(2).matchAll(/1/g)].length;

/** A hash with so many of its bits turned. */
function turned(hash: string, count: number, random: () => number): string {
  let value = BigInt(`0x${hash}`);
  const places = new Set<number>();
  while (places.size < count) places.add(Math.floor(random() * 64));
  for (const place of places) value ^= 1n << BigInt(place);
  return value.toString(16).padStart(16, "0");
}

describe("pairsWithin", () => {
  it.each([0, 3, 8, 12, 16])("finds all pairs of at most %d bits, each once", async (most) => {
    const random = seeded(most);
    const hashes = Array.from({ length: 60 }, () => hex(random));
    for (let i = 0; i < 60; i++) hashes.push(turned(hashes[i]!, i % 20, random));
    const found: string[] = [];
    await pairsWithin(hashes, most, (a, b) => found.push(`${a} ${b}`));
    const expected: string[] = [];
    for (let b = 0; b < hashes.length; b++)
      for (let a = 0; a < b; a++) if (bits(hashes[a]!, hashes[b]!) <= most) expected.push(`${a} ${b}`);
    expect(found.sort()).toEqual(expected.sort());
  });
});

const HASH = "a".repeat(64);

describe("findDuplicates", () => {
  it("groups equal bytes, proposes most pixels, then the sharpest, then most bytes", async () => {
    const store = await storeOf([
      row("/small.jpg", undefined, { hash: HASH, width: 50 }),
      row("/blurred.jpg", undefined, { hash: HASH, sharpness: 1 }),
      row("/light.jpg", undefined, { hash: HASH, bytes: 10 }),
      row("/best.jpg", undefined, { hash: HASH }),
      row("/other.jpg"),
    ]);
    const [group, ...more] = await findDuplicates(store);
    expect(more).toEqual([]);
    expect(group!.kind).toBe("exact");
    expect([group!.best, ...group!.others].map(({ path }) => path)).toEqual([
      "/best.jpg",
      "/light.jpg",
      "/blurred.jpg",
      "/small.jpg",
    ]);
  });

  it("near ones need both: hashes of few different bits and a high cosine", async () => {
    const near = { perceptual: "0123456789abcdee" };
    const store = await storeOf([
      row("/a.jpg", [1, 0, 0, 0], { width: 200 }),
      row("/both.jpg", [1, 0.01, 0, 0], near),
      row("/hash-alone.jpg", [0, 1, 0, 0], near),
      row("/cosine-alone.jpg", [1, 0, 0, 0], { perceptual: "fedcba9876543210" }),
    ]);
    expect(await findDuplicates(store)).toEqual([]);
    const groups = await findDuplicates(store, { near: true });
    expect(groups.map(({ kind, best, others }) => [kind, best.path, others.map(({ path }) => path)])).toEqual(
      [["near", "/a.jpg", ["/both.jpg"]]],
    );
    expect(groups[0]!.others[0]!.similarity).toBeGreaterThan(0.99);
  });

  it("compares each with the proposed copy: no chains", async () => {
    const at = (degrees: number) => [
      Math.cos((degrees * Math.PI) / 180),
      Math.sin((degrees * Math.PI) / 180),
      0,
      0,
    ];
    const store = await storeOf([
      row("/a.jpg", at(0), { width: 300 }),
      row("/b.jpg", at(20), { width: 200 }),
      row("/c.jpg", at(40)),
    ]);
    const groups = await findDuplicates(store, { near: true, similarity: 0.9 });
    expect(groups.map(({ best, others }) => [best.path, ...others.map(({ path }) => path)])).toEqual([
      ["/a.jpg", "/b.jpg"],
    ]);
  });

  it("blank pictures are never a group; a video's key frames are one file", async () => {
    const store = await storeOf([
      row("/black.jpg", undefined, { hash: HASH, blank: true }),
      row("/black too.jpg", undefined, { hash: HASH, blank: true }),
      row("/v.mp4", undefined, { hash: "b".repeat(64), time: 0 }),
      row("/v.mp4", undefined, { hash: "b".repeat(64), time: 1000 }),
      row("/w.mp4", undefined, { hash: "b".repeat(64), time: 0, blank: true }),
    ]);
    const groups = await findDuplicates(store, { near: true });
    expect(groups.map(({ best, others }) => [best.path, ...others.map(({ path }) => path)])).toEqual([
      ["/v.mp4", "/w.mp4"],
    ]);
  });

  it.each([{ bits: 21 }, { bits: 1.5 }, { similarity: 2 }])("refuses %o", async (options) => {
    await expect(findDuplicates(await storeOf([]), options)).rejects.toMatchObject({
      code: "search.options",
    });
  });
});
