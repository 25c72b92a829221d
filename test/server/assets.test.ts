import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ZeroclipClient } from "../../src/client/index.js";
import type { KeyRecord } from "../../src/server/keys/keys.js";
import { type SearchServer, startSearchServer } from "./database.js";
import { photo } from "./server.js";

let one: SearchServer;
let client: ZeroclipClient;
let keys: KeyRecord[] = [];

beforeAll(async () => {
  one = await startSearchServer({ settings: { trash: true, uploads: "@uploads" }, keys: () => keys });
  const baseUrl = await one.server.app.listen({ host: "127.0.0.1", port: 0 });
  client = new ZeroclipClient({ baseUrl, retries: 0 });
}, 180_000);
afterAll(() => one[Symbol.asyncDispose]());

const code = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "done",
    (error: { code: string }) => error.code,
  );

describe("duplicates", () => {
  it("are grouped, with the one to keep", async () => {
    const { groups, total, extra } = await client.databases.duplicates("memory");
    expect({ total, extra }).toEqual({ total: 1, extra: 1 });
    const [group] = groups;
    expect(group!.kind).toBe("same");
    expect(group!.pictures.map(({ name, best }) => [name, best])).toEqual([
      ["cat again.jpg", true],
      ["cat.jpg", false],
    ]);
    expect(group!.best).toBe(group!.pictures[0]!.id);
  });

  it("go to the trash, and come back with their rows", async () => {
    const { groups } = await client.databases.duplicates("pictures");
    const [best, other] = groups[0]!.pictures.map(({ id }) => id);
    expect(await code(client.databases.trash("pictures", { pictures: [best!, other!] }))).toBe(
      "search.trash",
    );
    expect(await code(client.databases.trash("pictures", { pictures: ["0".repeat(32)] }))).toBe(
      "search.trash",
    );
    // Whoever looks at them may keep another one than was proposed.
    const { moved, undo } = await client.databases.trash("pictures", { pictures: [best!] });
    expect(moved).toBe(1);
    expect(existsSync(join(one.pictures, "copies", "cat again.jpg"))).toBe(false);
    expect((await client.search({ db: "pictures" })).total).toBe(4);
    expect((await client.databases.duplicates("pictures")).groups).toEqual([]);
    expect(await code(client.databases.undoTrash("pictures", "../../etc"))).toBe("search.trash");
    expect(await client.databases.undoTrash("pictures", undo!)).toEqual({ restored: 1 });
    expect(existsSync(join(one.pictures, "copies", "cat again.jpg"))).toBe(true);
    expect((await client.search({ db: "pictures" })).total).toBe(5);
  });

  it("a file that changed since stays, and the answer says so", async () => {
    const { groups } = await client.databases.duplicates("pictures");
    const other = groups[0]!.pictures.find(({ name }) => name === "cat.jpg")!;
    const path = join(one.pictures, "living", "cat.jpg");
    writeFileSync(path, "another");
    const answer = await client.databases.trash("pictures", { pictures: [other.id] });
    writeFileSync(path, photo("cat"));
    expect(answer).toMatchObject({ moved: 0, left: [{ code: "search.trash" }] });
    expect(answer.left![0]!.message).not.toContain(one.folder);
  });

  it("cursors and thresholds out of range are refused", async () => {
    expect(await code(client.databases.duplicates("memory", { cursor: "x" }))).toBe("search.cursor");
    expect(await code(client.databases.duplicates("memory", { threshold: 2 }))).toBe("usage.request");
    expect(await code(client.databases.duplicates("nobody"))).toBe("search.missing");
  });
});

it("a map has a point a picture, and clusters with names", async () => {
  const made = async () => client.databases.map("memory");
  await expect.poll(async () => (await made()).state).toBe("done");
  const map = await made();
  if (map.state !== "done") throw new Error("running");
  const { points, clusters, sampled, rows } = map;
  expect({ sampled, rows }).toEqual({ sampled: false, rows: 5 });
  expect(new Set(points.id).size).toBe(5);
  for (const list of [points.x, points.y]) expect(list.every((at) => at >= 0 && at <= 1)).toBe(true);
  expect(clusters.reduce((sum, { count }) => sum + count, 0)).toBe(5);
  expect(points.cluster.every((at) => at < clusters.length)).toBe(true);
});

