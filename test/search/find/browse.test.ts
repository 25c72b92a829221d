import { expect, it } from "vitest";
import { browseStore } from "../../../src/search/find/browse.js";
import { overviewOf } from "../../../src/search/find/overview.js";
import type { Store } from "../../../src/search/store/store.js";
import { letterEncoder } from "../../support/letter-encoder.js";
import { rowOf, storeOf } from "./rows.js";

const encoder = letterEncoder();
const COUNT = 250;
/** Seven rows a day, of every third the day it was taken. */
const dateOf = (i: number): number => Date.UTC(2024, 0, 1 + (i % 36));

async function filled(): Promise<Store> {
  const store = await storeOf(encoder, []);
  const paths = Array.from({ length: COUNT }, (_, i) => `/home/a/${i % 2 ? "x" : "y"}/p${i}.jpg`);
  const vectors = await encoder.encodeImages(paths);
  await store.put(
    paths.map((path, i) =>
      rowOf(path, vectors[i] as Float32Array, {
        ...(i % 3 === 0 ? { taken: dateOf(i), modified: 0 } : { modified: dateOf(i) }),
        labels: i % 5 === 0 ? ["five", "all"] : ["all"],
      }),
    ),
  );
  return store;
}

async function pages(
  store: Store,
  k: number,
  between: (page: number) => Promise<void> = async () => {},
): Promise<string[]> {
  const ids: string[] = [];
  for (let [page, cursor] = [1, "" as string | null]; cursor !== null; page++) {
    const found = await browseStore(store, { k, ...(cursor ? { cursor } : {}) });
    ids.push(...found.rows.map(({ id }) => id));
    cursor = found.next;
    await between(page);
  }
  return ids;
}

it("gives every row once, the newest first, by id where times are equal", async () => {
  const store = await filled();
  const { rows, total, next } = await browseStore(store, { k: 1000 });
  expect([rows.length, total, next]).toEqual([COUNT, COUNT, null]);
  const keys = rows.map(({ taken, modified, id }) => [-(taken ?? modified), id] as const);
  expect(keys).toEqual(keys.toSorted(([a, i], [b, j]) => a - b || (i < j ? -1 : 1)));
  expect(await pages(store, 7)).toEqual(rows.map(({ id }) => id));
});

it("shows what stays once while rows come and go", async () => {
  const store = await filled();
  const whole = (await browseStore(store, { k: 1000 })).rows;
  const vector = (await encoder.encodeImages(["/n"]))[0] as Float32Array;
  const gone = whole[120]!.id;
  const seen = await pages(store, 20, async (page) => {
    if (page === 2) await store.remove([gone, whole[3]!.id]);
    await store.put([rowOf(`/home/a/x/new-${page}.jpg`, vector, { modified: dateOf(page) })]);
  });
  expect(new Set(seen).size).toBe(seen.length);
  expect(seen).not.toContain(gone);
  for (const { id } of whole) if (id !== gone) expect(seen).toContain(id);
});

it("passes filters, and refuses a cursor of another one", async () => {
  const store = await filled();
  const filter = { labels: { all: ["five"] } };
  const found = await browseStore(store, { k: 10, filter });
  expect(found.total).toBe(50);
  await expect(browseStore(store, { cursor: found.next! })).rejects.toMatchObject({ code: "search.cursor" });
  await expect(browseStore(store, { k: 0 })).rejects.toMatchObject({ code: "search.options" });
});

it("tells what a store holds", async () => {
  const store = await filled();
  expect(await overviewOf(store)).toEqual({
    rows: COUNT,
    labels: [
      { label: "all", count: COUNT },
      { label: "five", count: 50 },
    ],
    first: dateOf(0),
    last: dateOf(35),
    thumbnails: false,
    roots: ["/home/a"],
  });
  const vector = (await encoder.encodeImages(["/n"]))[0] as Float32Array;
  await store.put([rowOf("/mnt/b/c/1.jpg", vector), rowOf("s3://bucket/p/2.jpg", vector)]);
  expect((await overviewOf(store, { labels: 1 })).roots).toEqual(["/home/a", "/mnt/b/c", "s3://bucket/p"]);
  await store.put([rowOf("/top.jpg", vector)]);
  expect((await overviewOf(store)).roots).toEqual(["/"]);
});
