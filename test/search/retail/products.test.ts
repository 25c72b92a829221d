import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { ClipError } from "../../../src/errors.js";
import { promptsFor } from "../../../src/search/retail/product.js";
import { readProducts } from "../../../src/search/retail/read-products.js";

const folder = mkdtempSync(join(tmpdir(), "zeroclip-products-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function read(name: string, text: string) {
  const path = join(folder, name);
  writeFileSync(path, text);
  const found: { line: number; result: unknown }[] = [];
  for await (const { line, result } of readProducts(path)) {
    found.push({ line, result: result instanceof ClipError ? result.message : result });
  }
  return found;
}

describe("readProducts", () => {
  it("reads CSV with names by language, lists and prices; paths are relative to the file", async () => {
    const text = `id,name,name:zh,description,categories,price,currency,pictures
p1,"Shirt, red",红衬衫,cotton,clothes|shirts,19.90,EUR,a.jpg|/abs/b.jpg
p2,Hat,,,,,,
`;
    expect(await read("a.csv", text)).toEqual([
      {
        line: 2,
        result: {
          id: "p1",
          names: { en: "Shirt, red", zh: "红衬衫" },
          descriptions: { en: "cotton" },
          categories: ["clothes", "shirts"],
          price: { amount: 19.9, currency: "EUR" },
          pictures: [join(folder, "a.jpg"), "/abs/b.jpg"],
        },
      },
      {
        line: 3,
        result: {
          id: "p2",
          names: { en: "Hat" },
          descriptions: {},
          categories: [],
          price: null,
          pictures: [],
        },
      },
    ]);
  });

  it("tells of wrong lines by their numbers and goes on", async () => {
    const text = `id,name,price\np1,Hat,cheap\n\np2\n,Hat,1\np3,Hat,1\np3,Hat,2\n`;
    expect(
      (await read("b.csv", text)).map(({ line, result }) => [
        line,
        typeof result === "string" ? result : "fine",
      ]),
    ).toEqual([
      [2, expect.stringMatching(/^Expected line 2 of .*b\.csv to have a price/)],
      [4, expect.stringMatching(/^Expected 3 cells in line 4 .* found 1/)],
      [5, expect.stringMatching(/line 5 .* an id/)],
      [6, "fine"],
      [7, expect.stringMatching(/"p3" is in line 6 and line 7/)],
    ]);
  });

  it("reads JSON lines", async () => {
    const text = `{"id":"a","names":{"en":"Hat"}}\nnot json\n[1]\n{"id":"b","names":{"??":"Hat"}}\n`;
    const found = await read("c.jsonl", text);
    expect(found.map(({ line }) => line)).toEqual([1, 2, 3, 4]);
    expect(
      found.slice(1).every(({ result }) => typeof result === "string" && result.startsWith("Expected")),
    ).toBe(true);
  });

  it.each([
    ["another column", "id,name,colour\n"],
    ["no id", "name\nHat\n"],
  ])("refuses %s", async (_, text) => {
    await expect(read("d.csv", text)).rejects.toMatchObject({ code: "search.product" });
  });
});

describe("promptsFor", () => {
  it("asks by name, description and the narrowest category, in English where there is any", () => {
    const product = {
      id: "p",
      names: { zh: "帽子", en: "hat" },
      descriptions: { en: "of straw" },
      categories: ["clothes", "hats"],
      price: null,
      pictures: [],
    };
    expect(promptsFor(product)).toEqual(["a photo of hat", "hat, of straw", "a photo of hat, hats"]);
    expect(promptsFor({ ...product, names: { zh: "帽子" }, categories: [] })).toEqual(["a photo of 帽子"]);
  });
});
