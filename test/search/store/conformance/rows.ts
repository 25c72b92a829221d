import { expect, it } from "vitest";
import { FACTS, rowId } from "../../../../src/search/row.js";
import { DIM, factsOf, idsOf, rowOf, rowsOf, type StoreUnderTest, vectorOf } from "./sample.js";

/** Names that some file system allows and some program stumbles over. */
const NAMES = {
  "a new line": "/a/two\nlines\r\n.jpg",
  "a quote": "/a/it's 'quoted'.jpg",
  "double quotes and ticks": '/a/"q" and `t`.jpg',
  "a backslash": "/a/back\\slash\\'.jpg",
  "signs of LIKE": "/a/100%_[x]*?.jpg",
  "another query": "/a/x'); DELETE FROM pictures; --.jpg",
  "a condition": "/a/' OR '1'='1",
  emoji: "/a/😀👩‍👩‍👧.jpg",
  "right to left": "/a/שלום\u202e gpj.عربي",
  "two ways of one letter": "/a/e\u0301 and \u00e9.jpg",
  "spaces and tabs": "/a/ \t x \t ",
  "a zero": "/a/nul\0l.jpg",
  "braces and dollars": "/a/{id} $x $1 @p {{}}.jpg",
  "an address": "s3://bucket/key with space/ü.jpg",
  "a length of 4,000": `/a/${"x".repeat(4000)}.jpg`,
};

