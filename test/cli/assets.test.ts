import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PICTURES, workplace } from "../support/command.js";

const place = workplace();
afterAll(() => place[Symbol.dispose]());
const at = (...parts: string[]): string => join(place.folder, ...parts);
const run = (...args: string[]) => place.run([...args, "--db", "p.db"], { env: { ZEROCLIP_OFFLINE: "1" } });
const json = async (...args: string[]) => {
  const { code, stdout, stderr } = await run(...args, "--json");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout);
};

const NAMES = ["astronaut", "cat", "coffee", "rocket"];

/** The four pictures, a copy of one, and one half as large. */
beforeAll(async () => {
  mkdirSync(at("p"));
  for (const name of NAMES) copyFileSync(join(PICTURES, `${name}.jpg`), at("p", `${name}.jpg`));
  copyFileSync(at("p", "cat.jpg"), at("p", "copy.jpg"));
  const { width } = await sharp(at("p", "rocket.jpg")).metadata();
  await sharp(at("p", "rocket.jpg"))
    .resize(Math.round(width / 2))
    .jpeg({ quality: 70 })
    .toFile(at("p", "small.jpg"));
  const indexed = await place.run(["index", "p", "--db", "p.db"], { env: { ZEROCLIP_OFFLINE: "1" } });
  expect(indexed.code).toBe(0);
});

describe("zeroclip tag", () => {
  it("writes labels to the store and to sidecars, anew after a change of labels", async () => {
    const first = await json("tag", "--labels", NAMES.join(","), "--most", "1", "--xmp");
    expect(first).toMatchObject({ rule: "share", rows: 6, labelled: 6, changed: 6, sidecars: 6, failed: [] });
    const cat = first.results.find(({ path }: { path: string }) => path.endsWith("/cat.jpg"));
    expect(cat).toMatchObject({ labels: ["cat"], tags: [{ label: "cat" }] });
    expect(readFileSync(at("p", "cat.jpg.xmp"), "utf8")).toContain("<rdf:li>cat</rdf:li>");
    expect(await json("tag", "--labels", NAMES.join(","), "--most", "1", "--xmp")).toMatchObject({
      changed: 0,
      sidecars: 0,
    });
    const { results } = await json(
      "tag",
      "--labels",
      "kitten,dog,truck",
      "--most",
      "1",
      "--replace",
      "--dry-run",
    );
    expect(results.find(({ path }: { path: string }) => path.endsWith("/cat.jpg")).labels).toEqual([
      "kitten",
    ]);
  });

  it("says how many rows got a label", async () => {
    const { code, stderr } = await run("tag", "--labels", NAMES.join(","), "--least", "1", "--dry-run");
    expect({ code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^0 of 6 rows would get a label by shares of at least 1, /m),
    });
  });

  it("complains of a sidecar that is no XMP, leaves it, and ends with 1", async () => {
    writeFileSync(at("p", "cat.jpg.xmp"), "mine");
    const { code, stderr } = await run("tag", "--labels", "cat,dog", "--xmp");
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: .*cat\.jpg: Expected a sidecar in XMP .*\(search\.xmp\)$/m);
    expect(readFileSync(at("p", "cat.jpg.xmp"), "utf8")).toBe("mine");
  });
});

describe("zeroclip clusters, outliers, quality", () => {
  it("names clusters, writes a map and its page", async () => {
    const found = await json(
      "clusters",
      "--k",
      "4",
      "--labels",
      NAMES.join(","),
      "--map",
      "m.json",
      "--html",
      "m.html",
    );
    const named = found.clusters.map(({ name, size }: { name: string; size: number }) => [name, size]);
    expect(named.sort()).toEqual([
      ["astronaut", 1],
      ["cat", 2],
      ["coffee", 1],
      ["rocket", 2],
    ]);
    const map = JSON.parse(readFileSync(at("m.json"), "utf8"));
    expect(map.points).toHaveLength(6);
    expect(readFileSync(at("m.html"), "utf8")).toContain('"p/cat.jpg"');
  });

  it("lists outliers and sorts by pairs", async () => {
    const { results } = await json("outliers", "--top", "2");
    expect(results).toHaveLength(2);
    expect(results[0].path).toMatch(/(?:astronaut|coffee)\.jpg$/);
    const sorted = await json("quality", "--pair", "a cat, a rocket", "--top", "6");
    expect(sorted.results[0].path).toMatch(/c(?:at|opy)\.jpg$/);
    const wrong = await run("quality", "--pair", "only one");
    expect(wrong.code).toBe(2);
  });
});

