import { renameSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ZeroclipClient } from "../../src/client/index.js";
import { rowId } from "../../src/search/row.js";
import type { Hit } from "../../src/server/wire/search.js";
import { type SearchServer, startSearchServer } from "./database.js";
import { dataUrl, photo } from "./server.js";

let one: SearchServer;
let client: ZeroclipClient;
const names = (hits: readonly Hit[]): string[] => hits.map(({ name }) => name);

beforeAll(async () => {
  one = await startSearchServer();
  const baseUrl = await one.server.app.listen({ host: "127.0.0.1", port: 0 });
  client = new ZeroclipClient({ baseUrl, retries: 0 });
}, 180_000);
afterAll(() => one[Symbol.asyncDispose]());

const get = (url: string, headers: Record<string, string> = {}) =>
  one.server.app.inject({ method: "GET", url, headers });
const code = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "done",
    (error: { code: string }) => error.code,
  );

it("takes JSON alone, and all of it in the body", async () => {
  const ask = (url: string, type: string, payload: Buffer | string) =>
    one.server.app.inject({ method: "POST", url, headers: { "content-type": type }, payload });
  const picture = await ask("/v1/search", "image/jpeg", photo("cat"));
  expect(picture.statusCode).toBe(415);
  expect(picture.json()).toMatchObject({
    code: "server.media-type",
    detail: "Expected application/json but received a picture: in JSON a picture is a data: URL (/docs).",
  });
  const form = `--x\r\ncontent-disposition: form-data; name="text"\r\n\r\ncat\r\n--x--\r\n`;
  expect((await ask("/v1/search", "multipart/form-data; boundary=x", form)).statusCode).toBe(415);
  const elsewhere = await ask("/v1/search?db=nope", "application/json", '{"text":"cat"}');
  expect(elsewhere.statusCode).toBe(400);
  expect(elsewhere.json()).toMatchObject({ detail: expect.stringMatching(/^Expected db in the body/) });
});

