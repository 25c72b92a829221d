import { expect, it } from "vitest";
import { compileFilter } from "../../../../src/search/store/matches.js";
import { byId, factsOf, rowOf, rowsOf, type StoreUnderTest } from "./sample.js";

export function testScans({ create, error }: StoreUnderTest): void {
  it("gives all rows in the order of their ids, in batches", async () => {
    await using store = await create();
    const rows = rowsOf(0, 250);
    await store.put(rows);
    const sizes: number[] = [];
    const found = [];
    for await (const batch of store.scan({ batch: 100 })) {
      sizes.push(batch.length);
      found.push(...batch);
    }
    expect(sizes).toEqual([100, 100, 50]);
    expect(found).toEqual(rows.toSorted((a, b) => byId(a.id, b.id)).map(factsOf));
  });

  it("gives the columns and rows that are asked for", async () => {
    await using store = await create();
    const rows = rowsOf(0, 120);
    await store.put(rows);
    const filter = { bytes: { least: 1050 } };
    const among = rows.filter(compileFilter(filter)).toSorted((a, b) => byId(a.id, b.id));
    const found = [];
    for await (const batch of store.scan({ filter, columns: ["vector", "path"], batch: 7 }))
      found.push(...batch);
    expect(found.map(({ id, path }) => ({ id, path }))).toEqual(among.map(({ id, path }) => ({ id, path })));
    for (const [i, { vector }] of found.entries()) {
      const far = vector.map((value, at) => Math.abs(value - among[i]!.vector[at]!));
      expect(Math.max(...far)).toBeLessThan(error);
    }
  });

  it("gives every row that stays exactly once, whatever is written meanwhile", async () => {
    await using store = await create();
    const stay = rowsOf(0, 300);
    const go = rowsOf(300, 360);
    await store.put([...stay, ...go]);
    const found: string[] = [];
    let n = 1000;
    for await (const batch of store.scan({ batch: 20, columns: ["id", "bytes"] })) {
      found.push(...batch.map(({ id }) => id));
      await store.put([rowOf(n++), rowOf(n % 300, { bytes: n })]);
      await store.patch([{ id: stay[n % 300]!.id, caption: `${n}` }]);
      await store.remove([go[n % 60]!.id]);
    }
    expect(found).toEqual([...new Set(found)].sort());
    const seen = new Set(found);
    expect(stay.filter(({ id }) => !seen.has(id))).toEqual([]);
    const ever = new Set([...stay, ...go, ...rowsOf(1000, n)].map(({ id }) => id));
    expect(found.filter((id) => !ever.has(id))).toEqual([]);
  });

  it("lets go when the reader stops, and when the signal fires", async () => {
    await using store = await create();
    await store.put(rowsOf(0, 100));
    for await (const batch of store.scan({ batch: 10 })) {
      expect(batch).toHaveLength(10);
      break;
    }
    const stop = new AbortController();
    const read = async (): Promise<number> => {
      let rows = 0;
      for await (const batch of store.scan({ batch: 10, signal: stop.signal })) {
        rows += batch.length;
        stop.abort();
      }
      return rows;
    };
    await expect(read()).rejects.toMatchObject({ code: "aborted" });
    expect(await store.count()).toBe(100);
  });

  it.each([0, -1, 2.5, 10_001])("refuses a batch of %s", async (batch) => {
    await using store = await create();
    await expect(store.scan({ batch }).next()).rejects.toMatchObject({ code: "search.options" });
  });
}
