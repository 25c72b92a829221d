import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { encodeF16 } from "../../../src/math/float16.js";
import { indexFolders } from "../../../src/search/ingest/index-folders.js";
import { modelOf } from "../../../src/search/ingest/model.js";
import { verifyFiles } from "../../../src/search/ingest/verify.js";
import type { Row } from "../../../src/search/row.js";
import { openStore } from "../../../src/search/store/open.js";
import type { Store } from "../../../src/search/store/store.js";
import { pixelEncoder } from "../../support/pixel-encoder.js";
import { picture } from "../ingest/scene.js";
import { MODEL, rowOf, rowsOf } from "./conformance/sample.js";

let folder = "";
let db = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "zeroclip-damage-"));
  db = join(folder, "db");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const CHECKSUMS = "checksums.bin";
const create = () => openStore(db, { model: MODEL, create: true, version: "1.2.3" });
const open = () => openStore(db, { version: "1.2.3" });

async function vectorsOf(store: Store): Promise<Pick<Row, "id" | "path" | "vector">[]> {
  const rows: Pick<Row, "id" | "path" | "vector">[] = [];
  for await (const batch of store.scan({ columns: ["path", "vector"] })) rows.push(...batch);
  return rows;
}

/** Turns one low bit over where the vector lies in the table's files, also those of old versions: its length is still 1. */
function turnBit(vector: Float32Array, at: number): void {
  const kept = Buffer.from(encodeF16(vector).buffer);
  const files = join(db, "pictures.lance", "data");
  let turned = 0;
  for (const name of readdirSync(files)) {
    const bytes = readFileSync(join(files, name));
    const from = bytes.indexOf(kept);
    if (from < 0) continue;
    bytes[from + 2 * at]! ^= 4;
    writeFileSync(join(files, name), bytes);
    turned += 1;
  }
  expect(turned).toBeGreaterThan(0);
}

it("a bit that turned over in a vector is noticed, in the row that it is of", async () => {
  const rows = rowsOf(0, 40);
  {
    await using store = await create();
    await store.put(rows);
    expect(await store.damaged(await vectorsOf(store))).toEqual(new Set());
  }
  for (const [n, at] of [
    [3, 0],
    [17, 31],
  ] as const)
    turnBit(rows[n]!.vector, at);
  await using store = await open();
  expect(await store.damaged(await vectorsOf(store))).toEqual(new Set([rows[3]!.id, rows[17]!.id]));
  await store.put([rows[3]!, rows[17]!]);
  expect(await store.damaged(await vectorsOf(store))).toEqual(new Set());
});

it("rows that are replaced, moved and gathered are what they were put as", async () => {
  await using store = await create();
  await store.put(rowsOf(0, 30));
  for (let turn = 0; turn < 4; turn++) {
    await store.put(rowsOf(0, 10).map(({ path, time }, n) => rowOf(n + 100 * (turn + 1), { path, time })));
  }
  await store.patch([
    { id: rowOf(20).id, path: "/elsewhere/20.jpg" },
    { id: rowOf(21).id, labels: ["other"] },
  ]);
  await store.remove([rowOf(29).id]);
  const before = statSync(join(db, CHECKSUMS)).size;
  await store.optimise();
  const all = await vectorsOf(store);
  expect(all).toHaveLength(29);
  expect(await store.damaged(all)).toEqual(new Set());
  for (let turn = 0; turn < 4; turn++) await store.put(rowsOf(0, 10));
  await store.optimise();
  expect(statSync(join(db, CHECKSUMS)).size).toBeLessThan(before + 40 * 20);
  const now = await vectorsOf(store);
  expect(await store.damaged(now)).toEqual(new Set());
  turnBit(now.find(({ path }) => path === "/elsewhere/20.jpg")!.vector, 1);
  await using again = await open();
  expect((await again.damaged(await vectorsOf(again))).size).toBe(1);
});

it("a store of a version that knew no checksums, or whose file was cut, is read and written", async () => {
  await using store = await create();
  await store.put(rowsOf(0, 5));
  rmSync(join(db, CHECKSUMS));
  expect(await store.damaged(await vectorsOf(store))).toEqual(new Set());
  await store.put(rowsOf(5, 8));
  appendFileSync(join(db, CHECKSUMS), Buffer.alloc(7));
  await store.put(rowsOf(8, 10));
  expect(statSync(join(db, CHECKSUMS)).size).toBe(5 * 20);
  const rows = await vectorsOf(store);
  expect(await store.damaged(rows)).toEqual(new Set());
  rows[0]!.vector[0]! += 0.01;
  const known = rows.findIndex(({ id }) => id === rowOf(9).id);
  rows[known]!.vector[0]! += 0.01;
  expect((await store.damaged(rows)).has(rowOf(9).id)).toBe(true);
});

it("a version whose data was cut by the power is taken away, and the one before is there", async () => {
  {
    await using store = await create();
    await store.put(rowsOf(0, 20));
    await store.put(rowsOf(20, 30));
  }
  const versions = join(db, "pictures.lance", "_versions");
  const [newest] = readdirSync(versions)
    .filter((name) => name.endsWith(".manifest"))
    .sort();
  const data = join(db, "pictures.lance", "data");
  const times = readdirSync(data).map((name) => ({ name, time: statSync(join(data, name)).mtimeMs }));
  const [last] = times.sort((a, b) => b.time - a.time);
  writeFileSync(join(data, last!.name), Buffer.alloc(statSync(join(data, last!.name)).size));
  {
    await using store = await open();
    await expect(vectorsOf(store)).rejects.toMatchObject({ code: "search.corrupt" });
  }
  rmSync(join(versions, newest!));
  await using store = await open();
  expect(await vectorsOf(store)).toHaveLength(20);
  await store.put(rowsOf(20, 30));
  const whole = await vectorsOf(store);
  expect(whole).toHaveLength(30);
  expect(await store.damaged(whole)).toEqual(new Set());
});

it("is found by verify, taken out where that is asked for, and computed anew by the next indexing", async () => {
  const encoder = pixelEncoder();
  for (const n of [1, 2, 3]) writeFileSync(join(folder, `${n}.png`), await picture(n));
  const index = async () => {
    await using store = await openStore(db, { model: modelOf(encoder), create: true, version: "1" });
    return await indexFolders([folder], { store, encoder });
  };
  await index();
  {
    await using store = await open();
    const [first] = await vectorsOf(store);
    turnBit(first!.vector, 5);
  }
  await using store = await open();
  const found = await verifyFiles(store);
  expect(found).toMatchObject({ rows: 3, damaged: 1, changed: 0, removed: 0 });
  expect(found.faults[0]).toMatchObject({ fault: "damaged", message: "Its vector is another than was put." });
  // Indexing alone looks at files, not at rows that are there.
  expect(await index()).toMatchObject({ unchanged: 3, added: 0 });
  expect(await verifyFiles(store, { removeDamaged: true })).toMatchObject({ damaged: 1, removed: 1 });
  expect(await index()).toMatchObject({ unchanged: 2, added: 1 });
  expect(encoder.computed).toBe(4);
  expect(await verifyFiles(store)).toMatchObject({ rows: 3, damaged: 0, removed: 0 });
});
