import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Filter } from "../../../../src/search/store/filter.js";
import { compileFilter } from "../../../../src/search/store/matches.js";
import type { Store } from "../../../../src/search/store/store.js";
import { idsOf, rowOf, rowsOf, type StoreUnderTest } from "./sample.js";

const rows = [
  ...rowsOf(0, 60),
  ...["it's", 'say "x"', "100%", "a_b", "back\\slash", "new\nline", "😀", "שלום"].map((name, i) =>
    rowOf(60 + i, { path: `/odd/${name}/${i}.jpg`, labels: [name], caption: name, camera: name }),
  ),
];

const words = ["cat", "dog", "it's", "café", "none", "", "' OR true --", "%", "_", "\\", "a_b", "100%", "😀"];
const paths = [
  ...rows.filter((_, n) => n % 9 === 0).map(({ path }) => path),
  "/photos",
  "/odd",
  "/",
  "/pho",
  "",
];
const globs = [
  "*",
  "?",
  "/odd/*",
  "*.jpg",
  "*/1?.jpg",
  "/odd/???\\*",
  "*%*",
  "*_*",
  "*'*",
  "/odd/a_b/*",
  "*\n*",
];

function rangeOf(values: readonly number[]) {
  const bound = fc.option(
    fc.oneof(fc.constantFrom(...values), fc.double({ min: -1e21, max: 1e21, noNaN: true })),
    { nil: undefined },
  );
  return fc.record({ least: bound, most: bound }).map(({ least, most }) => ({
    ...(least === undefined ? {} : { least }),
    ...(most === undefined ? {} : { most }),
  }));
}

const numbers = (name: "modified" | "bytes" | "width" | "height" | "indexed"): number[] =>
  rows.slice(0, 20).map((row) => row[name]);
const some = (values: readonly string[]) => fc.array(fc.constantFrom(...values), { maxLength: 4 });

/** Filters of some depth, each of at most three conditions: with more, no row is left. */
const filters = fc.memo((depth): fc.Arbitrary<Filter> => {
  const inner: Record<string, fc.Arbitrary<unknown>> = depth <= 1
    ? {}
    : {
        and: fc.array(filters(depth - 1), { maxLength: 2 }),
        or: fc.array(filters(depth - 1), { maxLength: 3 }),
        not: filters(depth - 1),
      };
  const conditions: Record<string, fc.Arbitrary<unknown>> = {
    ...inner,
    folder: fc.constantFrom(...paths, "/odd/it's", "/odd/back\\slash"),
    glob: fc.constantFrom(...globs, ...paths),
    labels: fc.record({ any: some(words), all: some(words), none: some(words) }, { requiredKeys: [] }),
    taken: rangeOf(rows.slice(0, 20).flatMap(({ taken }) => taken ?? [])),
    modified: rangeOf(numbers("modified")),
    indexed: rangeOf(numbers("indexed")),
    bytes: rangeOf(numbers("bytes")),
    width: rangeOf(numbers("width")),
    height: rangeOf(numbers("height")),
    camera: fc.constantFrom(...words, "Make", "make", "One"),
    captioned: fc.boolean(),
    frame: fc.boolean(),
    blank: fc.boolean(),
    ids: some(rows.map(({ id }) => id)),
    paths: some(paths),
    hashes: some(rows.map(({ hash }) => hash)),
  };
  const names = fc.uniqueArray(fc.constantFrom(...Object.keys(conditions)), { maxLength: 3 });
  return names.chain((kept) =>
    fc.record(Object.fromEntries(kept.map((name) => [name, conditions[name]!]))),
  ) as fc.Arbitrary<Filter>;
});

