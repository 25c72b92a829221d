import { expect, it } from "vitest";
import type { Store } from "../../src/search/store/store.js";
import { Shown } from "../../src/server/databases/shown.js";
import { row, storeOf } from "../search/assets/rows.js";

const ROWS = Array.from({ length: 100 }, (_, i) => row(`/${i}.jpg`, [1, i, 0, 0]));
const IDS = ROWS.map(({ id }) => id);

/** A store that counts how often it is looked into; it fails as long as `fails` says. */
async function counted() {
  const store = await storeOf(ROWS);
  const held = { asked: [] as number[], fails: false };
  const get = store.get.bind(store);
  store.get = ((...args: Parameters<Store["get"]>) => {
    held.asked.push(args[0].length);
    return held.fails ? Promise.reject(new Error("away")) : get(...args);
  }) as Store["get"];
  return { store, held };
}

it("a page's rows are read together, whoever asks for one of them first", async () => {
  const { store, held } = await counted();
  const shown = new Shown(store);
  shown.note(IDS);
  const found = await Promise.all(IDS.slice(0, 40).map((id) => shown.get(id)));
  expect(found.map((one) => one?.id)).toEqual(IDS.slice(0, 40));
  expect(held.asked).toEqual([32, 32]);
  expect((await shown.get(IDS[50]!))?.path).toBe("/50.jpg");
  expect(held.asked).toHaveLength(2);
});

it("a row of no page is read alone; one that is not there is told so", async () => {
  const { store, held } = await counted();
  const shown = new Shown(store);
  expect((await shown.get(IDS[3]!))?.path).toBe("/3.jpg");
  expect(await shown.get("0".repeat(32))).toBeUndefined();
  expect(held.asked).toEqual([1, 1]);
});

it("what failed is tried again", async () => {
  const { store, held } = await counted();
  const shown = new Shown(store);
  shown.note(IDS);
  held.fails = true;
  await expect(shown.get(IDS[0]!)).rejects.toThrow("away");
  held.fails = false;
  expect((await shown.get(IDS[1]!))?.path).toBe("/1.jpg");
});