describe("collections", () => {
  it("are kept in versions, found by, and removed", async () => {
    const ids = (await client.search({ db: "memory" })).hits.map(({ id }) => id);
    const name = "Für später 收藏";
    expect(
      await client.databases.putCollection("memory", name, ids.slice(0, 2), { create: true }),
    ).toMatchObject({
      name,
      version: 1,
      count: 2,
    });
    expect(await code(client.databases.putCollection("memory", name, [], { create: true }))).toBe(
      "server.version",
    );
    const { collection, etag } = await client.databases.collection("memory", name);
    expect(collection.pictures).toEqual(ids.slice(0, 2));
    expect((await client.databases.putCollection("memory", name, ids.slice(1, 4), { etag })).version).toBe(2);
    expect(await code(client.databases.putCollection("memory", name, [], { etag }))).toBe("server.version");
    const found = await client.search({ db: "memory", filter: { collection: name } });
    expect(found.hits.map(({ id }) => id).sort()).toEqual(ids.slice(1, 4).sort());
    expect((await client.databases.collections("memory")).map((known) => known.name)).toEqual([name]);
    expect(await client.databases.collections("pictures")).toEqual([]);
    await client.databases.deleteCollection("memory", name);
    expect(await code(client.databases.collection("memory", name))).toBe("server.not-found");
  });

  it.each(["..", "a/b", ".hidden", "a\u0000b", "x".repeat(65)])("the name %j is refused", async (name) => {
    expect(await code(client.databases.putCollection("memory", name, []))).toMatch(/^(?:usage|server)\./);
  });
});

describe("pictures that are added", () => {
  it("are found by the next request; the same again is known; what is none is told alone", async () => {
    const green = await sharp({ create: { width: 300, height: 200, channels: 3, background: "#1a4" } })
      .png()
      .toBuffer();
    const answer = await client.databases.upload("memory", [
      { picture: green, name: "green.png" },
      { picture: green, name: "again.png" },
      { picture: photo("cat"), name: "cat.jpg" },
      { picture: new TextEncoder().encode("<svg xmlns='http://www.w3.org/2000/svg'/>"), name: "no.svg" },
    ]);
    expect(answer.added).toBe(1);
    expect(answer.pictures.map(({ known, error }) => known ?? error?.code)).toEqual([
      false,
      true,
      true,
      "image.svg",
    ]);
    const [first] = answer.pictures;
    const { hits, total } = await client.search({ db: "memory" });
    expect([total, hits[0]!.id]).toEqual([6, first!.picture!.id]);
    const small = await one.server.app.inject({ url: hits[0]!.thumbnail });
    expect(small.headers["content-type"]).toBe("image/jpeg");
    expect((await one.server.app.inject({ url: hits[0]!.picture })).rawPayload.equals(green)).toBe(true);
  });

  it("bombs and broken ones leave nothing on the disk", async () => {
    const folder = join(one.uploads, "memory");
    const files = (): number =>
      readdirSync(folder, { recursive: true, withFileTypes: true }).filter((f) => f.isFile()).length;
    const before = files();
    const wide = await sharp({ create: { width: 20_000, height: 10_000, channels: 3, background: "red" } })
      .png({ compressionLevel: 9 })
      .toBuffer();
    const { pictures, added } = await client.databases.upload("memory", [
      { picture: wide, name: "wide.png" },
      { picture: photo("cat").subarray(0, 300), name: "cut.jpg" },
    ]);
    expect(added).toBe(0);
    expect(pictures.map(({ error }) => error?.code.split(".")[0])).toEqual(["image", "image"]);
    expect(files()).toBe(before);
  });

  it("an empty form and what is no form are refused", async () => {
    expect(await code(client.databases.upload("memory", []))).toMatch(/^(?:input\.none|usage\.form)$/);
    const { statusCode } = await one.server.app.inject({
      method: "POST",
      url: "/v1/databases/memory/pictures",
      headers: { "content-type": "image/jpeg" },
      payload: photo("cat"),
    });
    expect(statusCode).toBe(415);
  });
});

it("where keys are asked, an address of a picture works by its mark alone, and only for it", async () => {
  const { createKey, readKeys } = await import("../../src/server/keys/keys.js");
  const { key } = await createKey(one.home, "reader", ["read"]);
  keys = [...(await readKeys(one.home))];
  try {
    const { app } = one.server;
    const asked = await app.inject({
      method: "POST",
      url: "/v1/search",
      headers: { authorization: `Bearer ${key}` },
      payload: { db: "memory" },
    });
    const [a, b] = asked.json().hits as { thumbnail: string; picture: string; id: string }[];
    expect(a!.thumbnail).toContain("mark=");
    for (const url of [a!.thumbnail, a!.picture]) expect((await app.inject({ url })).statusCode).toBe(200);
    const bare = a!.thumbnail.split("?")[0]!;
    for (const url of [
      bare,
      `${b!.thumbnail.split("?")[0]}?${a!.thumbnail.split("?")[1]}`,
      `${bare}?until=1&mark=x`,
    ])
      expect((await app.inject({ url })).statusCode, url).toBe(401);
    expect((await app.inject({ url: bare, headers: { "x-api-key": key } })).statusCode).toBe(200);
    expect((await app.inject({ url: "/v1/databases" })).statusCode).toBe(401);
    const body = { pictures: [a!.id] };
    const headers = { authorization: `Bearer ${key}` };
    const trash = {
      method: "POST",
      url: "/v1/databases/memory/duplicates/trash",
      payload: body,
      headers,
    } as const;
    expect((await app.inject(trash)).json().code).toBe("server.scope");
  } finally {
    keys = [];
  }
});
