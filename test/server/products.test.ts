import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ZeroclipClient } from "../../src/client/index.js";
import { loadClip } from "../../src/clip.js";
import { Catalogue } from "../../src/search/retail/catalogue.js";
import { hiddenPictures } from "../../src/server/products/picture-file.js";
import { Shelves } from "../../src/server/products/shelves.js";
import type { RecogniseResponse } from "../../src/server/wire/products.js";
import { dataUrl, photo, startServer, type TestServer } from "./server.js";

let folder = "";
let one: TestServer;
let client: ZeroclipClient;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "zeroclip-products-"));
  await using clip = await loadClip("starter", { home: folder, offline: true });
  for (const name of ["shop", "other"]) await Catalogue.open(join(folder, name), clip, { create: true });
  one = await startServer({
    settings: { catalogues: [join(folder, "shop"), `second=${join(folder, "other")}`] },
  });
  const baseUrl = await one.server.app.listen({ host: "127.0.0.1", port: 0 });
  client = new ZeroclipClient({ baseUrl, retries: 0 });
}, 180_000);
afterAll(async () => {
  await one[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const code = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "done",
    (error: { code: string }) => error.code,
  );

const GOODS = {
  cat: { names: { en: "plush cat", zh: "毛绒猫" }, categories: ["toys", "plush"] },
  coffee: { names: { en: "cup of coffee" }, categories: ["kitchen"], price: { amount: 3, currency: "EUR" } },
  rocket: { names: { en: "model rocket" }, categories: ["toys"], price: { amount: 80, currency: "EUR" } },
} as const;

describe("a catalogue", () => {
  it("takes products, each recognised by the next request", async () => {
    for (const [i, [id, goods]] of Object.entries(GOODS).entries()) {
      const fields = { names: { ...goods.names }, categories: [...goods.categories] };
      const price = "price" in goods ? { price: { ...goods.price } } : {};
      const put = await client.products.put(id, { ...fields, ...price, pictures: [photo(id)] });
      expect(put).toMatchObject({ catalogue: "shop", version: i + 1, product: { id } });
      const found = await client.products.recognise({ image: photo(id), top: 2 });
      expect(found.candidates[0]).toMatchObject({ id, name: goods.names.en });
      expect(found).toMatchObject({ catalogue: "shop", version: i + 1, notInCatalogue: false });
      expect(found.candidates[0]!.evidence.picture).toBeGreaterThan(0.99);
    }
  });

  it("answers a form, too", async () => {
    const form = new FormData();
    form.append("top", "1");
    form.append("image", new Blob([photo("cat") as Uint8Array<ArrayBuffer>]), "cat.jpg");
    const url = `http://127.0.0.1:${(one.server.app.server.address() as { port: number }).port}/v1/products/recognise`;
    const answer = (await (await fetch(url, { method: "POST", body: form })).json()) as RecogniseResponse;
    expect(answer.candidates).toHaveLength(1);
    expect(answer.candidates[0]!.id).toBe("cat");
  });

  it("answers a picture that is the body, asked in the address", async () => {
    const ask = (query: string, type: string, payload: Buffer | string) =>
      one.server.app.inject({
        method: "POST",
        url: `/v1/products/recognise${query}`,
        headers: { "content-type": type },
        payload,
      });
    const found = await ask("?top=1&catalogue=shop", "image/jpeg", photo("cat"));
    expect(found.json()).toMatchObject({ catalogue: "shop", candidates: [{ id: "cat" }] });
    expect((await ask("?catalogue=nope", "image/jpeg", photo("cat"))).statusCode).toBe(404);
    const json = JSON.stringify({ image: dataUrl("cat") });
    const refused = await ask("?catalogue=second", "application/json", json);
    expect(refused.statusCode).toBe(400);
    expect(refused.json()).toMatchObject({
      detail: "Expected catalogue in the body of the request but it is in the address.",
    });
  });

  it("is listed, page by page, with addresses of its pictures", async () => {
    const page = await client.products.list({ top: 2 });
    expect(page).toMatchObject({ catalogue: "shop", total: 3, version: 3, next: "2" });
    expect(page.catalogues).toEqual([
      { name: "shop", products: 3, version: 3 },
      { name: "second", products: 0, version: 0 },
    ]);
    const rest = await client.products.list({ cursor: page.next! });
    expect([...page.products, ...rest.products].map(({ id }) => id)).toEqual(["cat", "coffee", "rocket"]);
    const picture = await one.server.app.inject({ url: page.products[0]!.pictures[0]! });
    expect(picture.headers["content-type"]).toBe("image/jpeg");
    expect(JSON.stringify(page)).not.toContain(folder);
  });

  it("tells its changes", async () => {
    const first = await client.products.changes({ top: 2 });
    expect(first).toMatchObject({ version: 3, more: true });
    expect(first.changes.map(({ seq, change, id }) => [seq, change, id])).toEqual([
      [1, "put", "cat"],
      [2, "put", "coffee"],
    ]);
    const rest = await client.products.changes({ since: 2 });
    expect([rest.more, rest.changes.length]).toEqual([false, 1]);
  });

  it("recommends", async () => {
    const ids = async (body: Parameters<typeof client.products.recommend>[0]): Promise<string[]> =>
      (await client.products.recommend(body)).products!.map(({ id }) => id);
    expect((await ids({ like: ["cat"] })).sort()).toEqual(["coffee", "rocket"]);
    expect(await ids({ like: ["cat"], filter: { categories: ["toys"] } })).toEqual(["rocket"]);
    expect(await ids({ liked: [{ id: "cat", daysAgo: 1 }, { id: "rocket" }] })).toEqual(["coffee"]);
    expect(await ids({ like: ["cat"], filter: { most: 10, currency: "EUR" }, diverse: 0.5 })).toEqual([
      "coffee",
    ]);
    expect(await code(client.products.recommend({ look: "cat" }))).toBe("usage.request");
    const rules = { toys: ["kitchen"] };
    const { looks } = await client.products.recommend({ look: "cat", rules });
    expect(looks!.map(({ category, products }) => [category, products.map(({ id }) => id)])).toEqual([
      ["kitchen", ["coffee"]],
    ]);
    writeFileSync(join(folder, "shop", "rules.json"), JSON.stringify(rules));
    expect((await client.products.recommend({ look: "cat" })).looks).toHaveLength(1);
  });

  it("sees what another process changes", async () => {
    const other = await Catalogue.open(join(folder, "shop"));
    await other.remove(["rocket"]);
    expect((await client.products.list()).total).toBe(2);
    const found = await client.products.recognise({ image: photo("rocket") });
    expect(found.candidates.map(({ id }) => id)).not.toContain("rocket");
  });

  it("keeps a product's pictures where none are given, and loses a product that is removed", async () => {
    const { product } = await client.products.put("cat", { names: { en: "cat" } });
    expect(product).toMatchObject({ name: "cat", pictures: [expect.stringContaining("/pictures/0")] });
    await client.products.remove("cat");
    expect(await code(client.products.remove("cat"))).toBe("server.not-found");
    expect(await client.products.changes({ since: 5 })).toMatchObject({
      changes: [{ change: "remove", id: "cat" }],
    });
  });
});

it.each<[string, () => Promise<unknown>, string]>([
  ["an unknown catalogue", () => client.products.list({ catalogue: "shp" }), "search.missing"],
  ["a name of the prototype", () => client.products.list({ catalogue: "constructor" }), "search.missing"],
  ["a product without a name", () => client.products.put("x", { names: {} }), "search.product"],
  ["a language that is none", () => client.products.put("x", { names: { "../": "x" } }), "search.product"],
  [
    "a picture that is a path",
    () => client.products.put("x", { names: { en: "x" }, pictures: ["/etc/passwd"] }),
    "input.url",
  ],
  [
    "a picture that is none",
    () => client.products.put("x", { names: { en: "x" }, pictures: [new Uint8Array([1, 2, 3])] }),
    "image.format",
  ],
  ["a page that is none", () => client.products.list({ cursor: "-1" }), "usage.request"],
  [
    "too many candidates",
    () => client.products.recognise({ image: photo("cat"), top: 1e9 }),
    "usage.request",
  ],
  ["nothing to be like", () => client.products.recommend({}), "usage.request"],
  [
    "two things to be like",
    () => client.products.recommend({ like: ["coffee"], look: "coffee" }),
    "usage.request",
  ],
  ["a product that is not there", () => client.products.recommend({ like: ["../../x"] }), "search.product"],
])("%s is refused", async (_what, ask, expected) => {
  expect(await code(ask())).toBe(expected);
  expect((await client.products.changes({ since: 0, top: 1000 })).changes.map(({ id }) => id)).not.toContain(
    "x",
  );
});

it("tells of pictures that can't be shown, and of none where their folder is named", async () => {
  const pictures = fileURLToPath(new URL("../fixtures/pictures", import.meta.url));
  await using clip = await loadClip("starter", { home: folder, offline: true });
  const catalogue = await Catalogue.open(join(folder, "far"), clip, { create: true });
  await catalogue.put(clip, [
    {
      id: "cat",
      names: { en: "cat" },
      descriptions: {},
      categories: ["toys"],
      price: null,
      pictures: [join(pictures, "cat.jpg")],
    },
  ]);
  const [shelf] = (await Shelves.open([join(folder, "far")])).list();
  expect(await hiddenPictures(shelf!, [])).toBe(
    `Of the catalogue "far" 1 pictures can't be shown, as they are not in its folder: --picture-folders ${pictures} would show those that lie there.`,
  );
  expect(await hiddenPictures(shelf!, [pictures])).toBeUndefined();
});
