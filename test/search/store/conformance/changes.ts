import { expect, it } from "vitest";
import { rowId } from "../../../../src/search/row.js";
import { factsOf, idsOf, rowOf, rowsOf, type StoreUnderTest, vectorOf } from "./sample.js";

export function testChanges({ create, reopen, error }: StoreUnderTest): void {
  it("changes nothing when the same rows are put again", async () => {
    await using store = await create();
    const rows = rowsOf(0, 50);
    await store.put(rows);
    await store.put(rows);
    await store.put(rows.slice(10, 20));
    expect(await store.get(rows.map(({ id }) => id))).toEqual(rows.map(factsOf));
    expect(await store.count()).toBe(50);
  });

  it("says by its state whether anything was put or removed", async () => {
    await using store = await create();
    await store.put(rowsOf(0, 5));
    const first = await store.state();
    expect(await store.state()).toBe(first);
    await store.put([rowOf(8)]);
    const second = await store.state();
    expect(second).not.toBe(first);
    await store.remove([rowOf(8).id, rowOf(0).id]);
    expect(await store.state()).not.toBe(second);
  });

  it("replaces a row of the same id, vector and all", async () => {
    await using store = await create();
    await store.put(rowsOf(0, 5));
    const next = rowOf(3, { bytes: 9, labels: ["new"], vector: vectorOf(77), thumbnail: Uint8Array.of(1) });
    await store.put([next, rowOf(8)]);
    expect(await store.count()).toBe(6);
    expect(await store.get([next.id])).toEqual([factsOf(next)]);
    expect((await store.nearest([vectorOf(77)], { k: 1 }))[0]![0]!.id).toBe(next.id);
  });

  it("takes the last of several rows of one id", async () => {
    await using store = await create();
    await store.put([rowOf(1, { bytes: 1 }), rowOf(2), rowOf(1, { bytes: 2 }), rowOf(1, { bytes: 3 })]);
    expect(await store.count()).toBe(2);
    expect((await store.get([rowOf(1).id], ["bytes"]))[0]!.bytes).toBe(3);
  });

  it("does nothing for empty lists", async () => {
    await using store = await create();
    await store.put([]);
    await store.patch([]);
    await store.remove([]);
    await store.patch([{ id: rowOf(1).id }]);
    expect(await store.count()).toBe(0);
  });

  it("patches columns and leaves the others, the vector and the thumbnail", async () => {
    await using store = await create();
    const rows = rowsOf(0, 20);
    await store.put(rows);
    const before = await store.get([rows[4]!.id], ["vector", "thumbnail"]);
    await store.patch([
      { id: rows[4]!.id, labels: ["a", "b"], caption: "new", modified: 5 },
      { id: rows[7]!.id, caption: null },
      { id: rows[8]!.id, labels: [] },
    ]);
    expect(await store.get([rows[4]!.id, rows[7]!.id, rows[8]!.id, rows[9]!.id])).toEqual([
      { ...factsOf(rows[4]!), labels: ["a", "b"], caption: "new", modified: 5 },
      { ...factsOf(rows[7]!), caption: null },
      { ...factsOf(rows[8]!), labels: [] },
      factsOf(rows[9]!),
    ]);
    expect(await store.get([rows[4]!.id], ["vector", "thumbnail"])).toEqual(before);
    expect((await store.nearest([rows[4]!.vector], { k: 1 }))[0]![0]!.id).toBe(rows[4]!.id);
    expect(await store.count()).toBe(20);
  });

  it("passes over unknown ids, and makes no row of them", async () => {
    await using store = await create();
    await store.put([rowOf(1)]);
    await store.patch([
      { id: rowOf(2).id, caption: "x" },
      { id: rowOf(1).id, caption: "y" },
    ]);
    await store.remove([rowOf(3).id]);
    expect(await idsOf(store)).toEqual([rowOf(1).id]);
    expect((await store.get([rowOf(1).id]))[0]!.caption).toBe("y");
  });

  it("takes several changes of one row one after another", async () => {
    await using store = await create();
    await store.put([rowOf(1)]);
    await store.patch([
      { id: rowOf(1).id, caption: "x", bytes: 1 },
      { id: rowOf(1).id, caption: "y" },
    ]);
    expect((await store.get([rowOf(1).id]))[0]).toMatchObject({ caption: "y", bytes: 1 });
  });

  it("refuses a change that no row may have", async () => {
    await using store = await create();
    await store.put([rowOf(1)]);
    const change = { id: rowOf(1).id, path: "" };
    await expect(store.patch([change])).rejects.toMatchObject({ code: "search.row" });
    expect(await store.get([rowOf(1).id])).toEqual([factsOf(rowOf(1))]);
  });

  it("gives a row that moved its new id, and keeps its vector", async () => {
    await using store = await create();
    const rows = rowsOf(1, 6);
    await store.put(rows);
    const [vector] = await store.get([rows[0]!.id], ["vector"]);
    await store.patch([{ id: rows[0]!.id, path: "/else/where.jpg", modified: 7 }]);
    const id = rowId("/else/where.jpg", rows[0]!.time);
    expect(await store.get([rows[0]!.id])).toEqual([undefined]);
    expect(await store.get([id])).toEqual([
      { ...factsOf(rows[0]!), id, path: "/else/where.jpg", modified: 7 },
    ]);
    expect((await store.get([id], ["vector"]))[0]!.vector).toEqual(vector!.vector);
    expect(await store.count()).toBe(5);
    expect((await store.nearest([rows[0]!.vector], { k: 1 }))[0]![0]!.id).toBe(id);
  });

  it("lets two files change places", async () => {
    await using store = await create();
    const [a, b] = [rowOf(1), rowOf(2)];
    await store.put([a, b, rowOf(3)]);
    await store.patch([
      { id: a.id, path: b.path },
      { id: b.id, path: a.path },
    ]);
    const found = await store.get([a.id, b.id], ["path", "hash"]);
    expect(found).toEqual([
      { id: a.id, path: a.path, hash: b.hash },
      { id: b.id, path: b.path, hash: a.hash },
    ]);
    expect(await store.count()).toBe(3);
  });

  it("lets a file take the place of another", async () => {
    await using store = await create();
    const [a, b] = [rowOf(1), rowOf(2)];
    await store.put([a, b]);
    await store.patch([{ id: a.id, path: b.path }]);
    expect(await store.get([a.id, b.id], ["hash"])).toEqual([undefined, { id: b.id, hash: a.hash }]);
    expect(await store.count()).toBe(1);
  });

  it("removes rows, which can be put again", async () => {
    await using store = await create();
    const rows = rowsOf(0, 40);
    await store.put(rows);
    const gone = rows.filter((_, n) => n % 2 === 0).map(({ id }) => id);
    await store.remove([...gone, ...gone]);
    expect(await idsOf(store)).toEqual(
      rows
        .filter((_, n) => n % 2 === 1)
        .map(({ id }) => id)
        .sort(),
    );
    const [near] = await store.nearest([rows[0]!.vector], { k: 40 });
    expect(near!.map(({ id }) => id).sort()).toEqual(await idsOf(store));
    await store.put(rows);
    expect(await store.count()).toBe(40);
    expect((await store.nearest([rows[0]!.vector], { k: 1 }))[0]![0]!.id).toBe(rows[0]!.id);
  });

  it("takes many calls at once", async () => {
    await using store = await create();
    const rows = rowsOf(0, 200);
    const parts = Array.from({ length: 20 }, (_, i) => rows.slice(i * 10, i * 10 + 10));
    await Promise.all([
      ...parts.map((part) => store.put(part)),
      ...parts.map((part) => store.put(part.slice(0, 5))),
      ...parts.map(() => store.count()),
    ]);
    await Promise.all([
      store.patch([{ id: rows[0]!.id, caption: "x" }]),
      store.remove([rows[1]!.id]),
      store.patch([{ id: rows[2]!.id, labels: ["y"] }]),
    ]);
    expect(await store.count()).toBe(199);
    expect((await store.get([rows[0]!.id]))[0]!.caption).toBe("x");
    expect((await store.get([rows[2]!.id]))[0]!.labels).toEqual(["y"]);
  });

  it("holds writing for one, and goes on writing", async () => {
    await using store = await create();
    {
      await using _hold = await store.hold();
      await store.put(rowsOf(0, 3));
    }
    await store.put(rowsOf(3, 5));
    expect(await store.count()).toBe(5);
  });

  it.skipIf(reopen === undefined)(
    "is the same when it is opened again, while it is open and after",
    async () => {
      const store = await create();
      const rows = rowsOf(0, 30);
      await store.put(rows);
      {
        await using other = await reopen!(store);
        expect(other.identity).toEqual(store.identity);
        expect(await other.get(rows.map(({ id }) => id))).toEqual(rows.map(factsOf));
        await store.put(rowsOf(30, 31));
        expect(await other.count()).toBe(31);
        await other.put(rowsOf(31, 32));
        expect(await store.count()).toBe(32);
      }
      await store[Symbol.asyncDispose]();
      await using again = await reopen!(store);
      expect(await again.count()).toBe(32);
      const [match] = (await again.nearest([rows[3]!.vector], { k: 1 }))[0]!;
      expect(match!.id).toBe(rows[3]!.id);
      expect(Math.abs(match!.similarity - 1)).toBeLessThan(error);
    },
  );
}
