import { mkdtempSync, rmSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { type AddressInfo, connect as connectTcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createKey } from "../../src/server/keys/keys.js";
import { LIVE_KEY, LIVE_PROTOCOL, type LiveStart } from "../../src/server/wire/live.js";
import { connect, type LiveClient } from "./live-client.js";
import { photo, startServer, type TestServer } from "./server.js";

const cat = photo("cat");
const START: LiveStart = { type: "start", labels: ["cat", "rocket", "cup of coffee"] };

let one: TestServer;
const listen = async ({ server }: TestServer): Promise<void> => {
  await server.app.listen({ port: 0, host: "127.0.0.1" });
};
beforeAll(async () => {
  one = await startServer({ settings: { maxStreamBytes: 1_000_000, maxStreams: 5, maxStreamFps: 120 } });
  await one.server.warm();
  await listen(one);
});
afterAll(() => one[Symbol.asyncDispose]());

async function started(start: LiveStart | Record<string, unknown> = START): Promise<LiveClient> {
  const client = await connect(one);
  client.say(start);
  return client;
}

const close = async (client: LiveClient): Promise<void> => {
  client.socket.close();
  await client.end();
};

describe("what is refused", () => {
  it.each([
    ["a frame before the start", (client: LiveClient) => client.frame(cat, 0), "usage.request"],
    ["labels before the start", (client: LiveClient) => client.say({ type: "labels" }), "usage.request"],
    ["a start without labels", (client: LiveClient) => client.say({ type: "start" }), "usage.labels"],
    ["an unknown model", (client: LiveClient) => client.say({ ...START, model: "ViT-X" }), "model.unknown"],
    [
      "thresholds out of order",
      (client: LiveClient) => client.say({ ...START, on: 0.2, off: 0.5 }),
      "live.options",
    ],
    [
      "a flood",
      (client: LiveClient) => {
        for (let i = 0; i < 1_500; i++) client.socket.send("{}");
      },
      "server.busy",
    ],
  ])("%s ends the stream with an error", async (_, say, code) => {
    const client = await connect(one);
    say(client);
    expect(await client.end()).toEqual({ code: 1008, reason: code });
    expect(client.told.at(-1)).toMatchObject({ type: "error", code });
  });

  it("a message above the limit closes with 1009, and a field that is not known is told", async () => {
    const client = await connect(one);
    client.say({ ...START, colour: "red" });
    expect(await client.next("error")).toMatchObject({ code: "usage.request" });
    client.socket.send(`{"type": "start", "labels": [${"[],".repeat(150_000)}1]}`);
    expect(await client.next("error")).toMatchObject({ message: /200000 values/ as unknown as string });
    client.say(START);
    await client.next("ready");
    client.say(START);
    expect(await client.next("error")).toMatchObject({ message: /second/ as unknown as string });
    client.socket.send(Buffer.alloc(1_000_001));
    expect((await client.end()).code).toBe(1009);
  });

  it("more streams than allowed, until one is closed", async () => {
    const clients = await Promise.all(Array.from({ length: 5 }, () => connect(one)));
    await expect(connect(one)).rejects.toMatchObject({ status: 429, code: "server.busy" });
    await Promise.all(clients.map(close));
    const metrics = async (): Promise<string> => (await one.server.app.inject("/metrics")).body;
    await expect.poll(metrics).toMatch(/^zeroclip_live_streams 0$/m);
    await close(await connect(one));
  });

  it("pages of other origins, other hosts' names, and requests that are no WebSocket", async () => {
    const headers = { origin: "https://elsewhere.example" };
    await expect(connect(one, { headers })).rejects.toMatchObject({ status: 403, code: "server.origin" });
    await expect(connect(one, { headers: { host: "rebound.example" } })).rejects.toMatchObject({
      status: 421,
      code: "server.host",
    });
    const { port } = one.server.app.server.address() as AddressInfo;
    const same = { origin: `http://127.0.0.1:${port}` };
    await close(await connect(one, { headers: same }));
    const plain = await one.server.app.inject("/v1/live");
    expect([plain.statusCode, plain.json().code]).toEqual([400, "usage.request"]);
  });

  it("an offer of HTTP/2 is answered as before, with its body", async () => {
    const { port } = one.server.app.server.address() as AddressInfo;
    const answer = await new Promise<{ status: number; body: string }>((done, fail) => {
      const asking = httpRequest(
        {
          ...{ port, host: "127.0.0.1", method: "POST", path: "/v1/classify?labels=cat,dog" },
          headers: { connection: "Upgrade, HTTP2-Settings", upgrade: "h2c", "content-type": "image/jpeg" },
        },
        (response) => {
          let body = "";
          response.on("data", (chunk) => {
            body += chunk;
          });
          response.on("end", () => done({ status: response.statusCode!, body }));
        },
      );
      asking.on("error", fail);
      asking.end(cat);
    });
    expect([answer.status, JSON.parse(answer.body).results[0].predictions[0].label]).toEqual([200, "cat"]);
  });

  it("bytes that are no WebSocket's close with 1002, and a client that vanishes leaves nothing", async () => {
    const { port } = one.server.app.server.address() as AddressInfo;
    const socket = connectTcp(port, "127.0.0.1");
    socket.write(
      "GET /v1/live HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
    const [head] = await new Promise<[string, unknown]>((done) => {
      socket.once("data", (data) => done([String(data), undefined]));
    });
    expect(head).toMatch(/^HTTP\/1\.1 101 /);
    socket.write(Buffer.alloc(64, 0xff));
    await new Promise((done) => socket.once("data", done));
    socket.destroy();
    const client = await started();
    await client.next("ready");
    client.frame(cat, 0);
    client.socket.terminate();
    await client.end();
    await close(await connect(one));
  });
});

it("keys: as a header or a subprotocol, and one that is taken away ends nothing new", async () => {
  const home = mkdtempSync(join(tmpdir(), "zeroclip-keys-"));
  const { key, record } = await createKey(home, "page", ["read"]);
  rmSync(home, { recursive: true });
  await using two = await startServer({ keys: () => [record], settings: { auth: "required" } });
  await listen(two);
  await expect(connect(two)).rejects.toMatchObject({ status: 401, code: "server.auth" });
  const wrong = [LIVE_PROTOCOL, `${LIVE_KEY}zc_wrong`];
  await expect(connect(two, { protocols: wrong })).rejects.toMatchObject({ status: 401 });
  const page = await connect(two, { protocols: [LIVE_PROTOCOL, `${LIVE_KEY}${key}`] });
  expect(page.socket.protocol).toBe(LIVE_PROTOCOL);
  const program = await connect(two, { headers: { authorization: `Bearer ${key}` } });
  page.say(START);
  expect(await page.next("ready")).toMatchObject({ labels: 3 });
  await close(program);
  await close(page);
});

it("a stream without messages is closed, and the end of the server closes all with 1001", async () => {
  await using two = await startServer({ settings: { streamIdleMs: 300 } });
  await two.server.warm();
  await listen(two);
  const idle = await connect(two);
  expect(await idle.end()).toEqual({ code: 1008, reason: "server.timeout" });
  // A stream is no answer in the making: it is not waited for.
  await using three = await startServer({ settings: { drainMs: 600_000 } });
  await listen(three);
  const client = await connect(three);
  client.say(START);
  await client.next("ready");
  client.frame(cat, 0);
  await client.next("frame");
  await three.server.close();
  expect(await client.end()).toEqual({ code: 1001, reason: "server.closing" });
});