describe.each(["pictures", "memory"])("the database %s", (db) => {
  it("is listed with what it holds", async () => {
    const found = (await client.databases.list()).find(({ name }) => name === db);
    expect(found).toMatchObject({ name: db, rows: 5, model: "starter", thumbnails: db === "memory" });
    expect(found).toMatchObject({ from: "2020-06-01T00:00:00.000Z", until: "2024-06-01T00:00:00.000Z" });
  });

  it("is browsed, the newest first, page by page", async () => {
    const whole = await client.search({ db });
    expect(names(whole.hits)).toEqual([
      "cat again.jpg",
      "rocket.jpg",
      "coffee.jpg",
      "cat.jpg",
      "astronaut.jpg",
    ]);
    expect(whole).toMatchObject({ db, total: 5, noGoodMatch: false });
    expect(whole.hits[0]).not.toHaveProperty("relevance");
    const parts: Hit[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await client.search({ db, top: 2, ...(cursor ? { cursor } : {}) });
      parts.push(...page.hits);
      cursor = page.next;
      if (cursor === undefined) break;
    }
    expect(parts).toEqual(whole.hits);
  });

  it("is searched by words, pictures, a part of one, and rows", async () => {
    const cat = await client.search({ db, text: "a cat", top: 2 });
    expect(cat.hits[0]).toMatchObject({ copies: 1, width: 451, height: 300 });
    expect(cat.hits[0]!.relevance).toBeGreaterThan(0.061);
    const near = await client.search({ db, image: photo("rocket"), all: true });
    expect(names(near.hits)[0]).toBe("rocket.jpg");
    expect(near.hits[0]!.similarity).toBeGreaterThan(0.99);
    const part = await client.search({ db, image: photo("rocket"), crop: [0, 0, 1, 1], all: true });
    expect(names(part.hits)).toEqual(names(near.hits));
    const [rocket] = near.hits;
    const like = await client.search({ db, like: rocket!.id, all: true });
    expect(names(like.hits)).not.toContain("rocket.jpg");
    expect(like.hits).toHaveLength(3);
    const again = await client.search({ db, like: rocket!.id, crop: [0.1, 0.1, 0.8, 0.8], all: true });
    expect(names(again.hits)[0]).toBe("rocket.jpg");
    const without = await client.search({ db, image: photo("rocket"), query: '-"a cat"', all: true });
    expect(names(without.hits)[0]).toBe("rocket.jpg");
    expect(await code(client.search({ db, query: '-"a cat"' }))).toBe("search.query");
    const typed = await client.search({ db, query: `+rocket -cat^0.5 +like:${rocket!.path}`, all: true });
    expect(names(typed.hits)).not.toContain("rocket.jpg");
  });

  it("is filtered", async () => {
    const of = async (filter: object): Promise<string[]> =>
      names((await client.search({ db, filter })).hits).sort();
    expect(await of({ folder: "living" })).toEqual(["astronaut.jpg", "cat.jpg"]);
    expect(await of({ since: "2022", until: "2023" })).toEqual(["coffee.jpg", "rocket.jpg"]);
    expect(await of({ minSize: 420 })).toEqual(["astronaut.jpg", "rocket.jpg"]);
    expect(await of({ minSize: "600x1" })).toEqual(["coffee.jpg", "rocket.jpg"]);
    expect(await of({ frame: true })).toEqual([]);
    expect(await of({ folder: "things", frame: false })).toEqual(["coffee.jpg", "rocket.jpg"]);
    const some = await client.search({ db, text: "a cat", filter: { folder: "things" }, all: true });
    expect(names(some.hits).sort()).toEqual(["coffee.jpg", "rocket.jpg"]);
  });

  it("says that nothing fits", async () => {
    const none = await client.search({ db, text: "a cat", minRelevance: 0.99 });
    expect(none).toMatchObject({ hits: [], noGoodMatch: true });
  });

  it("gives a picture, small and whole, with marks that browsers keep them by", async () => {
    const { hits } = await client.search({ db, filter: { folder: "things" } });
    const [rocket] = hits;
    const small = await get(rocket!.thumbnail);
    expect(small.statusCode).toBe(200);
    expect(small.headers["content-type"]).toBe("image/jpeg");
    expect(small.headers["cache-control"]).toMatch(/^private/);
    expect(small.rawPayload.length).toBeLessThan(30_000);
    const same = await get(rocket!.thumbnail, { "if-none-match": String(small.headers.etag) });
    expect(same.statusCode).toBe(304);
    const large = await get(`${rocket!.thumbnail}?side=512`);
    expect(large.rawPayload.length).toBeGreaterThan(small.rawPayload.length);
    const whole = await get(rocket!.picture);
    expect(whole.rawPayload.equals(photo("rocket"))).toBe(true);
    expect(whole.headers["content-security-policy"]).toContain("sandbox");
    const part = await get(rocket!.picture, { range: "bytes=10-19" });
    expect(part.statusCode).toBe(206);
    expect(part.rawPayload.equals(photo("rocket").subarray(10, 20))).toBe(true);
    const known = await client.databases.picture(db, rocket!.id);
    expect(known).toMatchObject({ path: "things/rocket.jpg", blank: false });
    expect(known.hash).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe("what is wrong", () => {
  it.each<[string, object, string]>([
    ["an unknown database", { db: "pictre" }, "search.missing"],
    ["a name of the prototype", { db: "constructor" }, "search.missing"],
    ["a database that climbs", { db: "../pictures" }, "usage.request"],
    ["more than a page", { top: 501 }, "usage.request"],
    ["a page of no number", { top: null }, "usage.request"],
    ["an id that climbs", { like: "../../etc/passwd" }, "usage.request"],
    ["an id that is not there", { like: "0".repeat(32) }, "search.like"],
    ["a cursor of nothing", { cursor: "bm90aGluZw" }, "search.cursor"],
    ["a crop beside the picture", { image: "@cat", crop: [0.6, 0, 0.6, 1] }, "search.query"],
    ["a crop of nothing", { image: "@cat", crop: [0, 0, 0, 0] }, "search.query"],
    ["a crop of three", { image: "@cat", crop: [0, 0, 1] }, "usage.request"],
    ["a crop without a picture", { crop: [0, 0, 1, 1] }, "usage.request"],
    ["a picture that is a path", { image: "/etc/passwd" }, "input.url"],
    ["a file in a query", { query: "image:/etc/passwd" }, "input.url"],
    ["an address in a query", { query: "image:http://127.0.0.1/x.jpg" }, "input.url"],
    ["a folder that climbs", { filter: { folder: "../.." } }, "search.filter"],
    ["a date that is none", { filter: { since: "yesterday" } }, "search.filter"],
    ["a size that is none", { filter: { minSize: "huge" } }, "search.filter"],
    ["a collection that is not there", { filter: { collection: "none" } }, "server.not-found"],
    ["a query to leave out alone", { query: "-cat" }, "search.query"],
    ["a query that does not end", { query: 'a "cat' }, "search.query"],
    ["both all and a bound", { text: "a", all: true, minRelevance: 0.5 }, "usage.request"],
    ["an unknown field", { texts: "a" }, "usage.request"],
    ["no picture", { image: "data:image/jpeg;base64,bm8=" }, "image.format"],
  ])("%s", async (_what, given, expected) => {
    const asked = "image" in given && given.image === "@cat" ? { ...given, image: dataUrl("cat") } : given;
    expect(await code(client.search(asked))).toBe(expected);
  });

  it("a cursor of another query or filter", async () => {
    const { next } = await client.search({ top: 1 });
    expect(await code(client.search({ top: 1, cursor: next!, filter: { folder: "living" } }))).toBe(
      "search.cursor",
    );
    expect(await code(client.search({ text: "a cat", cursor: next! }))).toBe("search.cursor");
  });

  it("numbers that JSON does not have, and keys of the prototype", async () => {
    for (const payload of [
      '{"top": NaN}',
      '{"minRelevance": 1e999, "text": "a"}',
      '{"__proto__": {"top": 1}}',
    ]) {
      const headers = { "content-type": "application/json" };
      const answer = await one.server.app.inject({ method: "POST", url: "/v1/search", headers, payload });
      expect(answer.statusCode, payload).toBe(400);
    }
  });

  it("says nothing of the machine's folders", async () => {
    const answers = [
      await one.server.app.inject({ method: "POST", url: "/v1/search", payload: { like: "0".repeat(32) } }),
      await one.server.app.inject({ method: "POST", url: "/v1/search", payload: {} }),
      await get("/v1/databases"),
    ];
    for (const { body } of answers) expect(body).not.toContain(one.folder);
  });

  it("other methods are told which are taken", async () => {
    for (const [method, url, allow] of [
      ["GET", "/v1/search", "POST"],
      ["DELETE", "/v1/classify", "POST"],
      ["POST", "/v1/databases", "GET, HEAD"],
      ["DELETE", "/v1/label-sets", "GET, HEAD, POST"],
      ["PATCH", "/v1/products/a", "DELETE, PUT"],
    ] as const) {
      const answer = await one.server.app.inject({ method, url });
      expect([answer.statusCode, answer.headers.allow, answer.json().code]).toEqual([
        405,
        allow,
        "server.method",
      ]);
    }
    expect((await get("/v1/nothing")).statusCode).toBe(404);
  });
});

describe("originals", () => {
  const file = (path: string): string =>
    `/v1/databases/pictures/pictures/${rowId(join(one.pictures, path).replaceAll("\\", "/"), null)}/file`;

  it("that changed, were exchanged for a link out, or are gone, are not given", async () => {
    const path = join(one.pictures, "things/coffee.jpg");
    expect((await get(file("things/coffee.jpg"))).statusCode).toBe(200);
    renameSync(path, `${path}.away`);
    expect((await get(file("things/coffee.jpg"))).statusCode).toBe(404);
    symlinkSync("/etc/hostname", path);
    expect((await get(file("things/coffee.jpg"))).json()).toMatchObject({ code: "server.not-found" });
    renameSync(path, `${path}.link`);
    writeFileSync(path, Buffer.alloc(photo("coffee").length));
    expect((await get(file("things/coffee.jpg"))).json().detail).toContain("it has changed");
    renameSync(`${path}.away`, path);
    // Another time, the same bytes.
    utimesSync(path, new Date(), new Date());
    expect((await get(file("things/coffee.jpg"))).statusCode).toBe(200);
  });

  it("with ids that are none are refused", async () => {
    for (const id of ["..%2f..%2fetc%2fpasswd", "%00", "f".repeat(31), "F".repeat(32)]) {
      const { statusCode } = await get(`/v1/databases/pictures/pictures/${id}/file`);
      expect([400, 404], id).toContain(statusCode);
    }
    expect((await get(`/v1/databases/pictures/pictures/${"0".repeat(32)}/file`)).statusCode).toBe(404);
    expect((await get("/v1/databases/pictures/pictures/x/thumbnail?side=99999")).statusCode).toBe(400);
  });
});

it("answers hold to the OpenAPI document, and its example is answered", async () => {
  const document = (await get("/openapi.json")).json();
  const { example } = document.paths["/v1/search"].post.requestBody.content["application/json"];
  expect((await client.search(example)).db).toBe("pictures");
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema({ $id: "doc", ...document });
  for (const [name, value] of [
    ["DatabaseList", (await get("/v1/databases")).json()],
    ["SearchResponse", await client.search({ text: "a cat", all: true })],
    ["SearchResponse", await client.search({})],
    ["StoredPicture", await client.databases.picture("pictures", (await client.search({})).hits[0]!.id)],
    ["Duplicates", await client.databases.duplicates("pictures")],
  ] as const) {
    const check = ajv.compile({ $ref: `doc#/components/schemas/${name}` });
    expect(check(value), JSON.stringify(check.errors)).toBe(true);
  }
});
