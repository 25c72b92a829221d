import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { ZeroclipClient } from "../../src/client/index.js";
import { milvusAddress, milvusLite, NO_MILVUS } from "../support/milvus-lite.js";
import { type SearchServer, startSearchServer } from "./database.js";
import { photo } from "./server.js";

// What a page asks of a server, of a database on Milvus: the same answers as of a folder.
describe.skipIf(NO_MILVUS)(`a server on Milvus${NO_MILVUS}`, () => {
  const milvus = milvusLite();
  let one: SearchServer;
  let client: ZeroclipClient;
  beforeAll(async () => {
    await milvus.start();
    const settings = { uploads: "@uploads", trash: true };
    one = await startSearchServer({ settings }, { shop: milvusAddress(milvus, "shop") });
    const baseUrl = await one.server.app.listen({ host: "127.0.0.1", port: 0 });
    client = new ZeroclipClient({ baseUrl, retries: 0 });
  });
  afterAll(async () => {
    await one?.[Symbol.asyncDispose]();
    await milvus[Symbol.asyncDispose]();
  });

  it("lists, browses, searches and filters as on a folder", async () => {
    const [folder, shop] = ["pictures", "shop"];
    const listed = await client.databases.list();
    const of = (name: string) => {
      const { name: _, thumbnails: __, ...rest } = listed.find((found) => found.name === name)!;
      return rest;
    };
    expect(of(shop!)).toEqual(of(folder!));
    for (const asked of [
      {},
      { top: 2 },
      { text: "a cat", all: true },
      { query: 'cat -"a rocket"', all: true },
      { image: photo("coffee"), all: true },
      { text: "a cat", all: true, diverse: 0.5 },
      { filter: { folder: "photos/living" } },
      { filter: { since: "2022", until: "2023" } },
      { filter: { minSize: 400 }, text: "a cat", all: true },
      { filter: { labels: ["nothing"] } },
    ]) {
      const [a, b] = await Promise.all([folder, shop].map((db) => client.search({ db: db!, ...asked })));
      const names = (found: typeof a) => found!.hits.map(({ name, date, width }) => [name, date, width]);
      expect({ asked, names: names(b) }).toEqual({ asked, names: names(a) });
      expect(b!.total).toEqual(a!.total);
      for (const [i, { relevance }] of b!.hits.entries())
        if (relevance !== undefined) expect(relevance).toBeCloseTo(a!.hits[i]!.relevance!, 2);
    }
    const first = await client.search({ db: "shop", top: 2 });
    const second = await client.search({ db: "shop", top: 2, cursor: first.next! });
    expect([...first.hits, ...second.hits].map(({ name }) => name)).toEqual(
      (await client.search({ db: "pictures", top: 4 })).hits.map(({ name }) => name),
    );
  });

  it("shows thumbnails and originals", async () => {
    const { hits } = await client.search({ db: "shop", text: "a rocket", top: 1 });
    const [small, large] = await Promise.all(
      [hits[0]!.thumbnail, hits[0]!.picture].map((url) => one.server.app.inject({ url })),
    );
    expect([small!.statusCode, small!.headers["content-type"]]).toEqual([200, "image/jpeg"]);
    expect(large!.rawPayload.equals(readFileSync(`${one.pictures}/things/rocket.jpg`))).toBe(true);
    expect(await client.databases.picture("shop", hits[0]!.id)).toMatchObject({ name: "rocket.jpg" });
  });

  it("makes maps, finds duplicates, moves them and puts them back, keeps collections", async () => {
    await expect.poll(async () => (await client.databases.map("shop")).state).toBe("done");
    const { groups, extra } = await client.databases.duplicates("shop");
    expect({ groups: groups.length, extra }).toEqual({ groups: 1, extra: 1 });
    const { moved, undo } = await client.databases.trash("shop", {
      pictures: [groups[0]!.pictures.find(({ best }) => !best)!.id],
    });
    expect(moved).toBe(1);
    expect((await client.search({ db: "shop" })).total).toBe(4);
    expect(await client.databases.undoTrash("shop", undo!)).toEqual({ restored: 1 });
    expect((await client.search({ db: "shop" })).total).toBe(5);
    const [id] = groups[0]!.pictures.map((picture) => picture.id);
    await client.databases.putCollection("shop", "mine", [id!], { create: true });
    const found = await client.search({ db: "shop", filter: { collection: "mine" } });
    expect(found.hits.map((hit) => hit.id)).toEqual([id]);
  });

  it("finds added pictures at once, and tags that another process wrote within a minute", async () => {
    const { pictures } = await client.databases.upload("shop", [
      { name: "new.jpg", picture: photo("astronaut") },
      { name: "broken.jpg", picture: Buffer.from("no picture") },
    ]);
    expect(pictures.map(({ known, error }) => known ?? error?.code)).toEqual([true, "image.format"]);
    const store = one.stores.shop!;
    const { hits } = await client.search({ db: "shop", text: "a cat", top: 1 });
    await store.patch([{ id: hits[0]!.id, labels: ["pet"] }]);
    const tagged = await client.search({ db: "shop", filter: { labels: ["pet"] } });
    expect(tagged.hits.map(({ id }) => id)).toEqual([hits[0]!.id]);
    const labels = async () =>
      (await client.databases.list()).find(({ name }) => name === "shop")!.labels.map(({ label }) => label);
    expect(await labels()).toEqual([]);
    const now = performance.now.bind(performance);
    const later = vi.spyOn(performance, "now").mockImplementation(() => now() + 61_000);
    try {
      await expect.poll(labels).toEqual(["pet"]);
    } finally {
      later.mockRestore();
    }
  });

  it("answers 503 while Milvus is away, and as before when it is back", async () => {
    await milvus.kill();
    const asked = { db: "shop", text: "a rocket", top: 1 };
    const answer = client.search(asked).catch((error: { status: number; code: string }) => error);
    expect(await answer).toMatchObject({ status: 503, code: "search.store" });
    expect((await client.search({ db: "pictures", top: 1 })).hits).toHaveLength(1);
    await milvus.start();
    await expect
      .poll(() =>
        client.search(asked).then(
          ({ hits }) => hits[0]?.name,
          () => "away",
        ),
      )
      .toBe("rocket.jpg");
  });
});
