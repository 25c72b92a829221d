import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createKey, readKeys } from "../../src/server/keys/keys.js";
import { localResolver } from "../support/resolver.js";
import { expectRefused, good, HEAD, post, type Raw, send } from "./raw.js";
import { photo, startServer, type TestServer } from "./server.js";

const cat = photo("cat");
let one: TestServer;
let port = 0;
beforeAll(async () => {
  one = await startServer();
  await one.server.warm();
  await one.server.app.listen({ port: 0, host: "127.0.0.1" });
  port = (one.server.app.server.address() as AddressInfo).port;
});
afterAll(() => one[Symbol.asyncDispose]());
afterEach(async () => {
  expect((await good(port)).status).toBe(200);
});

const raw = (bytes: Buffer | string, { at = port } = {}): Promise<Raw> => send(bytes, at);

describe("addresses, where they are fetched", () => {
  let inner: Server;
  let asked = 0;
  /** Where /to leads. */
  let redirect = "/";
  let fetching: TestServer;
  let at = 0;
  beforeAll(async () => {
    inner = createServer(({ url }, answer) => {
      asked += 1;
      if (url === "/to") answer.writeHead(302, { location: redirect });
      answer.end(cat);
    });
    await new Promise<void>((ready) => inner.listen(0, "127.0.0.1", ready));
    fetching = await startServer({ settings: { fetchUrls: true } });
    await fetching.server.app.listen({ port: 0, host: "127.0.0.1" });
    at = (fetching.server.app.server.address() as AddressInfo).port;
  });
  afterAll(async () => {
    inner.close();
    await fetching[Symbol.asyncDispose]();
  });

  it.each([
    "127.0.0.1",
    "localhost",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "0.0.0.0",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[64:ff9b::7f00:1]",
    "[fe80::1]",
    "[fc00::1]",
    "169.254.169.254",
    "metadata.google.internal",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.0.1",
    "100.64.0.1",
    "rebinding.example",
    "user:pass@127.0.0.1",
    "127.0.0.1.",
  ])("%s is refused, and nothing is asked there", async (host) => {
    const { port: innerPort } = inner.address() as AddressInfo;
    const body = JSON.stringify({ image: `http://${host}:${innerPort}/a.jpg`, labels: ["a", "b"] });
    expectRefused(await raw(post("/v1/classify", body), { at }), host);
    expect(asked).toBe(0);
  });

  it("names that point inside the second time reach nothing (DNS rebinding)", async () => {
    const innerPort = (inner.address() as AddressInfo).port;
    const seen: string[] = [];
    // An address of no network first, as a public one would be; from the second question on this machine.
    await using resolver = await localResolver((name) => {
      seen.push(name);
      if (name === "both.example") return ["93.184.216.34", "127.0.0.1"];
      if (name === "flip.example" && seen.filter((one) => one === name).length === 1) return ["2fff::1"];
      return ["127.0.0.1"];
    });
    const options = { lookup: resolver.lookup, ports: [innerPort], timeout: 1000 };
    await using one = await startServer(
      { settings: { fetchUrls: true } },
      { ...options, allowHosts: ["own.example"] },
    );
    await one.server.app.listen({ port: 0, host: "127.0.0.1" });
    const rebound = { at: (one.server.app.server.address() as AddressInfo).port };
    const ask = async (host: string): Promise<string> => {
      const image = `http://${host}:${innerPort}/to`;
      const answer = await raw(post("/v1/classify", JSON.stringify({ image, labels: ["a", "b"] })), rebound);
      expectRefused(answer, host);
      // Nothing is told of what the own network's names are.
      expect(answer.body).not.toContain("127.0.0.1");
      return JSON.parse(answer.body).code;
    };
    // One of its addresses is private: none is taken.
    expect(await ask("both.example")).toBe("image.fetch-private");
    // The connection goes to the address that was checked, and the name is not asked again for it.
    expect(await ask("flip.example")).toBe("image.fetch");
    expect(seen.filter((name) => name === "flip.example")).toHaveLength(1);
    expect(await ask("flip.example")).toBe("image.fetch-private");
    expect(asked).toBe(0);
    // From a host that may be asked, to one that may not.
    redirect = `http://rebound.example:${innerPort}/a.jpg`;
    expect(await ask("own.example")).toBe("image.fetch-private");
    expect(asked).toBe(1);
    asked = 0;
  });

  it.each([
    "http://example.org:22/a.jpg",
    "https://example.org:6379/a.jpg",
    "ftp://example.org/a.jpg",
    "gopher://127.0.0.1/",
    "//127.0.0.1/a",
    "http://",
    "http://[::1",
    "http:///a",
  ])("%s is refused", async (image) => {
    expectRefused(
      await raw(post("/v1/classify", JSON.stringify({ image, labels: ["a", "b"] })), { at }),
      image,
    );
  });
});

describe("keys", () => {
  let locked: TestServer;
  let at = 0;
  let keys: Record<"read" | "write", string>;
  beforeAll(async () => {
    const home = one.home;
    const read = await createKey(home, "reader", ["read"]);
    const write = await createKey(home, "writer", ["read", "write"]);
    keys = { read: read.key, write: write.key };
    const known = await readKeys(home);
    locked = await startServer({ keys: () => known });
    await locked.server.app.listen({ port: 0, host: "127.0.0.1" });
    at = (locked.server.app.server.address() as AddressInfo).port;
  });
  afterAll(() => locked[Symbol.asyncDispose]());
  const put = (more: string): Buffer =>
    Buffer.concat([
      Buffer.from(
        `PUT /v1/label-sets/x HTTP/1.1\r\n${HEAD}Content-Type: application/json\r\n${more}Content-Length: 20\r\n\r\n`,
      ),
      Buffer.from('{"labels":["a","b"]}'),
    ]);

  it.each([
    ["none", ""],
    ["an empty one", "Authorization: Bearer \r\n"],
    ["a wrong one", `Authorization: Bearer zc_000000000000_${"A".repeat(43)}\r\n`],
    ["a long one", `Authorization: Bearer ${"A".repeat(9000)}\r\n`],
    ["another scheme", "Authorization: Basic YTpi\r\n"],
  ])("%s is refused", async (what, header) => {
    const answer = await raw(put(header), { at });
    expectRefused(answer, what);
    expect(answer.status).toBe(401);
  });

  it("a key does what it may and no more; what watches needs none", async () => {
    expect((await raw(put(`Authorization: Bearer ${keys.read}\r\n`), { at })).status).toBe(403);
    expect((await raw(put(`Authorization: Bearer ${keys.write}\r\n`), { at })).status).toBe(200);
    const get = (url: string, header = ""): Promise<Raw> =>
      raw(`GET ${url} HTTP/1.1\r\n${HEAD}${header}\r\n`, { at });
    expect((await get("/v1/models", `X-Api-Key: ${keys.read}\r\n`)).status).toBe(200);
    expect((await get("/v1/models")).status).toBe(401);
    expect((await get("/metrics")).status).toBe(401);
    expect((await get("/healthz")).status).toBe(200);
  });
});
