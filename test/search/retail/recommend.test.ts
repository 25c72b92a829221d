import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Catalogue } from "../../../src/search/retail/catalogue.js";
import { recommendationFigures } from "../../../src/search/retail/evaluate.js";
import {
  completeLook,
  forLiked,
  type Recommended,
  similarProducts,
} from "../../../src/search/retail/recommend.js";
import { letterEncoder } from "../../support/letter-encoder.js";

const folder = mkdtempSync(join(tmpdir(), "zeroclip-recommend-"));
const encoder = letterEncoder();
let catalogue: Catalogue;

/** Stems are what is seen: x is red, y is blue; s is a shirt, t are trousers. */
const GOODS: readonly [id: string, category: string, stem: string, price: number][] = [
  ["red-shirt", "shirts", "sssxx", 10],
  ["red-shirt-2", "shirts", "sssxxx", 20],
  ["blue-shirt", "shirts", "sssyy", 30],
  ["blue-shirt-2", "shirts", "sssyyy", 40],
  ["red-trousers", "trousers", "tttxx", 50],
  ["blue-trousers", "trousers", "tttyy", 60],
];
beforeAll(async () => {
  catalogue = await Catalogue.open(folder, encoder, { create: true });
  const products = GOODS.map(([id, category, stem, amount]) => ({
    id,
    names: { en: id },
    descriptions: {},
    categories: ["clothes", category],
    price: { amount, currency: "EUR" },
    pictures: [`/${stem}.jpg`],
  }));
  expect(await catalogue.put(encoder, products)).toEqual([]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ids = (list: readonly Recommended[]): string[] => list.map(({ product }) => product.id);

describe("recommendations", () => {
  it("similar products come by likeness, without the product itself", () => {
    expect(ids(similarProducts(catalogue, "red-shirt", { top: 2 }))).toEqual(["red-shirt-2", "blue-shirt"]);
    expect(ids(similarProducts(catalogue, "red-shirt", { top: 100 }))).toHaveLength(5);
  });

  it.each([
    [{ categories: ["trousers"] }, ["red-trousers", "blue-trousers"]],
    [{ most: 30 }, ["red-shirt-2", "blue-shirt"]],
    [{ least: 60 }, ["blue-trousers"]],
    [{ most: 30, currency: "USD" }, []],
    [{ most: 30, without: ["blue-shirt"] }, ["red-shirt-2"]],
  ])("filter %o", (filter, expected) => {
    expect(ids(similarProducts(catalogue, "red-shirt", { filter }))).toEqual(expected);
  });

  it("what was liked lately counts more", () => {
    const day = 86_400_000;
    const [red, blue] = [
      { id: "red-shirt", at: 0 },
      { id: "blue-shirt", at: 100 * day },
    ];
    expect(ids(forLiked(catalogue, [red, blue], { top: 1 }))).toEqual(["blue-shirt-2"]);
    expect(
      ids(
        forLiked(
          catalogue,
          [
            { ...red, at: 100 * day },
            { ...blue, at: 0 },
          ],
          { top: 1 },
        ),
      ),
    ).toEqual(["red-shirt-2"]);
  });

  it("diversity takes fewer that are alike", () => {
    const alike = ids(similarProducts(catalogue, "red-shirt", { top: 2 }));
    const varied = ids(similarProducts(catalogue, "red-shirt", { top: 2, lambda: 0.2 }));
    expect(varied[0]).toBe(alike[0]);
    expect(varied[1]).not.toBe(alike[1]);
  });

  it("a look is completed by what looks as the product does among its own", () => {
    const looks = completeLook(catalogue, "red-shirt", { shirts: ["trousers"] }, { top: 1 });
    expect(looks.map(({ category, products }) => [category, ids(products)])).toEqual([
      ["trousers", ["red-trousers"]],
    ]);
    expect(completeLook(catalogue, "red-trousers", { shirts: ["trousers"] })).toEqual([]);
  });

  it.each([
    [() => similarProducts(catalogue, "none"), "search.product"],
    [() => forLiked(catalogue, []), "search.options"],
    [() => similarProducts(catalogue, "red-shirt", { top: 0 }), "search.options"],
  ])("refuses what it can't do (%#)", (run, code) => {
    expect(run).toThrow(expect.objectContaining({ code }));
  });

  it("figures: what is held out is looked for among what the rest recommends", () => {
    const user = (name: string, ...liked: string[]) => ({
      user: name,
      liked: liked.map((id, at) => ({ id, at })),
    });
    const histories = [
      user("a", "red-shirt", "red-shirt-2"),
      user("b", "blue-shirt", "blue-shirt-2"),
      user("c", "red-shirt"),
    ];
    expect(recommendationFigures(catalogue, histories, { k: 1 })).toMatchObject({
      users: 2,
      recall: 1,
      hits: 1,
      coverage: expect.closeTo(2 / 6, 6),
      chance: expect.closeTo(1 / 5, 6),
    });
  });
});