describe("zeroclip duplicates", () => {
  it("lists groups, moves all but the best copy, and puts them back", async () => {
    const { groups } = await json("duplicates", "--near", "--html", "d.html");
    const paths = (group: { best: { path: string }; others: { path: string }[] }) =>
      [group.best, ...group.others].map(({ path }) => path.replace(/^.*\//, ""));
    expect(groups.map(paths).sort()).toEqual([
      ["cat.jpg", "copy.jpg"],
      ["rocket.jpg", "small.jpg"],
    ]);
    expect(readFileSync(at("d.html"), "utf8")).toContain('src="p/copy.jpg"');

    expect((await run("duplicates")).stderr).toMatch(/^1 group, 1 file beside the one to keep, /);
    writeFileSync(at("full"), "");
    const full = await run("duplicates", "--trash", "--trash-folder", "full");
    expect(full.code).toBe(1);
    expect(full.stderr).toMatch(/^error: Expected to write .*full.* but can't: .*\. \(search\.trash\)$/m);
    const done = await json("duplicates", "--trash");
    expect(done).toMatchObject({ trash: "p.db-trash", refused: [] });
    expect(existsSync(at("p", "copy.jpg"))).toBe(false);
    expect((await json("duplicates")).groups).toEqual([]);
    expect((await json("duplicates", "undo", "--list")).batches).toEqual([done.batch]);
    expect((await json("duplicates", "undo")).refused).toEqual([]);
    expect(existsSync(at("p", "copy.jpg"))).toBe(true);
    expect((await json("duplicates")).groups).toHaveLength(1);
  });

  it.each([
    [["duplicates", "--bits", "3"], 2, /usage\.duplicates/],
    [["duplicates", "undo", "--batch", "none"], 1, /search\.trash/],
  ])("%j is refused", async (args, code, words) => {
    const done = await run(...args);
    expect(done.code).toBe(code);
    expect(done.stderr).toMatch(words);
  });
});

describe("zeroclip suggest", () => {
  it("finds a picture a passage and writes the lesson", async () => {
    writeFileSync(at("lesson.md"), "# Things\n\nA cat sits there.\n\n## Space\n\nA rocket starts.\n");
    const { results } = await json("suggest", "--text-file", "lesson.md", "--out", "out.md");
    const shown = results.map(({ picture }: { picture: { path: string } }) =>
      picture.path.replace(/^.*\//, ""),
    );
    expect(shown[0]).toMatch(/^c(?:at|opy)\.jpg$/);
    expect(shown[1]).toMatch(/^(?:rocket|small)\.jpg$/);
    expect(readFileSync(at("out.md"), "utf8")).toMatch(/^# Things\n\nA cat sits there\.\n\n!\[.*\]\(<p\/c/);
    const wrong = await run("suggest", "--text-file", "none.md");
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toMatch(/search\.lesson/);
  });
});

it.each([
  ["duplicates"],
  ["duplicates", "undo", "--trash-folder", "p.db-trash"],
  ["outliers"],
  ["quality"],
  ["clusters"],
  ["tag", "--labels", "cat"],
  ["suggest", "--text-file", "lesson.md"],
])("%j without --db asks for the one under the home, as index does", async (...args) => {
  const { code, stderr } = await place.run(args, { env: { ZEROCLIP_OFFLINE: "1" } });
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: `error: Expected a store at ${at("home", "db")} but there is none. (search.missing)\n`,
  });
});

it("a database that is not there is told of before a model is opened", async () => {
  const { code, stderr } = await place.run(["outliers", "--db", "none"]);
  expect(code).toBe(2);
  expect(stderr).toMatch(/search\.missing/);
});
