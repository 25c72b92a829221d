import { rmSync } from "node:fs";
import { type AddressInfo, connect, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createKey } from "../../src/server/keys/keys.js";
import { keyStore } from "../../src/server/keys/store.js";
import { watchKeys } from "../../src/server/keys/watch.js";
import { dataUrl, startServer, type TestServer } from "./server.js";

const HEAD = "Host: localhost\r\n";
const portOf = ({ server }: TestServer): number => (server.app.server.address() as AddressInfo).port;

/** A connection and what came back on it. */
interface Wire {
  readonly socket: Socket;
  readonly text: () => string;
  readonly closed: () => boolean;
}

async function wire(port: number): Promise<Wire> {
  const socket = connect(port, "127.0.0.1");
  let text = "";
  let closed = false;
  socket.on("data", (chunk) => {
    text += chunk.toString("latin1");
  });
  socket.on("error", () => undefined);
  socket.on("close", () => {
    closed = true;
  });
  await new Promise<void>((done) => socket.once("connect", done));
  return { socket, text: () => text, closed: () => closed };
}
const statuses = (text: string): number[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));

let one: TestServer;
let port = 0;
const listen = async (server: TestServer): Promise<number> => {
  await server.server.app.listen({ port: 0, host: "127.0.0.1" });
  return portOf(server);
};
beforeAll(async () => {
  one = await startServer();
  await one.server.warm();
  port = await listen(one);
});
afterAll(() => one[Symbol.asyncDispose]());

const classify = (at = port): Promise<Response> =>
  fetch(`http://127.0.0.1:${at}/v1/classify`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ image: dataUrl("cat"), labels: ["cat", "dog"] }),
  });

describe("connections", () => {
  it("three hundred that send a head byte by byte hold nobody else up, and are ended", async () => {
    await using slow = await startServer({ settings: { bodyTimeoutMs: 2000 } });
    await slow.server.warm();
    const at = await listen(slow);
    const wires = await Promise.all(Array.from({ length: 300 }, () => wire(at)));
    const request = `POST /v1/classify HTTP/1.1\r\n${HEAD}X-A: `;
    let sent = 0;
    const drip = setInterval(() => {
      const next = request[sent++] ?? "a";
      for (const { socket } of wires) if (socket.writable) socket.write(next);
    }, 20);
    try {
      expect((await classify(at)).status).toBe(200);
      await expect.poll(() => wires.every(({ closed }) => closed()), { timeout: 30_000 }).toBe(true);
      expect(new Set(wires.flatMap(({ text }) => statuses(text())))).toEqual(new Set([408]));
    } finally {
      clearInterval(drip);
    }
    expect((await classify(at)).status).toBe(200);
  }, 60_000);

  it("more than are allowed are closed, and there is room again once some have gone", async () => {
    await using few = await startServer({ settings: { maxConnections: 10 } });
    const at = await listen(few);
    const wires = await Promise.all(Array.from({ length: 14 }, () => wire(at)));
    await expect.poll(() => wires.filter(({ closed }) => closed()).length).toBe(4);
    for (const { socket } of wires) socket.destroy();
    await expect
      .poll(async () => (await fetch(`http://127.0.0.1:${at}/healthz`).catch(() => undefined))?.status)
      .toBe(200);
  });

  it("five hundred requests in one write are answered in order, each by itself", async () => {
    const line = (i: number): string =>
      i % 5 === 4
        ? `GET /v1/label-sets/none-${i} HTTP/1.1\r\n${HEAD}\r\n`
        : i % 5 === 3
          ? `POST /v1/classify HTTP/1.1\r\n${HEAD}Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`
          : `GET /healthz HTTP/1.1\r\n${HEAD}\r\n`;
    const expected = [200, 200, 200, 400, 404];
    const { socket, text } = await wire(port);
    socket.write(Array.from({ length: 500 }, (_, i) => line(i)).join(""));
    await expect.poll(() => statuses(text()).length, { timeout: 20_000 }).toBe(500);
    expect(statuses(text())).toEqual(Array.from({ length: 500 }, (_, i) => expected[i % 5]));
    socket.destroy();
  });

  it("a request hidden in the body of another is no request", async () => {
    const hidden = `GET /v1/models HTTP/1.1\r\n${HEAD}\r\n`;
    const { socket, text } = await wire(port);
    socket.write(
      `GET /healthz HTTP/1.1\r\n${HEAD}Content-Length: ${hidden.length}\r\n\r\n${hidden}GET /readyz HTTP/1.1\r\n${HEAD}\r\n`,
    );
    await expect.poll(() => statuses(text()).length).toBe(2);
    expect(text()).not.toContain('"object":"list"');
    socket.destroy();
  });
});