export function testFilters({ create }: StoreUnderTest): void {
  let store: Store;
  beforeAll(async () => {
    store = await create();
    await store.put(rows);
  });
  afterAll(() => store[Symbol.asyncDispose]());

  const expected = (filter: Filter): string[] =>
    rows
      .filter(compileFilter(filter))
      .map(({ id }) => id)
      .sort();

  it.each<[string, Filter, number]>([
    ["nothing asked", {}, 68],
    ["a folder", { folder: "/photos/3" }, 9],
    ["a folder with its slash", { folder: "/photos/3/" }, 9],
    ["the start of a folder's name", { folder: "/phot" }, 0],
    ["a glob", { glob: "/photos/*/1?.jpg" }, 10],
    ["one of labels", { labels: { any: ["dog", "it's"] } }, 37],
    ["all of labels", { labels: { all: ["cat", "dog"] } }, 36],
    ["none of labels", { labels: { none: ["cat", "😀"] } }, 19],
    ["no label of an empty list", { labels: { any: [] } }, 0],
    ["when taken", { taken: { least: 1_600_000_000_000 + 60_000, most: 1_600_000_000_000 + 600_000 } }, 7],
    ["not when taken: what has no time, too", { not: { taken: { least: 0 } } }, 23],
    ["an open range: what has a time", { taken: {} }, 45],
    ["the size of the file", { bytes: { most: 1010 } }, 11],
    ["width and height", { width: { least: 643 }, height: { most: 480 } }, 26],
    ["a camera", { camera: "One" }, 30],
    ["a camera in other letters", { camera: "one" }, 0],
    ["a caption", { captioned: true }, 18],
    ["frames", { frame: true }, 7],
    ["pictures", { frame: false }, 61],
    ["blank", { blank: true }, 6],
    ["either", { or: [{ blank: true }, { frame: true }] }, 12],
    ["either of nothing", { or: [] }, 0],
    ["both of nothing", { and: [] }, 68],
    ["ids", { ids: [rows[3]!.id, rows[9]!.id, "'"] }, 2],
    ["paths", { paths: [rows[3]!.path, "/photos/3/3.JPG"] }, 1],
    ["hashes", { hashes: rows.slice(0, 5).map(({ hash }) => hash) }, 5],
    ["another query", { paths: ["x' OR '1'='1"] }, 0],
    [
      "another query in a label",
      { labels: { any: ["x') OR true OR array_has_any(labels, make_array('"] } },
      0,
    ],
  ])("counts and scans by %s", async (_name, filter, count) => {
    expect(expected(filter)).toHaveLength(count);
    expect(await store.count(filter)).toBe(count);
    expect(await idsOf(store, filter)).toEqual(expected(filter));
  });

  it("agrees with the evaluator on filters of any form", async () => {
    let matched = 0;
    await fc.assert(
      fc.asyncProperty(filters(3), async (filter) => {
        const ids = expected(filter);
        matched += Number(ids.length > 0 && ids.length < rows.length);
        expect(await store.count(filter)).toBe(ids.length);
        const [near] = await store.nearest([rows[0]!.vector], { k: 100, filter });
        expect(near!.map(({ id }) => id).sort()).toEqual(ids);
      }),
      { numRuns: 400, seed: 8 },
    );
    expect(matched).toBeGreaterThan(50);
  });

  it("takes lists of thousands, and refuses longer ones", async () => {
    const many = Array.from({ length: 9_000 }, (_, n) => rows[n]?.id ?? "0".repeat(32));
    expect(await store.count({ ids: many })).toBe(68);
    const tooMany = { ids: [...many, ...many] };
    await expect(store.count(tooMany)).rejects.toMatchObject({ code: "search.filter" });
  });

  it("refuses filters that are too deep, and bounds that are no numbers", async () => {
    let deep: Filter = {};
    for (let i = 0; i < 40; i++) deep = { not: deep };
    await expect(store.count(deep)).rejects.toMatchObject({ code: "search.filter" });
    await expect(store.count({ taken: { least: Number.NaN } })).rejects.toMatchObject({
      code: "search.filter",
    });
    const injected = { bytes: { least: "0 OR true" } } as unknown as Filter;
    await expect(store.count(injected)).rejects.toMatchObject({ code: "search.filter" });
    const wrongBlank = { blank: "true OR true" } as unknown as Filter;
    await expect(store.count(wrongBlank)).rejects.toMatchObject({ code: "search.filter" });
  });
}
