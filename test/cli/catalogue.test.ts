import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp, { type Sharp } from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PICTURES, workplace } from "../support/command.js";

const place = workplace();
afterAll(() => place[Symbol.dispose]());
const at = (...parts: string[]): string => join(place.folder, ...parts);
const run = (...args: string[]) => place.run(["catalogue", ...args], { env: { ZEROCLIP_OFFLINE: "1" } });
const json = async (...args: string[]) => {
  const { code, stdout, stderr } = await run(...args, "--json");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout);
};
const KINDS = ["cat", "coffee", "rocket"];

/** The tiny data of the example: three kinds, of each a few views, in three splits. */
beforeAll(async () => {
  const views: Record<string, (picture: Sharp) => Sharp> = {
    train: (picture) => picture,
    validation: (picture) => picture.flop(),
    test: (picture) => picture.modulate({ brightness: 1.1 }),
  };
  for (const [split, change] of Object.entries(views)) {
    for (const kind of KINDS) {
      mkdirSync(at("clothing", split, kind), { recursive: true });
      for (const side of [200, 220, 240, 260]) {
        const picture = sharp(join(PICTURES, `${kind}.jpg`)).resize(side, side);
        await change(picture).toFile(at("clothing", split, kind, `${side}.jpg`));
      }
    }
  }
  execFileSync(
    process.execPath,
    [join(import.meta.dirname, "../../examples/retail/make.mjs"), "clothing", "shop"],
    {
      cwd: place.folder,
      stdio: "ignore",
    },
  );
});

describe("zeroclip catalogue, with the files of examples/retail", () => {
  it("imports, fits, recognises and measures kinds", async () => {
    expect(await json("import", "shop/kinds.csv", "-c", "kinds")).toEqual({ put: 3, products: 3 });
    const { fusion } = await json("fit", "--photos", "clothing/validation", "-c", "kinds");
    expect(fusion.threshold).toEqual(expect.any(Number));
    const { recognition } = await json("evaluate", "--photos", "clothing/test", "-c", "kinds");
    expect(recognition).toMatchObject({
      photos: 12,
      top1: 1,
      byPictures: [{ pictures: 4, photos: 12, top1: 1 }],
    });
    const { results } = await json(
      "recognise",
      "clothing/test/rocket/200.jpg",
      join(PICTURES, "astronaut.jpg"),
      "-c",
      "kinds",
    );
    expect(results[0]).toMatchObject({ inCatalogue: true, candidates: [{ id: "rocket" }, {}, {}] });
    expect(results[1].inCatalogue).toBe(false);
  });

  it("recommends goods and measures that", async () => {
    expect(await json("import", "shop/goods.csv", "-c", "goods")).toMatchObject({ products: 12 });
    const listed = await json("list", "--category", "coffee", "-c", "goods");
    expect(listed.products.map(({ id }: { id: string }) => id)).toEqual(
      [1, 2, 3, 4].map((n) => `coffee-${n}`),
    );
    const [line] = (await run("list", "-c", "goods")).stdout.split("\n");
    expect(line).toMatch(/^[a-z]+-\d\t[^\t]+\t[^\t]*\t[a-z]+\t1$/);
    const { products } = await json("recommend", "--similar-to", "cat-1", "--top", "3", "-c", "goods");
    expect(products.map(({ product }: { product: { id: string } }) => product.id.split("-")[0])).toEqual([
      "cat",
      "cat",
      "cat",
    ]);
    writeFileSync(at("rules.json"), '{"cat": ["coffee"]}');
    const { looks } = await json(
      "recommend",
      "--look-of",
      "cat-1",
      "--look-rules",
      "rules.json",
      "-c",
      "goods",
    );
    expect(looks).toMatchObject([{ category: "coffee", products: [{}, {}, {}] }]);
    const { recommendations } = await json(
      "evaluate",
      "--likes",
      "shop/likes.csv",
      "--top",
      "4",
      "-c",
      "goods",
    );
    expect(recommendations.users).toBeGreaterThan(100);
    expect(recommendations.recall).toBeGreaterThan(recommendations.chance);
  });

  it("adds a product that is found at once, removes it, and tells all changes", async () => {
    const picture = join(PICTURES, "astronaut.jpg");
    await json("add", "suit", "--name", "space suit", "--price", "9", "--picture", picture, "-c", "more");
    const { results } = await json("recognise", picture, "-c", "more");
    expect(results[0].candidates[0]).toMatchObject({ id: "suit", name: "space suit" });
    expect(await json("remove", "suit", "-c", "more")).toEqual({
      removed: ["suit"],
      unknown: [],
      products: 0,
    });
    const lines = (await run("changes", "-c", "more")).stdout.trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { seq: 1, change: "put", product: { id: "suit", price: { amount: 9, currency: "USD" } } },
      { seq: 2, change: "remove", id: "suit" },
    ]);
    expect(readFileSync(at("more", "changes.jsonl"), "utf8").split("\n")).toHaveLength(3);
  });

  it("tells of wrong lines by their numbers, and puts the others in", async () => {
    writeFileSync(
      at("bad.csv"),
      `id,name,price,pictures\na,Cat,1,${join(PICTURES, "cat.jpg")}\nb,Dog,cheap,\nc,Fox,1,none.jpg\n`,
    );
    const { code, stderr } = await run("import", "bad.csv", "-c", "bad");
    expect(code).toBe(1);
    expect(stderr).toMatch(/1 product put in, 1 in the catalogue/);
    expect(stderr).toMatch(/^error: Expected line 3 of bad\.csv to have a price/m);
    expect(stderr).toMatch(/^error: .*none\.jpg/m);
  });

  it.each([
    [["recommend", "-c", "kinds"], 2, /usage\.catalogue/],
    [["evaluate", "-c", "kinds"], 2, /usage\.catalogue/],
    [["recognise", "x.jpg", "-c", "none"], 2, /search\.missing/],
    [["remove", "x", "-c", "kinds"], 1, /search\.product/],
  ])("%j is refused", async (args, code, words) => {
    const done = await run(...args);
    expect(done.code).toBe(code);
    expect(done.stderr).toMatch(words);
  });
});
