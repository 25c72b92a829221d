import { beforeAll, describe, expect, test } from "vitest";
import {
  BENCHMARK_NAMES,
  CORRUPTION_NAMES,
  corrupted,
  SEVERITIES,
} from "../../src/robust/corrupt/corruptions.js";
import { readSquares } from "../../src/robust/squares.js";
import { erased } from "../../src/robust/typographic/erase.js";
import { dotsOf, writable } from "../../src/robust/typographic/font.js";
import { CARD, stuck } from "../../src/robust/typographic/stick.js";
import { SET } from "./scene.js";

let cat = new Uint8Array();
const SIZE = 64;

beforeAll(async () => {
  const preprocessing = { size: SIZE, resizeTo: SIZE, filter: "bicubic", style: "openai" } as const;
  const { squares } = await readSquares(SET, SET.pictures, preprocessing, {});
  cat = squares[1]! as Uint8Array<ArrayBuffer>;
});

const distance = (a: Uint8Array, b: Uint8Array): number =>
  a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / a.length;

test("there are the fifteen of ImageNet-C, and those of cameras", () => {
  expect(BENCHMARK_NAMES).toHaveLength(15);
  expect(CORRUPTION_NAMES).toEqual([...BENCHMARK_NAMES, "resize", "low-light", "white-balance", "lens"]);
});

describe.each(CORRUPTION_NAMES)("%s", (name) => {
  test("changes a picture, more at the highest severity than at the lowest", async () => {
    const all = [];
    for (const severity of SEVERITIES) {
      const changed = await corrupted(cat, name, severity, 3);
      expect(changed).toHaveLength(cat.length);
      all.push(distance(cat, changed));
    }
    expect(all[0]).toBeGreaterThan(0.3);
    // Elastic transforms are of two kinds: far and smooth, then near and rough. Frost takes light as it adds ice.
    if (name !== "elastic" && name !== "frost") expect(all[4]).toBeGreaterThan(all[0]!);
  });

  test("is the same for the same seed", async () => {
    expect(await corrupted(cat, name, 3, 5)).toEqual(await corrupted(cat, name, 3, 5));
  });

  test.each([
    ["all black", 0],
    ["all white", 255],
  ])("takes a square that is %s, and one of a single pixel", async (_, grey) => {
    for (const size of [1, 9]) {
      const changed = await corrupted(new Uint8Array(size * size * 3).fill(grey), name, 5, 1);
      expect(changed).toHaveLength(size * size * 3);
    }
  });
});

test.each(["gaussian-noise", "shot-noise", "impulse-noise", "snow", "frost", "fog", "low-light"])(
  "%s is drawn by its seed",
  async (name) => {
    expect(await corrupted(cat, name, 3, 5)).not.toEqual(await corrupted(cat, name, 3, 6));
  },
);

test("noise has the published deviation, and brightness the published step", async () => {
  const grey = new Uint8Array(SIZE * SIZE * 3).fill(128);
  const noisy = await corrupted(grey, "gaussian-noise", 1, 1);
  const mean = noisy.reduce((sum, value) => sum + value, 0) / noisy.length;
  const deviation = Math.sqrt(noisy.reduce((sum, value) => sum + (value - mean) ** 2, 0) / noisy.length);
  expect(deviation / 255).toBeCloseTo(0.08, 2);
  const bright = await corrupted(grey, "brightness", 2, 1);
  expect(bright[0]).toBe(Math.floor(128 + 0.2 * 255));
});

describe("writing", () => {
  test.each([
    ["T-shirt", "T-SHIRT"],
    ["café crème", "CAFE CREME"],
    ["sea_lion", "SEA LION"],
    ["猫", ""],
    ["50 € note", "50  NOTE"],
  ])("%s is written as %s", (word, letters) => {
    expect(writable(word)).toBe(letters);
  });

  test("letters are drawn as they look", () => {
    const { ink, width, height } = dotsOf("L1");
    const rows = Array.from({ length: height }, (_, y) =>
      Array.from({ length: width }, (_, x) => (ink(y, x) ? "#" : ".")).join(""),
    );
    expect(rows).toEqual(
      [
        "#.......#..",
        "#......##..",
        "#.......#..",
        "#.......#..",
        "#.......#..",
        "#.......#..",
        "#####..###.",
      ].map((row) => row.padEnd(width, ".").slice(0, width)),
    );
  });

  test("is stuck on a picture and painted over again; a picture without is left nearly alone", () => {
    const large = new Uint8Array(224 * 224 * 3).fill(110);
    const written = stuck(large, "HANDBAG", CARD);
    const change = distance(large, written);
    expect(change).toBeGreaterThan(5);
    expect(distance(large, erased(written))).toBeLessThan(change / 4);
    expect(distance(large, erased(large))).toBe(0);
  });
});
