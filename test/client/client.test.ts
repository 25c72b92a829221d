import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ZeroclipClient, ZeroclipError } from "../../src/client/index.js";
import { createKey, readKeys } from "../../src/server/keys/keys.js";
import { dataUrl, photo, startServer, type TestServer } from "../server/server.js";

let one: TestServer;
let baseUrl = "";
beforeAll(async () => {
  one = await startServer();
  await one.server.warm();
  baseUrl = await one.server.app.listen({ host: "127.0.0.1", port: 0 });
});
afterAll(() => one[Symbol.asyncDispose]());

const LABELS = ["cat", "coffee", "rocket"];
const best = ({ results }: Awaited<ReturnType<ZeroclipClient["classify"]>>): (string | undefined)[] =>
  results.map(({ predictions }) => predictions[0]?.label);

describe("a real server", () => {
  const client = (): ZeroclipClient => new ZeroclipClient({ baseUrl: `${baseUrl}/`, retries: 0 });

  it("classifies pictures of every form alike, and keeps their names", async () => {
    const bytes = new Uint8Array(photo("cat"));
    const files = await client().classify({
      images: [
        bytes,
        bytes.buffer,
        new File([photo("rocket")], "r.jpg", { type: "image/jpeg" }),
        { picture: new Blob([photo("coffee")]), name: "mug" },
      ],
      labels: LABELS,
      templates: ["a photo of a {}."],
    });
    expect(best(files)).toEqual(["cat", "cat", "rocket", "coffee"]);
    expect(files.results.map(({ image }) => image)).toEqual(["#0", "#1", "r.jpg", "mug"]);
    const mixed = await client().classify({
      images: [dataUrl("cat"), { picture: photo("rocket"), name: "r" }],
      labels: LABELS,
      templates: ["a photo of a {}."],
      top: 1,
    });
    expect(best(mixed)).toEqual(["cat", "rocket"]);
    expect(mixed.results[1]!.image).toBe("r");
    expect(mixed.results[0]!.predictions).toEqual(files.results[0]!.predictions.slice(0, 1));
  });

  it("gives a broken picture's error beside the others, and also where all are broken", async () => {
    const broken = new Blob(["no picture"]);
    const { results } = await client().classify({ images: [broken, photo("cat")], labels: LABELS });
    expect(results.map(({ error }) => error?.code)).toEqual(["image.format", undefined]);
    const none = await client().classify({ images: [broken], labels: LABELS });
    expect(none).toMatchObject({ results: [{ predictions: [], error: { code: "image.format" } }] });
  });

  it("asks for shapes: what fits, views, samples; a broken one has its error", async () => {
    const { points } = client();
    expect(await points.samples()).toContain("mug");
    const chair = await points.sample("chair", { seed: 2 });
    expect(chair.name).toBe("chair.ply");
    const broken = { shape: new Uint8Array([1, 2, 3]), name: "broken.glb" };
    const asked = { labels: ["chair", "car"], views: 6, viewWeights: { front: 1, left: 1 } } as const;
    const { model, results } = await points.classify({
      shapes: [chair, broken],
      ...asked,
      labels: [...asked.labels],
    });
    expect(model).toBe("starter");
    expect(results[0]).toMatchObject({ shape: "chair.ply", predictions: [{ label: "chair" }, {}] });
    expect(results[1]!.error?.code).toMatch(/^points\./);
    expect(await points.classify({ shapes: [broken], labels: ["a", "b"] })).toEqual({
      model: "",
      results: [expect.objectContaining({ shape: "broken.glb", predictions: [] })],
    });
    const drawn = await points.views({ shapes: [chair], views: 8, outline: true });
    expect(drawn.results[0]).toMatchObject({ views: { length: 8 }, outline: { faces: expect.any(String) } });
  });

  it("raises the server's code, sentence and request id", async () => {
    const asked = client().classify({ images: [photo("cat")], labelSet: "none-such" });
    const error = await asked.catch((thrown: unknown) => thrown as ZeroclipError);
    expect(error).toBeInstanceOf(ZeroclipError);
    expect(error).toMatchObject({
      status: 404,
      code: "labels.set",
      message: expect.stringContaining("none-such"),
    });
    expect((error as ZeroclipError).details.requestId).toMatch(/^[\w-]{36}$/);
  });

  it("embeds texts and pictures into unit vectors of one space", async () => {
    const { embeddings, model } = await client().embed({
      texts: ["a cat", "a rocket"],
      images: [photo("cat")],
    });
    expect(model).toBe("starter");
    const dot = (a: Float32Array, b: Float32Array): number =>
      a.reduce((sum, value, i) => sum + value * b[i]!, 0);
    const [cat, rocket, picture] = embeddings as [Float32Array, Float32Array, Float32Array];
    expect(dot(picture, picture)).toBeCloseTo(1, 5);
    expect(dot(cat, picture)).toBeGreaterThan(dot(rocket, picture));
    const { similarity } = await client().similarity({
      texts: ["a cat", "a rocket"],
      images: [photo("cat")],
    });
    // Pictures come first there.
    expect(similarity[0]![1]).toBeCloseTo(dot(picture, cat), 5);
  });

  it("changes label sets, and says when somebody else was first", async () => {
    const { labelSets } = client();
    expect((await labelSets.put("shelf", { labels: LABELS }, { create: true })).version).toBe(1);
    await expect(labelSets.put("shelf", { labels: LABELS }, { create: true })).rejects.toMatchObject({
      status: 412,
    });
    const { etag, set } = await labelSets.get("shelf");
    expect(set.labels.map(({ name }) => name)).toEqual(LABELS);
    await labelSets.patch("shelf", { add: ["dog"] }, { etag });
    await expect(labelSets.patch("shelf", { add: ["cow"] }, { etag })).rejects.toMatchObject({
      status: 412,
      code: "server.version",
    });
    expect(await labelSets.versions("shelf")).toEqual([1, 2]);
    expect((await labelSets.get("shelf", { version: 1 })).set.labels).toHaveLength(3);
    const { labelSet } = await client().classify({ images: [photo("cat")], labelSet: "shelf" });
    expect(labelSet).toEqual({ name: "shelf", version: 2 });
    await labelSets.delete("shelf");
    expect((await labelSets.list()).some(({ name }) => name === "shelf")).toBe(false);
  });

  it("tells of the server", async () => {
    expect(await client().ready()).toBe(true);
    expect(await client().server()).toMatchObject({
      version: "0.0.0",
      needsKey: false,
      limits: { pictures: 64 },
    });
    expect(await client().models()).toMatchObject([{ id: "starter", default: true }]);
  });

  it("shows its key", async () => {
    const home = join(one.home, "keys");
    const { key } = await createKey(home, "tab", ["read"]);
    const keys = await readKeys(home);
    await using locked = await startServer({ keys: () => keys });
    const url = await locked.server.app.listen({ host: "127.0.0.1", port: 0 });
    const ask = (apiKey?: string) =>
      new ZeroclipClient({ baseUrl: url, ...(apiKey === undefined ? {} : { apiKey }) }).models();
    await expect(ask()).rejects.toMatchObject({ code: "server.auth", status: 401 });
    expect(await ask(key)).toHaveLength(1);
  });
});

