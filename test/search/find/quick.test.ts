import { expect, it } from "vitest";
import { seeded } from "../../../src/math/random.js";
import { unit } from "../../../src/math/unit.js";
import { quickStore } from "../../../src/search/quick/quick-store.js";
import { rowId } from "../../../src/search/row.js";
import { openStore } from "../../../src/search/store/open.js";
import type { Match } from "../../../src/search/store/store.js";
import { rowOf } from "./rows.js";

const DIM = 32;
const model = { name: "made-up", revision: "1", precision: "fp32", dim: DIM } as const;
const random = seeded(3);
const vector = () => unit(Float32Array.from({ length: DIM }, () => random() - 0.5));
const rows = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => rowOf(`/p/${from + i}.jpg`, vector()));
const ids = (matches: readonly Match[][]): string[] => matches[0]!.map(({ id }) => id);

it("finds what the store finds, at once what is put, never what is gone", async () => {
  const store = await openStore("memory:", { model, create: true, version: "0.0.0" });
  await store.put(rows(0, 2000));
  const quick = await quickStore(store);
  let same = 0;
  for (let n = 0; n < 50; n++) {
    const query = [vector()];
    const exact = await store.nearest(query, { k: 10 });
    const found = new Set(ids(await quick.nearest(query, { k: 10 })));
    same += ids(exact).filter((id) => found.has(id)).length;
  }
  expect(same / 500).toBeGreaterThan(0.95);

  const added = rows(2000, 1)[0]!;
  await quick.put([added]);
  const [first] = await quick.nearest([added.vector], { k: 3 });
  expect(first![0]!.id).toBe(added.id);
  expect(first![0]!.similarity).toBeCloseTo(1, 3);

  // The same row with another vector.
  const changed = { ...added, vector: vector(), indexed: 1 };
  await quick.put([changed]);
  expect((await quick.nearest([added.vector], { k: 1 }))[0]![0]!.id).not.toBe(added.id);
  expect(ids(await quick.nearest([changed.vector], { k: 1 }))).toEqual([added.id]);

  await quick.patch([{ id: added.id, path: "/moved.jpg" }]);
  expect(ids(await quick.nearest([changed.vector], { k: 1 }))).toEqual([rowId("/moved.jpg", null)]);

  // Written behind its back.
  const [foreign] = rows(3000, 1);
  await store.put([foreign!]);
  await store.remove([rowId("/moved.jpg", null)]);
  await quick.refresh();
  expect(ids(await quick.nearest([foreign!.vector], { k: 1 }))).toEqual([foreign!.id]);
  expect(ids(await quick.nearest([changed.vector], { k: 1000 }))).not.toContain(rowId("/moved.jpg", null));

  // So much is removed that the graph is made anew.
  const kept = await store.scan({ batch: 100, columns: [] }).next();
  const keep = new Set((kept.value as { id: string }[]).map(({ id }) => id));
  const all = (await store.nearest([vector()], { k: 5000 }))[0]!.map(({ id }) => id);
  await quick.remove(all.filter((id) => !keep.has(id)));
  expect((await quick.stats()).index).toEqual({ kind: "HNSW in memory", rows: 100 });
  expect(new Set(ids(await quick.nearest([vector()], { k: 1000 })))).toEqual(keep);

  const filtered = await quick.nearest([vector()], { k: 5, filter: { ids: [...keep].slice(0, 2) } });
  expect(filtered[0]).toHaveLength(2);
  await expect(quick.nearest([new Float32Array(3)], { k: 5 })).rejects.toMatchObject({
    code: "search.options",
  });
});
