import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeShape } from "../../src/points/generate/generate.js";
import { SERVED_LIMITS } from "../../src/points/limits.js";
import { plyBytes } from "../../src/points/write-ply.js";
import { GLTF, glb, plyHead } from "../points/hostile.js";
import { asking, classifyShapes, type NamedFile } from "./points.js";
import { photo, startServer, type TestServer } from "./server.js";

let one: TestServer;
beforeAll(async () => {
  one = await startServer();
  await one.server.warm();
});
afterAll(() => one[Symbol.asyncDispose]());

const inject: ReturnType<typeof asking> = (options) => asking(one)(options);

const LABELS = ["chair", "mug", "bottle"];
const CHAIR = Buffer.from(plyBytes(makeShape("chair", { form: "mesh" })));
const BOTTLE = Buffer.from(plyBytes(makeShape("bottle", { points: 2048 })));

const classify = (files: readonly NamedFile[], fields: Readonly<Record<string, string>> = {}) =>
  classifyShapes(one, files, { labels: LABELS.join(","), ...fields });

describe("POST /v1/points/classify", () => {
  it("takes a form, JSON, and one file as the body, and answers the same", async () => {
    const sent = await classify([["things/chair.ply", CHAIR]]);
    expect(sent).toMatchObject({
      status: 200,
      model: "starter",
      results: [{ shape: "chair.ply", points: expect.any(Number), faces: expect.any(Number) }],
    });
    const { predictions } = sent.results[0]!;
    expect(predictions[0]!.label).toBe("chair");
    const json = await inject({
      method: "POST",
      url: "/v1/points/classify",
      payload: { shape: { data: CHAIR.toString("base64"), name: "c" }, labels: LABELS, views: 6 },
    });
    expect(json.json().results[0]).toMatchObject({ shape: "c", predictions });
    const raw = await inject({
      method: "POST",
      url: `/v1/points/classify?labels=${LABELS}&views=6&name=chair.ply&top=1`,
      headers: { "content-type": "application/octet-stream" },
      payload: CHAIR,
    });
    expect(raw.json().results[0]).toMatchObject({ shape: "chair.ply", predictions: predictions.slice(0, 1) });
  });

  it("a shape that can't be read has an error beside the others' answers; all of them: 4xx with each one's", async () => {
    const some = await classify([
      ["empty.ply", Buffer.alloc(0)],
      ["bottle.ply", BOTTLE],
      ["cat.jpg", photo("cat")],
    ]);
    expect(some.status).toBe(200);
    expect(some.results.map(({ shape, error }) => [shape, error?.code])).toEqual([
      ["empty.ply", "points.empty"],
      ["bottle.ply", undefined],
      ["cat.jpg", "points.format"],
    ]);
    expect(some.results[1]!.predictions[0]!.label).toBe("bottle");
    const none = await classify([["cat.jpg", photo("cat")]]);
    expect(none).toMatchObject({
      status: 400,
      code: "points.format",
      results: [{ error: { code: "points.format" } }],
    });
  });

  it("gives views as pictures and what a page shows where they are asked for", async () => {
    const { results } = await classify([["bottle.ply", BOTTLE]], { pictures: "true", outline: "true" });
    const { views = [], outline, points } = results[0]!;
    expect(views.map(({ name }) => name)).toEqual(["front", "right", "back", "left", "top", "bottom"]);
    const png = Buffer.from(views[0]!.image.replace("data:image/png;base64,", ""), "base64");
    expect(await sharp(png).metadata()).toMatchObject({ format: "png", width: 260, height: 260 });
    const { buffer, byteOffset, byteLength } = new Uint8Array(Buffer.from(outline!.positions, "base64"));
    const positions = new Int16Array(buffer, byteOffset, byteLength / 2);
    expect(positions.length).toBe(3 * points!);
    const farthest = Math.max(
      ...Array.from({ length: points! }, (_, i) => Math.hypot(...positions.subarray(3 * i, 3 * i + 3))),
    );
    expect(Math.round(farthest)).toBeCloseTo(32_767, -1);
    expect(outline!.faces).toBeUndefined();
  });

  it("weighs views as asked, and refuses what it can't", async () => {
    const shape = { data: CHAIR.toString("base64") };
    const ask = async (more: object) => {
      const payload = { shape, labels: LABELS, views: 6, ...more };
      const answer = await inject({ method: "POST", url: "/v1/points/classify", payload });
      return { status: answer.statusCode, ...answer.json() };
    };
    const top = await ask({ viewWeights: { top: 1 } });
    const equal = await ask({ viewWeights: "equal" });
    expect(top.results[0].predictions).not.toEqual(equal.results[0].predictions);
    expect(await ask({ viewWeights: { corner: 1 } })).toMatchObject({ status: 400, code: "points.weights" });
    expect(await ask({ viewWeights: "best" })).toMatchObject({ status: 400, code: "usage.request" });
    expect(await ask({ views: 7 })).toMatchObject({ status: 400, code: "usage.request" });
    expect(await ask({ views: "flip" })).toMatchObject({ status: 400, code: "usage.request" });
    expect(await ask({ labels: undefined })).toMatchObject({ status: 400, code: "usage.labels" });
    expect(await ask({ shape: undefined })).toMatchObject({ status: 400, code: "usage.request" });
    expect(await ask({ shape: { data: "?" } })).toMatchObject({ status: 400, code: "input.data-url" });
    const many = await classify(Array.from({ length: 17 }, (_, i) => [`${i}.ply`, Buffer.from("ply")]));
    expect(many).toMatchObject({ status: 400, code: "usage.request" });
  });

  it("asks with a set of the server, in its languages", async () => {
    const payload = { shape: { data: CHAIR.toString("base64") }, labelSet: "cifar10", lang: "zh", top: 3 };
    const answer = await inject({ method: "POST", url: "/v1/points/classify", payload });
    expect(answer.json()).toMatchObject({
      results: [{ predictions: [{ label: expect.stringMatching(/\p{Script=Han}/u) }, {}, {}] }],
    });
  });
});

