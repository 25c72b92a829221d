import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Catalogue } from "../../../src/search/retail/catalogue.js";
import type { Product } from "../../../src/search/retail/product.js";
import { letterEncoder } from "../../support/letter-encoder.js";

/** Pictures are their names' letters, see `letterEncoder`. */
const encoder = letterEncoder();
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "zeroclip-catalogue-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const product = (id: string, pictures: readonly string[], more: Partial<Product> = {}): Product => ({
  id,
  names: { en: id },
  descriptions: {},
  categories: [],
  price: null,
  pictures,
  ...more,
});
const open = () => Catalogue.open(folder, encoder, { create: true });
const query = async (name: string) => (await encoder.encodeImages([name]))[0] as Float32Array;

describe("Catalogue", () => {
  it("finds a product as soon as it is put in, after it was changed, and no more when it is taken out", async () => {
    const catalogue = await open();
    expect(
      await catalogue.put(encoder, [
        product("shoe", ["/shoe.jpg", "/shoes.jpg"]),
        product("hat", ["/hat.jpg"]),
      ]),
    ).toEqual([]);
    const best = async () =>
      catalogue.evidence(await query("hat.jpg")).sort((a, b) => b.picture - a.picture)[0]!;
    expect(await best()).toMatchObject({ id: "hat", picture: expect.closeTo(1, 5) });
    await catalogue.put(encoder, [product("hat", ["/boot.jpg"])]);
    expect((await best()).picture).toBeLessThan(0.9);
    expect(await catalogue.remove(["hat", "unknown"])).toEqual(["hat"]);
    expect(catalogue.size).toBe(1);
    expect((await best()).id).toBe("shoe");
  });

  it("is the same after it was opened again, and another process takes changes in by `refresh`", async () => {
    const one = await open();
    const other = await open();
    await one.put(encoder, [product("shoe", ["/shoe.jpg"]), product("hat", ["/hat.jpg"])]);
    expect(other.size).toBe(0);
    expect(await other.refresh()).toBe(2);
    await other.remove(["shoe"]);
    await one.refresh();
    const third = await open();
    const hat = await query("hat.jpg");
    expect(third.evidence(hat)).toEqual(one.evidence(hat));
    expect(third.evidence(hat)).toEqual(other.evidence(hat));
  });

  it("tells its changes by rising numbers", async () => {
    const catalogue = await open();
    await catalogue.put(encoder, [product("a", ["/a.jpg"]), product("b", ["/b.jpg"])]);
    await catalogue.remove(["a"]);
    expect(catalogue.changes().map(({ seq, change }) => [seq, change])).toEqual([
      [1, "put"],
      [2, "put"],
      [3, "remove"],
    ]);
    expect(catalogue.changes(2)).toMatchObject([{ seq: 3, id: "a" }]);
    expect(catalogue.changes(0, 1)).toHaveLength(1);
  });

  it("passes over half a change at the end, and goes on after it", async () => {
    const catalogue = await open();
    await catalogue.put(encoder, [product("a", ["/a.jpg"])]);
    appendFileSync(join(folder, "changes.jsonl"), '{"seq":2,"chan');
    appendFileSync(join(folder, "vectors.f32"), Buffer.alloc(7));
    const again = await open();
    expect(again.size).toBe(1);
    await again.put(encoder, [product("b", ["/b.jpg"])]);
    const third = await open();
    expect(third.changes().map(({ seq }) => seq)).toEqual([1, 2]);
    expect(third.evidence(await query("b.jpg")).find(({ id }) => id === "b")!.picture).toBeCloseTo(1, 5);
    expect(readFileSync(join(folder, "changes.jsonl"), "utf8").trimEnd().split("\n")).toHaveLength(2);
  });

  it("leaves pictures out that can't be read, and a product none of whose pictures can", async () => {
    const catalogue = await open();
    const failed = await catalogue.put(encoder, [
      product("a", ["/123.jpg", "/a.jpg"]),
      product("b", ["/456.jpg"]),
      product("c", []),
    ]);
    expect(failed.map(({ id, picture }) => [id, picture])).toEqual([
      ["a", "/123.jpg"],
      ["b", "/456.jpg"],
      ["b", undefined],
    ]);
    expect([...catalogue.products()].map(({ id }) => id)).toEqual(["a", "c"]);
    expect(catalogue.pictures("a")).toHaveLength(1);
  });

  it("refuses another model, a folder without one, and a feed with a gap", async () => {
    const catalogue = await open();
    await catalogue.put(encoder, [product("a", ["/a.jpg"])]);
    const other = { ...encoder, model: { ...encoder.model, revision: "other" } };
    await expect(Catalogue.open(folder, other)).rejects.toMatchObject({ code: "search.model" });
    await expect(Catalogue.open(join(folder, "none"))).rejects.toMatchObject({ code: "search.missing" });
    const feed = join(folder, "changes.jsonl");
    writeFileSync(feed, readFileSync(feed, "utf8").replace('"seq":1', '"seq":5'));
    await expect(open()).rejects.toMatchObject({ code: "search.catalogue" });
  });
});
