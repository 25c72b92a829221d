import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ClipError } from "../../src/errors.js";
import type { ShapeInput } from "../../src/points/draw.js";
import { type EncodedShape, type EncodeShapesOptions, encodeShapes } from "../../src/points/encode.js";
import { makeShape } from "../../src/points/generate/generate.js";
import { plyBytes } from "../../src/points/write-ply.js";
import { pixelEncoder } from "../support/pixel-encoder.js";

const encoder = pixelEncoder();
const GOLDEN = join(import.meta.dirname, "..", "golden", "points");

async function encoded(
  inputs: readonly ShapeInput[],
  options: EncodeShapesOptions = {},
): Promise<EncodedShape[]> {
  const results: EncodedShape[] = [];
  for await (const one of encodeShapes(encoder, inputs, { workers: 0, ...options })) results.push(one);
  return results;
}

const chair = makeShape("chair", { points: 1500 });

describe("shapes through a model", () => {
  it("each has its own result, in order, whatever its neighbours are", async () => {
    const inputs: ShapeInput[] = [
      "/nowhere/a.ply",
      chair,
      { bytes: Buffer.from("1 1 1\n"), name: "dot.xyz" },
      join(GOLDEN, "mesh.off"),
      { bytes: plyBytes(chair), name: "chair.ply" },
      { bytes: Buffer.from("nothing"), name: "last.ply" },
    ];
    const told: number[] = [];
    const results = await encoded(inputs, { onProgress: ({ done }) => told.push(done) });
    expect(results.map(({ id }) => id)).toEqual([
      "/nowhere/a.ply",
      "#1",
      "dot.xyz",
      join(GOLDEN, "mesh.off"),
      "chair.ply",
      "last.ply",
    ]);
    const codes = results.map(({ result }) => (result instanceof ClipError ? result.code : "fine"));
    expect(codes).toEqual(["points.file", "fine", "points.flat", "fine", "fine", "points.damaged"]);
    expect(results.map(({ points, faces }) => [points, faces])).toEqual([
      [0, 0],
      [1500, 0],
      [0, 0],
      [32, 64],
      [1500, 0],
      [0, 0],
    ]);
    expect(results[4]!.result).toEqual(results[1]!.result);
    expect(told).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("threads give what this one gives", async () => {
    const [here] = await encoded([chair]);
    const [there] = await encoded([chair], { workers: 1 });
    expect(there!.result).toEqual(here!.result);
  });

  it("vectors and pictures of each view by its name", async () => {
    const [one] = await encoded([chair], { views: 6, keepViews: true });
    expect(Object.keys(one!.views)).toEqual(["front", "right", "back", "left", "top", "bottom"]);
    expect(one!.pictures!.map(({ name, width }) => [name, width])).toEqual(
      Object.keys(one!.views).map((name) => [name, 64]),
    );
  });

  it("weights choose among views", async () => {
    const [top] = await encoded([chair], { weights: { top: 1 } });
    const found = top!.result as Float32Array;
    expect(Math.max(...found.map((value, i) => Math.abs(value - top!.views.top![i]!)))).toBeLessThan(1e-6);
  });

  it("an abort ends it", async () => {
    const stop = new AbortController();
    stop.abort();
    await expect(encoded([chair], { signal: stop.signal })).rejects.toMatchObject({ code: "aborted" });
  });

  it("entropy needs labels", async () => {
    await expect(encoded([chair], { weights: "entropy" })).rejects.toMatchObject({ code: "points.weights" });
  });
});
