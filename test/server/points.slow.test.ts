import { afterAll, beforeAll, expect, it } from "vitest";
import { makeShape } from "../../src/points/generate/generate.js";
import { SERVED_LIMITS } from "../../src/points/limits.js";
import { plyBytes } from "../../src/points/write-ply.js";
import { GLTF, glb, plyHead } from "../points/hostile.js";
import { asking, classifyShapes } from "./points.js";
import { startServer, type TestServer } from "./server.js";

let one: TestServer;
beforeAll(async () => {
  one = await startServer();
  await one.server.warm();
});
afterAll(() => one[Symbol.asyncDispose]());

const BOTTLE = Buffer.from(plyBytes(makeShape("bottle", { points: 2048 })));
const triangle = Buffer.alloc(36);
for (let i = 0; i < 9; i++) triangle.writeFloatLE((i % 4) / 3, 4 * i);

/** A small file that names its triangles so many times. */
function grown(times: number, vertices: Buffer): Buffer {
  const count = vertices.length / 12;
  const nodes = Array.from({ length: times }, () => ({ mesh: 0 }));
  return glb(
    {
      ...GLTF,
      nodes,
      scenes: [{ nodes: nodes.map((_, i) => i) }],
      accessors: [{ bufferView: 0, componentType: 5126, type: "VEC3", count }],
      bufferViews: [{ buffer: 0, byteLength: vertices.length }],
      buffers: [{ byteLength: vertices.length }],
    },
    vertices,
  );
}

it("a mesh that grows without end is refused, one that grows a little is drawn; others are answered meanwhile", async () => {
  const order: string[] = [];
  const heavy = classifyShapes(
    one,
    [
      ["bomb.glb", grown(150_000, Buffer.concat(Array.from({ length: 30 }, () => triangle)))],
      ["many.glb", grown(100, triangle)],
      ["bottle.ply", BOTTLE],
    ],
    { labels: "chair,mug,bottle" },
  ).then((answer) => {
    order.push("heavy");
    return answer;
  });
  for (let i = 0; i < 5; i++) {
    expect((await asking(one)({ method: "GET", url: "/v1/models" })).statusCode).toBe(200);
    order.push("models");
  }
  const { status, results } = await heavy;
  expect(status).toBe(200);
  expect(order.at(-1)).toBe("heavy");
  expect(results[0]!.error).toMatchObject({
    code: "points.too-large",
    message: expect.stringMatching(/^Expected at most \d+ .* but bomb\.glb has more\.$/),
  });
  expect(results[1]).toMatchObject({ faces: 100, points: 300 });
  expect(results[2]!.predictions[0]!.label).toBe("bottle");
});

it("a shape that keeps its thread for ever is given up, and the next one is drawn", async () => {
  // Points alone, which are thinned: no count stops them, a hundred thousand times four thousand.
  const cloud = JSON.parse(JSON.stringify(GLTF));
  cloud.meshes[0].primitives[0].mode = 0;
  const vertices = Buffer.concat(Array.from({ length: 1200 }, () => triangle));
  const nodes = Array.from({ length: 130_000 }, () => ({ mesh: 0 }));
  const bytes = glb(
    {
      ...cloud,
      nodes,
      scenes: [{ nodes: nodes.map((_, i) => i) }],
      accessors: [{ bufferView: 0, componentType: 5126, type: "VEC3", count: vertices.length / 12 }],
      bufferViews: [{ buffer: 0, byteLength: vertices.length }],
      buffers: [{ byteLength: vertices.length }],
    },
    vertices,
  );
  const { status, results } = await classifyShapes(
    one,
    [
      ["endless.glb", bytes],
      ["bottle.ply", BOTTLE],
    ],
    { labels: "chair,mug,bottle" },
  );
  expect(status).toBe(200);
  expect(results[0]!.error).toMatchObject({ code: "points.too-large" });
  expect(results[1]!.predictions[0]!.label).toBe("bottle");
}, 120_000);

it("a cloud of more points than are kept is thinned, with a warning", async () => {
  const count = SERVED_LIMITS.points + 10;
  const data = Buffer.alloc(12 * count);
  for (let i = 0; i < 3000; i++) data.writeFloatLE(Math.sin(i), 4 * 7 * i);
  const answer = await asking(one)({
    method: "POST",
    url: "/v1/points/views?views=6&outline=true&name=a.ply",
    headers: { "content-type": "application/octet-stream" },
    payload: Buffer.concat([plyHead("binary_little_endian", count), data]),
  });
  const { points, warnings, outline } = answer.json().results[0];
  expect(points).toBeLessThanOrEqual(SERVED_LIMITS.points);
  expect(warnings).toMatchObject([{ code: "points.thinned" }]);
  expect(Buffer.from(outline.positions, "base64").length).toBeLessThanOrEqual(6 * 30_000);
});