describe("memory", () => {
  it("answers that nobody reads hold no place of others, and the longest unread are cut off", async () => {
    await using small = await startServer({ settings: { maxInFlight: 4 } });
    const at = await listen(small);
    const labels = Array.from({ length: 14_000 }, (_, i) => ({
      name: `label ${i}`,
      description: "d".repeat(500),
    }));
    const url = `http://127.0.0.1:${at}/v1/label-sets/big`;
    const put = {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ labels }),
    };
    expect((await fetch(url, put)).status).toBe(200);
    const wires = await Promise.all(
      Array.from({ length: 60 }, async () => {
        const one = await wire(at);
        one.socket.pause();
        return one;
      }),
    );
    // One after the other: each is given before the next one asks.
    for (const { socket } of wires) {
      socket.write(`GET /v1/label-sets/big HTTP/1.1\r\n${HEAD}\r\n`);
      await expect.poll(async () => (await fetch(`http://127.0.0.1:${at}/v1/models`)).status).toBe(200);
    }
    // 60 answers of 7.5 MB are more than 256 MB: the first ones are gone.
    for (const { socket } of wires.slice(0, 10)) socket.resume();
    await expect
      .poll(() => wires.slice(0, 10).every(({ closed }) => closed()), { timeout: 20_000 })
      .toBe(true);
    const { socket, text } = wires.at(-1)!;
    socket.resume();
    await expect.poll(() => text().length, { timeout: 20_000 }).toBeGreaterThan(7_000_000);
    for (const one of wires) one.socket.destroy();
  }, 60_000);

  it("bodies of all requests together are bounded before they come; a small one still fits", async () => {
    await using small = await startServer({
      settings: { maxBodiesBytes: 10_000_000, maxBodyBytes: 8_000_000 },
    });
    await small.server.warm();
    const at = await listen(small);
    const head = (more: string): string =>
      `POST /v1/classify?labels=a,b HTTP/1.1\r\n${HEAD}Content-Type: image/jpeg\r\n${more}\r\n\r\n`;
    const first = await wire(at);
    first.socket.write(head("Content-Length: 7000000"));
    first.socket.write(Buffer.alloc(1_000_000));
    await expect
      .poll(async () => {
        const second = await wire(at);
        second.socket.write(head("Content-Length: 7000000"));
        await expect.poll(() => statuses(second.text()).length).toBe(1);
        second.socket.destroy();
        return statuses(second.text());
      })
      .toEqual([429]);
    // One that does not say how long it is may be the largest.
    const third = await wire(at);
    third.socket.write(head("Transfer-Encoding: chunked"));
    await expect.poll(() => statuses(third.text())).toEqual([429]);
    expect(third.text()).toMatch(/retry-after: 1/i);
    expect((await classify(at)).status).toBe(200);
    first.socket.destroy();
    third.socket.destroy();
    await expect
      .poll(async () => {
        const again = await wire(at);
        again.socket.write(
          Buffer.concat([Buffer.from(head("Content-Length: 7000000")), Buffer.alloc(7_000_000)]),
        );
        await expect.poll(() => statuses(again.text()).length).toBe(1);
        again.socket.destroy();
        return statuses(again.text());
      })
      .toEqual([400]);
  }, 30_000);
});

