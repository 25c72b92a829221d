import { rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createKey } from "../../src/server/keys/keys.js";
import { keyStore } from "../../src/server/keys/store.js";
import { watchKeys } from "../../src/server/keys/watch.js";
import { dataUrl, startServer, type TestServer } from "./server.js";

let one: TestServer;
let port = 0;
const listen = async ({ server }: TestServer): Promise<number> => {
  await server.app.listen({ port: 0, host: "127.0.0.1" });
  return (server.app.server.address() as AddressInfo).port;
};
beforeAll(async () => {
  one = await startServer();
  await one.server.warm();
  port = await listen(one);
});
afterAll(() => one[Symbol.asyncDispose]());

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