export function testRows({ create, error }: StoreUnderTest): void {
  it("is empty at first", async () => {
    await using store = await create();
    expect(await store.count()).toBe(0);
    expect(await idsOf(store)).toEqual([]);
    expect(await store.get([rowOf(1).id])).toEqual([undefined]);
    expect(await store.nearest([vectorOf(1)], { k: 3 })).toEqual([[]]);
    expect(await store.stats()).toMatchObject({ rows: 0, index: null });
  });

  it("gives back all facts of a row, and no vector or thumbnail where none is asked for", async () => {
    await using store = await create();
    const rows = rowsOf(0, 30);
    await store.put(rows);
    expect(await store.get(rows.map(({ id }) => id))).toEqual(rows.map(factsOf));
  });

  it("gives back vectors and thumbnails", async () => {
    await using store = await create();
    const rows = rowsOf(0, 20);
    await store.put(rows);
    const found = await store.get(
      rows.map(({ id }) => id),
      ["vector", "thumbnail"],
    );
    for (const [i, row] of rows.entries()) {
      expect(found[i]!.thumbnail).toEqual(row.thumbnail);
      expect(found[i]!.vector).toBeInstanceOf(Float32Array);
      const far = found[i]!.vector.map((value, at) => Math.abs(value - row.vector[at]!));
      expect(Math.max(...far)).toBeLessThan(error);
    }
  });

  it("gives the columns that are asked for, and the id", async () => {
    await using store = await create();
    const row = rowOf(4);
    await store.put([row]);
    expect(await store.get([row.id], ["path", "labels"])).toEqual([
      { id: row.id, path: row.path, labels: row.labels },
    ]);
  });

  it("gets ids in order, some twice, some unknown", async () => {
    await using store = await create();
    await store.put(rowsOf(1, 4));
    const ids = [rowOf(3).id, "f".repeat(32), rowOf(1).id, rowOf(3).id];
    const found = await store.get(ids, ["path"]);
    expect(found.map((row) => row?.path)).toEqual([rowOf(3).path, undefined, rowOf(1).path, rowOf(3).path]);
    expect(await store.get([])).toEqual([]);
  });

  it.each(Object.entries(NAMES))("keeps and finds a path with %s", async (_name, path) => {
    await using store = await create();
    const row = rowOf(5, {
      path,
      caption: path,
      labels: [path.slice(0, 900), "x"],
      camera: path.slice(0, 200),
    });
    await store.put([row, rowOf(6)]);
    expect(await store.get([row.id])).toEqual([factsOf(row)]);
    const folder = path.slice(0, path.lastIndexOf("/"));
    const filters = [
      { paths: [path] },
      { folder },
      { glob: `${path.slice(0, 3)}*${path.slice(-2)}` },
      { labels: { all: [path.slice(0, 900)] } },
      { camera: path.slice(1, 20) },
    ];
    for (const filter of filters) expect(await idsOf(store, filter)).toEqual([row.id]);
    expect(await idsOf(store, { labels: { none: [path.slice(0, 900)] } })).toEqual([rowOf(6).id]);
    await store.patch([{ id: row.id, caption: `${path}'` }]);
    expect((await store.get([row.id]))[0]!.caption).toBe(`${path}'`);
    await store.remove([row.id]);
    expect(await idsOf(store)).toEqual([rowOf(6).id]);
  });

  it("tells null from empty, and keeps numbers at their ends", async () => {
    await using store = await create();
    const rows = [
      rowOf(1, { caption: "", camera: "", labels: [], thumbnail: new Uint8Array(), time: 0, taken: -1e13 }),
      rowOf(2, { caption: null, camera: null, labels: [""], thumbnail: null, time: null, taken: null }),
      rowOf(3, {
        bytes: Number.MAX_SAFE_INTEGER,
        modified: 0,
        latitude: -90,
        longitude: 180,
        sharpness: 1 / 3,
        width: 0,
      }),
    ];
    await store.put(rows);
    const found = await store.get(
      rows.map(({ id }) => id),
      [...FACTS, "thumbnail"],
    );
    expect(found).toEqual(rows.map((row) => ({ ...factsOf(row), thumbnail: row.thumbnail })));
    expect(await store.count({ captioned: true })).toBe(1);
  });

  it("keeps 10,000 rows of one call", async () => {
    await using store = await create();
    const rows = rowsOf(0, 10_000);
    await store.put(rows);
    expect(await store.count()).toBe(10_000);
    expect(await idsOf(store)).toEqual(rows.map(({ id }) => id).sort());
    const some = [7, 4_999, 9_999].map((n) => rows[n]!);
    expect(await store.get(some.map(({ id }) => id))).toEqual(some.map(factsOf));
    const all = await store.get(
      rows.map(({ id }) => id),
      ["bytes"],
    );
    expect(all.map((row) => row?.bytes)).toEqual(rows.map(({ bytes }) => bytes));
    await store.remove(rows.map(({ id }) => id));
    expect(await store.count()).toBe(0);
  });

  const good = rowOf(1);
  it.each([
    ["a vector of another length", { ...good, vector: vectorOf(1, DIM + 1) }, "vector"],
    [
      "a vector that is not of length 1",
      { ...good, vector: vectorOf(1).map((value) => 2 * value) },
      "vector",
    ],
    ["a vector with NaN", { ...good, vector: vectorOf(1).fill(Number.NaN, 0, 1) }, "vector"],
    ["an id of another path", { ...good, id: rowId("/x", null) }, "id"],
    ["half a letter", rowOf(1, { path: "/a/\ud800.jpg" }), "path"],
    ["no path", rowOf(1, { path: "" }), "path"],
    ["a label too long", rowOf(1, { labels: ["x".repeat(1001)] }), "labels"],
    ["labels too many", rowOf(1, { labels: Array.from({ length: 1001 }, () => "x") }), "labels"],
    ["parts of milliseconds", rowOf(1, { modified: 1.5 }), "modified"],
    ["a latitude of 91", rowOf(1, { latitude: 91 }), "latitude"],
    ["a thumbnail too large", rowOf(1, { thumbnail: new Uint8Array(48_001) }), "thumbnail"],
    ["a hash of another length", rowOf(1, { hash: "ab" }), "hash"],
  ])("refuses %s, and writes none of the call", async (_name, row, column) => {
    await using store = await create();
    await expect(store.put([rowOf(2), row])).rejects.toMatchObject({
      code: "search.row",
      message: expect.stringContaining(`Expected ${column} of the row`),
    });
    expect(await store.count()).toBe(0);
  });

  it("refuses more than 10,000 rows a call", async () => {
    await using store = await create();
    const rows = Array.from({ length: 10_001 }, () => good);
    await expect(store.put(rows)).rejects.toMatchObject({ code: "search.options" });
  });
}