describe("hostile files", () => {
  const far = Buffer.alloc(36);
  for (let i = 0; i < 9; i++) far.writeFloatLE((i % 4) / 3, 4 * i);
  const nan = Buffer.alloc(12, 0xff);
  const big = Buffer.alloc(12 * 60);
  for (let i = 0; i < 180; i++) big.writeFloatBE(Math.sin(i + 1), 4 * i);
  const cases: readonly (readonly [string, string, RegExp, string, Uint8Array])[] = [
    [
      "no numbers",
      "points.empty",
      /none of its points/,
      "a.ply",
      Buffer.concat([plyHead("binary_little_endian", 1), nan]),
    ],
    ["one point", "points.flat", /one point only/, "a.xyz", Buffer.from("1 2 3\n")],
    [
      "50 million points that are not there",
      "points.truncated",
      /600000000 bytes/,
      "a.ply",
      Buffer.concat([plyHead("binary_little_endian", 50_000_000), far]),
    ],
    [
      "another byte order than its head says",
      "points.damaged",
      /order|endian/,
      "a.ply",
      Buffer.concat([plyHead("binary_little_endian", 60), big]),
    ],
    ["a GLB that is a zip archive", "points.format", /zip/, "a.glb", Buffer.from("PK\x03\x04")],
    [
      "a GLB that says it unpacks to more than it has",
      "points.truncated",
      /4000000000/,
      "a.glb",
      glb(GLTF, far, { whole: 4_000_000_000 }),
    ],
    [
      "a GLB with more objects than memory is given",
      "points.damaged",
      new RegExp(`at most ${SERVED_LIMITS.json} bytes`),
      "a.glb",
      glb(`{"asset":{},"x":[${"{},".repeat(3_000_000)}{}]}`, far),
    ],
  ];
  it.each(cases)("%s: %s", async (_, code, words, name, bytes) => {
    const { status, results } = await classify([[name, bytes]]);
    expect(status).toBe(400);
    expect(results[0]!.error).toMatchObject({ code, message: expect.stringMatching(words) });
    expect(results[0]!.error!.message).toMatch(/^[^\n]{1,400}[.]$/);
  });
});

describe("drawing alone", () => {
  it("gives views and a mesh's outline without a model", async () => {
    const payload = { shapes: [{ data: CHAIR.toString("base64"), name: "chair" }], views: 8, outline: true };
    const answer = await inject({ method: "POST", url: "/v1/points/views", payload });
    const { shape, faces, views, outline } = answer.json().results[0];
    expect({ shape, views: views.length }).toEqual({ shape: "chair", views: 8 });
    expect(Buffer.from(outline.faces, "base64").length).toBe(12 * faces);
  });

  it("makes samples, the same for the same seed", async () => {
    const get = (url: string) => inject({ method: "GET", url });
    expect((await get("/v1/points/samples")).json().kinds).toContain("wine glass");
    const [first, again, other] = [
      await get("/v1/points/samples/wine%20glass?seed=3"),
      await get("/v1/points/samples/wine%20glass?seed=3"),
      await get("/v1/points/samples/wine%20glass?seed=4&form=cloud"),
    ];
    expect(first.rawPayload.subarray(0, 4).toString()).toBe("ply\n");
    expect(again.rawPayload.equals(first.rawPayload)).toBe(true);
    expect(other.rawPayload.equals(first.rawPayload)).toBe(false);
    expect((await get("/v1/points/samples/unicorn")).json()).toMatchObject({
      status: 404,
      code: "points.kind",
    });
    expect((await get("/v1/points/samples/mug?seed=-1")).statusCode).toBe(400);
  });

  it("wants a key where all else does", async () => {
    await using locked = await startServer({ settings: { auth: "required" } });
    for (const url of ["/v1/points/classify", "/v1/points/views"]) {
      const answer = await locked.server.app.inject({ method: "POST", url, headers: { host: "localhost" } });
      expect(answer.json()).toMatchObject({ status: 401, code: "server.auth" });
    }
  });
});
