import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { generateShapes } from "../../src/points/generate/folder.js";
import { KIND_NAMES, makeShape } from "../../src/points/generate/generate.js";
import { readShape } from "../../src/points/read/read.js";
import { pointsOf } from "../../src/points/shape.js";
import { boxOf } from "../../src/points/view/frame.js";
import { plyBytes } from "../../src/points/write-ply.js";

const folder = mkdtempSync(join(tmpdir(), "zeroclip-made-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("made shapes", () => {
  it("there are at least 15 kinds", () => {
    expect(KIND_NAMES.length).toBeGreaterThanOrEqual(15);
  });

  it.each(KIND_NAMES)("%s: its seed makes it, another seed another one", (kind) => {
    const made = (seed: number, form: "cloud" | "mesh" = "cloud") =>
      makeShape(kind, { seed, form, points: 500 });
    expect(plyBytes(made(3))).toEqual(plyBytes(made(3)));
    expect(plyBytes(made(3))).not.toEqual(plyBytes(made(4)));
    const mesh = made(3, "mesh");
    expect(Math.max(...mesh.faces!)).toBeLessThan(pointsOf(mesh));
    expect(boxOf(mesh.positions).sizes.every((size) => size > 0)).toBe(true);
    expect(made(3).positions.every(Number.isFinite)).toBe(true);
  });

  it("something is missing of as many as asked for", () => {
    const counts = (missing: number): number[] =>
      Array.from({ length: 12 }, (_, i) => pointsOf(makeShape("table", { seed: i, points: 800, missing })));
    expect(new Set(counts(0))).toEqual(new Set([800]));
    expect(counts(1).filter((count) => count < 800).length).toBeGreaterThan(8);
  });

  it("turned around the vertical they keep their height, any way they do not", () => {
    const height = (turn: "up" | "any" | "none"): number =>
      boxOf(makeShape("ladder", { form: "mesh", seed: 8, turn }).positions).sizes[2]!;
    expect(height("up") / height("none")).toBeCloseTo(1, 1);
    expect(height("any") / height("none")).toBeLessThan(0.95);
  });

  it.each([
    ["chiar", {}, "points.kind", /Did you mean chair/],
    ["chair", { points: 3 }, "usage.points", /16 to 1000000 points/],
    ["chair", { noise: 2 }, "usage.points", /noise/],
  ])("%s %j is refused", (kind, options, code, words) => {
    expect(() => makeShape(kind, options)).toThrow(expect.objectContaining({ code }));
    expect(() => makeShape(kind, options)).toThrow(words);
  });

  it("a folder of them, one folder a kind", async () => {
    const kinds = ["mug", "wine glass"];
    expect(await generateShapes(folder, { kinds, count: 2, points: 300 })).toBe(4);
    expect(readdirSync(folder).sort()).toEqual(["mug", "wine_glass"]);
    const file = join(folder, "mug", "00002.ply");
    expect(readFileSync(file).subarray(0, 3).toString()).toBe("ply");
    expect(pointsOf(readShape(file))).toBeGreaterThan(70);
  });
});
