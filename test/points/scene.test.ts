import { describe, expect, it } from "vitest";
import { makeShape } from "../../src/points/generate/generate.js";
import { readShape } from "../../src/points/read/read.js";
import { sceneCloud } from "../../src/points/scene/cloud.js";
import { labelColour } from "../../src/points/scene/label.js";
import { splitScene } from "../../src/points/scene/split.js";
import { pointsOf, type Shape } from "../../src/points/shape.js";
import { plyBytes } from "../../src/points/write-ply.js";
import { room } from "./room.js";

describe("a room", () => {
  const scene = room(["chair", "stool", "chair"]);

  it("falls into what stands on its floor", () => {
    const parts = splitScene(scene, { cell: 0.06 });
    expect(parts.length).toBe(3);
    for (const { shape, points } of parts) {
      expect(points.length).toBeGreaterThan(1500);
      expect(pointsOf(shape)).toBe(points.length);
      expect(Math.max(...points)).toBeLessThan(pointsOf(scene));
    }
  });

  it("or into the columns of a grid, floor and all", () => {
    const parts = splitScene(scene, { split: "grid", cell: 3.01 });
    expect(parts.length).toBe(4);
    expect(parts.reduce((sum, { points }) => sum + points.length, 0)).toBe(pointsOf(scene));
  });

  it.each([
    [{ cell: 1e-7 }, /cells of a length above/],
    [{ least: 1_000_000 }, /parts of at least 1000000 points/],
    [{ split: "slices" as never }, /split of grid, clusters/],
  ])("%j is refused", (options, words) => {
    expect(() => splitScene(scene, options)).toThrow(words);
    expect(() => splitScene(scene, options)).toThrow(expect.objectContaining({ code: "points.scene" }));
  });

  it("a mesh with y up becomes points with z up", () => {
    const mesh = { ...makeShape("table", { form: "mesh", turn: "none" }), up: "y" as const };
    const cloud = sceneCloud(mesh);
    expect(cloud.faces).toBeUndefined();
    expect(cloud.up).toBe("z");
    expect(pointsOf(cloud)).toBe(500_000);
  });
});

it("a written scene is read as it was, colours and place too", () => {
  const shape: Shape = {
    positions: Float32Array.from([0, 0, 0, 0.25, 0.5, 1]),
    origin: [500_000.5, 4_000_000.25, 7],
    colours: Uint8Array.from([1, 2, 3, 4, 5, 6]),
    warnings: [],
  };
  const bytes = plyBytes(shape, { label: Uint16Array.from([0, 2]), comments: ["label 2 椅子"] });
  expect(Buffer.from(bytes).toString("utf8")).toContain("comment label 2 椅子");
  expect(readShape(bytes, { name: "a.ply" })).toEqual(shape);
});

it("colours of labels are told apart", () => {
  const colours = Array.from({ length: 24 }, (_, i) => labelColour(i));
  const least = Math.min(
    ...colours.flatMap((a, i) =>
      colours.slice(i + 1).map((b) => Math.hypot(...a.map((value, c) => value - b[c]!))),
    ),
  );
  expect(least).toBeGreaterThan(20);
});