describe("an unreliable server", () => {
  let server: Server | undefined;
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });
  /** Answers one after the other with what is given, the last one from then on; keeps what it was sent. */
  const listen = async (...answers: ((request: IncomingMessage, response: ServerResponse) => void)[]) => {
    const bodies: string[] = [];
    server = createServer(async (request, response) => {
      let body = "";
      for await (const chunk of request) body += chunk;
      bodies.push(body);
      answers[Math.min(bodies.length, answers.length) - 1]!(request, response);
    });
    await new Promise<void>((done) => server!.listen(0, "127.0.0.1", done));
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, bodies };
  };
  const json =
    (status: number, body: unknown, headers: Record<string, string> = {}) =>
    (_: IncomingMessage, response: ServerResponse): void =>
      void response
        .writeHead(status, { "content-type": "application/json", ...headers })
        .end(JSON.stringify(body));
  const busy = json(429, { code: "server.busy", detail: "Later." }, { "retry-after": "0" });
  const models = json(200, { data: [] });

  it("asks again while it is busy or gone, with the whole body each time", async () => {
    const { url, bodies } = await listen(
      busy,
      (request) => request.socket.destroy(),
      json(200, { model: "m", results: [{ image: "a", predictions: [] }] }),
    );
    const client = new ZeroclipClient({ baseUrl: url });
    const answer = await client.classify({
      images: [{ picture: new Blob(["bytes"]), name: "a" }],
      labels: LABELS,
    });
    expect(answer.model).toBe("m");
    expect(bodies).toHaveLength(3);
    for (const body of bodies) expect(body).toMatch(/filename="a"[\s\S]*bytes/);
  });

  it("gives up after its tries, and never asks again what is wrong in itself", async () => {
    const first = await listen(busy);
    const twice = new ZeroclipClient({ baseUrl: first.url, retries: 2 });
    await expect(twice.models()).rejects.toMatchObject({ code: "server.busy", status: 429 });
    expect(first.bodies).toHaveLength(3);
    server!.close();
    const second = await listen(json(400, { code: "usage.request", detail: "No." }));
    await expect(new ZeroclipClient({ baseUrl: second.url }).models()).rejects.toMatchObject({ status: 400 });
    expect(second.bodies).toHaveLength(1);
  });

  it("ends at once when it is told to, also while it waits", async () => {
    const { url } = await listen(
      json(503, { code: "server.closing", detail: "Later." }, { "retry-after": "60" }),
    );
    const stop = new AbortController();
    const asked = new ZeroclipClient({ baseUrl: url }).models({ signal: stop.signal });
    setTimeout(() => stop.abort(new Error("enough")), 50);
    await expect(asked).rejects.toThrow("enough");
    await expect(new ZeroclipClient({ baseUrl: url }).models({ signal: stop.signal })).rejects.toThrow(
      "enough",
    );
  });

  it("does not wait for ever, and tells what is no zeroclip", async () => {
    const { url } = await listen(() => undefined);
    const client = new ZeroclipClient({ baseUrl: url, timeoutMs: 80, retries: 0 });
    await expect(client.models()).rejects.toMatchObject({ code: "timeout", status: 0 });
    server!.closeAllConnections();
    server!.close();
    const other = await listen((_, response) => void response.writeHead(200).end("<html>"), models);
    await expect(new ZeroclipClient({ baseUrl: other.url }).models()).rejects.toMatchObject({
      code: "answer",
    });
    const nobody = new ZeroclipClient({ baseUrl: "http://127.0.0.1:1", retries: 0 });
    await expect(nobody.models()).rejects.toMatchObject({ code: "network" });
    expect(() => new ZeroclipClient({ retries: -1 })).toThrow(RangeError);
  });
});

it("is small, and runs where Node is not", async () => {
  const { build } = await import("vite");
  const built = await build({
    configFile: false,
    logLevel: "silent",
    build: { write: false, minify: true, lib: { entry: "src/client/index.ts", formats: ["es"] } },
  });
  const [{ output }] = built as unknown as [{ output: { code: string; imports: string[] }[] }];
  const [{ code, imports }] = output as [{ code: string; imports: string[] }];
  expect(imports).toEqual([]);
  expect(code).not.toMatch(/\b(?:Buffer|process)\b/);
  expect(gzipSync(code).length).toBeLessThan(5_000);
});