describe("label sets", () => {
  const json = { "content-type": "application/json" };
  const address = (name: string): string => `http://127.0.0.1:${port}/v1/label-sets/${name}`;
  const change = (name: string, method: string, body: unknown, headers: Record<string, string> = {}) =>
    fetch(address(name), { method, headers: { ...json, ...headers }, body: JSON.stringify(body) });

  it.each([
    ["full width", "ｓｈｅｌｆ"],
    ["a ligature", "ﬁsh"],
    ["turned round", "shelf\u202etxt"],
    ["of no width", "she\u200blf"],
    ["combining", "she\u0301lf"],
    ["an emoji", "🍎"],
    ["half a pair", "%ed%a0%80"],
    ["overlong", "%c0%ae%c0%ae"],
    ["a line break", "a%0ab"],
    ["a backslash", "..%5c..%5ckeys"],
    ["a colon", "c:keys"],
    ["a stream of NTFS", "shelf::$DATA"],
    ["dots", "%2e%2e"],
    ["a tilde", "~root"],
    ["Turkish", "ıstanbul"],
    ["the longest and one", "a".repeat(65)],
  ])("a name that is %s is refused with a code", async (_, name) => {
    const coded = name.includes("%") ? name : encodeURIComponent(name);
    for (const method of ["PUT", "PATCH"]) {
      const answer = await change(coded, method, method === "PUT" ? { labels: ["a", "b"] } : { add: ["a"] });
      expect([400, 404]).toContain(answer.status);
      expect(await answer.json()).toMatchObject({
        code: expect.stringMatching(/^(?:usage|labels|server)\./),
      });
    }
    expect([400, 404]).toContain((await fetch(address(coded))).status);
  });

  it.each(["constructor", "tostring", "con", "nul", "0", "a".repeat(64)])(
    "%s is a name as any other",
    async (name) => {
      expect((await fetch(address(name))).status).toBe(404);
      expect((await change(name, "PUT", { labels: ["cup", "constructor", "__proto__"] })).status).toBe(200);
      const { labels } = (await (await fetch(address(name))).json()) as { labels: { name: string }[] };
      expect(labels.map((label) => label.name)).toEqual(["cup", "constructor", "__proto__"]);
      expect((await change(name, "PATCH", { remove: ["__proto__"], add: ["toString"] })).status).toBe(200);
      expect((await fetch(address(name), { method: "DELETE" })).status).toBe(204);
    },
  );

  it("of many that change one version at once exactly one is first; the others are told", async () => {
    const created = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        change("race", "PUT", { labels: ["a", `b${i}`] }, { "if-none-match": "*" }),
      ),
    );
    expect(created.map(({ status }) => status).sort()).toEqual([200, ...Array(19).fill(412)]);
    for (let round = 1; round <= 5; round++) {
      const etag = (await fetch(address("race"))).headers.get("etag")!;
      const tags = [etag, `"0-0", ${etag}`, `${etag}, "x"`];
      const changed = await Promise.all(
        Array.from({ length: 24 }, (_, i) => {
          const match = { "if-match": tags[i % 3]! };
          return i % 2 === 0
            ? change("race", "PATCH", { add: [`round ${round} ${i}`] }, match)
            : change("race", "PUT", { labels: ["a", "b", `round ${round} ${i}`] }, match);
        }),
      );
      expect(changed.map(({ status }) => status).sort()).toEqual([200, ...Array(23).fill(412)]);
      const { version } = (await (await fetch(address("race"))).json()) as { version: number };
      expect(version).toBe(round + 1);
    }
    const etag = (await fetch(address("race"))).headers.get("etag")!;
    const removed = await Promise.all(
      Array.from({ length: 10 }, () =>
        fetch(address("race"), { method: "DELETE", headers: { "if-match": etag } }),
      ),
    );
    expect(removed.map(({ status }) => status).sort()).toEqual([204, ...Array(9).fill(404)]);
  });

  it.each(['W/"1"', "1", '"', "*,*", "\u00ff", '"'.repeat(9_000), ",".repeat(9_000)])(
    "an If-Match of %j is no version",
    async (match) => {
      await change("tags", "PUT", { labels: ["a", "b"] });
      const answer = await change("tags", "PATCH", { add: [`c ${match.length}`] }, { "if-match": match });
      expect(answer.status).toBe(match === "*,*" ? 200 : 412);
    },
  );
});

describe("a home folder that is taken away while it is served", () => {
  it("sets are answered as they were, and can be made anew; keys open no door", async () => {
    await using two = await startServer();
    const created = await createKey(two.home, "shop", ["read", "write"]);
    const errors: string[] = [];
    using keys = await watchKeys(two.home, (message) => errors.push(message));
    await using locked = await startServer({
      labelSets: `${two.home}/label-sets`,
      keys: () => keys.now,
      keyStore: keyStore(two.home, keys),
    });
    const at = await listen(locked);
    const ask = (method: string, path: string, body?: unknown, key = created.key): Promise<Response> =>
      fetch(`http://127.0.0.1:${at}${path}`, {
        method,
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
    expect((await ask("PUT", "/v1/label-sets/shelf", { labels: ["cup", "plate"] })).status).toBe(200);
    rmSync(two.home, { recursive: true, force: true });
    await keys.refresh();
    expect(errors).toEqual([expect.stringMatching(/their file is gone/)]);
    expect((await ask("GET", "/v1/models", undefined, "zc_none")).status).toBe(401);
    expect((await ask("GET", "/v1/label-sets/shelf")).status).toBe(200);
    const asked = { image: dataUrl("cat"), labelSet: "shelf" };
    expect((await ask("POST", "/v1/classify", asked)).status).toBe(200);
    expect((await ask("PUT", "/v1/label-sets/shelf", { labels: ["cup", "fork"] })).status).toBe(200);
    expect((await ask("POST", "/v1/classify", asked)).status).toBe(200);
  });
});
