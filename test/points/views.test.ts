import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeShape } from "../../src/points/generate/generate.js";
import { readShape } from "../../src/points/read/read.js";
import { openRenderer } from "../../src/points/renderer.js";
import type { Shape } from "../../src/points/shape.js";
import { cameraOf, seenFrom } from "../../src/points/view/cameras.js";
import { fitted, framed } from "../../src/points/view/frame.js";
import { enlarged } from "../../src/points/view/grey.js";
import { plainView } from "../../src/points/view/plain.js";
import { realisticView } from "../../src/points/view/realistic.js";
import { renderViews, type ShapeView } from "../../src/points/view/render.js";

const GOLDEN = join(import.meta.dirname, "..", "golden", "points");

/** The numbers of an array that tools/goldens/points.py wrote. */
function golden(name: string): Float32Array {
  const bytes = readFileSync(join(GOLDEN, name));
  return new Float32Array(
    bytes.buffer.slice(bytes.byteOffset + 10 + bytes.readUInt16LE(8), bytes.byteOffset + bytes.length),
  );
}

/** Share of pixels that differ: a point on the border of two cells may fall into either in f32. */
function differing(found: Float32Array, wanted: Float32Array): number {
  expect(found.length).toBe(wanted.length);
  return found.filter((value, i) => Math.abs(value - wanted[i]!) > 1e-3).length / wanted.length;
}

const cloud = framed(readShape(join(GOLDEN, "cloud-f4.npy")));

describe("projections as numpy and scipy compute them", () => {
  it("PointCLIP's", () => {
    const seen = seenFrom(cloud, cameraOf({ name: "right", around: 90, above: 0 }));
    expect(differing(plainView(seen).values, golden("plain-right.npy"))).toBeLessThan(0.001);
  });

  it("PointCLIP V2's", () => {
    const seen = seenFrom(cloud, cameraOf({ name: "front-right", around: 45, above: 20 }));
    expect(differing(realisticView(fitted(seen)).values, golden("realistic-front-right.npy"))).toBeLessThan(
      0.005,
    );
  });
});

it("enlarging keeps the corners in place and is linear between them", () => {
  const values = Float32Array.from([0, 1, 0.5, 0.5]);
  const big = enlarged({ side: 2, values }, 3);
  expect([...big]).toEqual([0, 128, 255, 64, 128, 191, 128, 128, 128]);
});

/** Pixels that are no background, by their place. */
function seenAt({ data, width, channels }: ShapeView): {
  left: number;
  right: number;
  top: number;
  bottom: number;
  share: number;
} {
  const where = Array.from({ length: data.length / channels }, (_, i) => i).filter(
    (i) => data[i * channels]! < 250,
  );
  const columns = where.map((i) => i % width);
  const rows = where.map((i) => Math.floor(i / width));
  const least = (list: number[]): number => list.reduce((a, b) => Math.min(a, b), Infinity);
  const most = (list: number[]): number => list.reduce((a, b) => Math.max(a, b), -Infinity);
  return {
    left: least(columns),
    right: most(columns),
    top: least(rows),
    bottom: most(rows),
    share: where.length / width ** 2,
  };
}

describe("meshes", () => {
  /** A wall across x, from −1 to 1, twice as wide as high, y = 0. */
  const wall: Shape = {
    positions: Float32Array.from([-1, 0, -0.5, 1, 0, -0.5, 1, 0, 0.5, -1, 0, 0.5]),
    origin: [0, 0, 0],
    faces: Uint32Array.from([0, 1, 2, 0, 2, 3]),
    warnings: [],
  };
  const named = (shape: Shape): Map<string, ShapeView> =>
    new Map(renderViews(shape, 96).map((view) => [view.name, view]));

  it("a wall is wide from its sides, and a line from its edge", () => {
    const views = named(wall);
    const [broad, edge] = [seenAt(views.get("right")!), seenAt(views.get("front")!)];
    expect((broad.right - broad.left) / (broad.bottom - broad.top)).toBeGreaterThan(1.6);
    expect(edge.share).toBeLessThan(broad.share / 4);
    expect(broad.left + broad.right).toBeCloseTo(95, -1);
  });

  it("colours are kept", () => {
    const view = renderViews(
      { ...wall, colours: Uint8Array.from([200, 0, 0, 200, 0, 0, 200, 0, 0, 200, 0, 0]) },
      96,
    )[1]!;
    expect(view.channels).toBe(3);
    const middle = 3 * (48 * 96 + 48);
    expect(view.data[middle]!).toBeGreaterThan(40);
    expect([...view.data.subarray(middle + 1, middle + 3)]).toEqual([0, 0]);
  });

  it("a GLB stands as its y says", () => {
    const turned = {
      ...wall,
      positions: Float32Array.from([-1, -0.5, 0, 1, -0.5, 0, 1, 0.5, 0, -1, 0.5, 0]),
      up: "y" as const,
    };
    expect(renderViews(turned, 96).map(({ data }) => [...data])).toEqual(
      renderViews(wall, 96).map(({ data }) => [...data]),
    );
  });
});

describe("counts and styles", () => {
  const chair = makeShape("chair", { points: 2000 });

  it.each([6, 8, 10] as const)("%i views", (views) => {
    const names = renderViews(chair, 64, { views }).map(({ name }) => name);
    expect(new Set(names).size).toBe(views);
    expect(names.includes("top")).toBe(views !== 8);
  });

  it.each(["plain", "realistic", "shaded", "mesh"] as const)(
    "%s: each view shows something and is not like the others",
    (style) => {
      const views = renderViews(style === "mesh" ? makeShape("chair", { form: "mesh" }) : chair, 64, {
        style,
      });
      for (const { data } of views) expect(new Set(data).size).toBeGreaterThan(8);
      expect(new Set(views.map(({ data }) => Buffer.from(data).toString("base64"))).size).toBe(10);
    },
  );

  it.each([
    [{ views: 7 as never }, /6, 8 or 10 views/],
    [{ style: "oil" as never }, /style of auto, plain/],
  ])("%j is refused", (options, words) => {
    expect(() => renderViews(chair, 64, options)).toThrow(words);
  });

  it("threads draw what this one draws, and tell what is wrong", async () => {
    await using threads = openRenderer(2);
    await using none = openRenderer(0);
    const job = { input: chair, size: 64, options: {} };
    const [there, here] = [await threads.draw(job), await none.draw(job)];
    expect(there.views.map(({ data }) => [...data])).toEqual(here.views.map(({ data }) => [...data]));
    await expect(threads.draw({ ...job, input: "/nowhere/a.ply" })).rejects.toMatchObject({
      name: "ClipError",
      code: "points.file",
    });
  });
});
