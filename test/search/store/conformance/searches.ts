import { expect, it } from "vitest";
import { compileFilter } from "../../../../src/search/store/matches.js";
import { DIM, dot, exactly, rowOf, rowsOf, type StoreUnderTest, vectorOf } from "./sample.js";

export function testSearches({ create, error }: StoreUnderTest): void {
  it.each([true, false])("finds what looking at every vector finds (exact: %s)", async (exact) => {
    await using store = await create();
    const rows = rowsOf(0, 500);
    await store.put(rows);
    const queries = Array.from({ length: 5 }, (_, i) => vectorOf(10_000 + i));
    for (const query of queries) {
      const [matches] = await store.nearest([query], { k: 20, exact });
      const vectors = new Map(rows.map(({ id, vector }) => [id, vector]));
      expect(new Set(matches!.map(({ id }) => id)).size).toBe(20);
      for (const [rank, cosine] of exactly(rows, query).slice(0, 20).entries()) {
        expect(Math.abs(matches![rank]!.similarity - cosine)).toBeLessThan(error);
        expect(Math.abs(dot(vectors.get(matches![rank]!.id)!, query) - cosine)).toBeLessThan(error);
      }
    }
  });

  it("gives cosines from 1 to −1, nearest first", async () => {
    await using store = await create();
    const row = rowOf(1);
    await store.put([row, rowOf(2, { vector: row.vector.map((value) => -value) }), rowOf(3)]);
    const [matches] = await store.nearest([row.vector], { k: 10 });
    expect(matches!.map(({ id }) => id)).toEqual([row.id, rowOf(3).id, rowOf(2).id]);
    expect(Math.abs(matches![0]!.similarity - 1)).toBeLessThan(error);
    expect(Math.abs(matches![2]!.similarity + 1)).toBeLessThan(error);
    expect(matches!.every(({ similarity }) => similarity >= -1 && similarity < 1 + error)).toBe(true);
  });

  it("searches among the rows of a filter, and finds k of them where there are", async () => {
    await using store = await create();
    const rows = rowsOf(0, 400);
    await store.put(rows);
    const filter = { labels: { all: ["it's"] }, not: { frame: true } };
    const among = rows.filter(compileFilter(filter));
    const [matches] = await store.nearest([vectorOf(9_999)], { k: 15, filter });
    const cosines = exactly(among, vectorOf(9_999));
    expect(matches).toHaveLength(15);
    for (const [rank, { id, similarity }] of matches!.entries()) {
      expect(among.some((row) => row.id === id)).toBe(true);
      expect(Math.abs(similarity - cosines[rank]!)).toBeLessThan(error);
    }
  });

  it("answers several queries at once as it answers each", async () => {
    await using store = await create();
    await store.put(rowsOf(0, 300));
    const queries = Array.from({ length: 70 }, (_, i) => vectorOf(20_000 + i));
    const together = await store.nearest(queries, { k: 5, filter: { blank: false } });
    expect(together).toHaveLength(70);
    for (const n of [0, 1, 31, 32, 63, 69]) {
      const [alone] = await store.nearest([queries[n]!], { k: 5, filter: { blank: false } });
      expect(together[n]!.map(({ id }) => id)).toEqual(alone!.map(({ id }) => id));
    }
    expect(await store.nearest([], { k: 5 })).toEqual([]);
  });

  it("gives fewer than k where there are fewer", async () => {
    await using store = await create();
    await store.put(rowsOf(0, 7));
    expect((await store.nearest([vectorOf(1)], { k: 10_000 }))[0]).toHaveLength(7);
    expect((await store.nearest([vectorOf(1)], { k: 5, filter: { ids: [rowOf(2).id] } }))[0]).toHaveLength(1);
    expect((await store.nearest([vectorOf(1)], { k: 5, filter: { or: [] } }))[0]).toEqual([]);
  });

  it("finds a row as soon as it is put", async () => {
    await using store = await create();
    await store.put(rowsOf(0, 100));
    for (let n = 100; n < 110; n++) {
      await store.put([rowOf(n)]);
      expect((await store.nearest([vectorOf(n)], { k: 1 }))[0]![0]!.id).toBe(rowOf(n).id);
    }
  });

  it.each([
    ["k of 0", [vectorOf(1)], 0],
    ["k of 1.5", [vectorOf(1)], 1.5],
    ["k of 10,001", [vectorOf(1)], 10_001],
    ["a query of another length", [vectorOf(1, DIM - 1)], 1],
    ["a query with NaN", [new Float32Array(DIM).fill(Number.NaN)], 1],
    ["queries too many", Array.from({ length: 1_001 }, () => vectorOf(1)), 1],
  ])("refuses %s", async (_name, queries, k) => {
    await using store = await create();
    await store.put([rowOf(1)]);
    await expect(store.nearest(queries, { k })).rejects.toMatchObject({ code: "search.options" });
  });
}
