import { expect, it } from "vitest";
import { byId, exactly, idsOf, rowOf, rowsOf, type StoreUnderTest, vectorOf } from "./sample.js";

export function testOptimising({ create, error }: StoreUnderTest): void {
  it("is the same store after it was made fast, and stays right when it changes again", async () => {
    await using store = await create();
    const rows = rowsOf(0, 12_000);
    await store.put(rows.slice(0, 6_000));
    await store.put(rows.slice(6_000));
    await store.remove(rows.slice(100, 200).map(({ id }) => id));
    const steps: string[] = [];
    await store.optimise({ onProgress: ({ step }) => void steps.push(step) });
    const kept = rows.filter((_, n) => n < 100 || n >= 200);
    expect(await idsOf(store)).toEqual(kept.map(({ id }) => id).sort(byId));
    let found = 0;
    for (let n = 0; n < 20; n++) {
      const query = vectorOf(50_000 + n);
      const [matches] = await store.nearest([query], { k: 10 });
      const least = exactly(kept, query)[9]!;
      found += matches!.filter(({ similarity }) => similarity > least - error).length;
    }
    expect(found).toBeGreaterThanOrEqual(180);
    const [all] = await store.nearest([vectorOf(3)], { k: 10, filter: { ids: [rowOf(3).id, rowOf(4).id] } });
    expect(all!.map(({ id }) => id)).toEqual([rowOf(3).id, rowOf(4).id]);

    await store.put([rowOf(5, { vector: vectorOf(90_005) }), rowOf(12_000)]);
    await store.patch([
      { id: rowOf(6).id, labels: ["rare"] },
      { id: rowOf(7).id, path: "/moved.jpg" },
    ]);
    await store.remove([rowOf(8).id]);
    const nearestTo = async (seed: number): Promise<string> =>
      (await store.nearest([vectorOf(seed)], { k: 1 }))[0]![0]!.id;
    expect(await nearestTo(90_005)).toBe(rowOf(5).id);
    expect(await nearestTo(12_000)).toBe(rowOf(12_000).id);
    expect(await nearestTo(6)).toBe(rowOf(6).id);
    expect(await nearestTo(7)).toBe(rowOf(7, { path: "/moved.jpg" }).id);
    expect(await nearestTo(8)).not.toBe(rowOf(8).id);
    expect(await idsOf(store, { labels: { any: ["rare"] } })).toEqual([rowOf(6).id]);
    expect(await store.count()).toBe(kept.length);
    await store.optimise();
    expect(await store.count()).toBe(kept.length);
    expect(await nearestTo(90_005)).toBe(rowOf(5).id);
  });

  it("goes on writing while it is made fast", async () => {
    await using store = await create();
    await store.put(rowsOf(0, 10_000));
    let isDone = false;
    const optimised = store.optimise().finally(() => {
      isDone = true;
    });
    let n = 10_000;
    while (!isDone) {
      await store.put([rowOf(n++), rowOf(n % 100, { caption: `again ${n}` })]);
      await store.patch([{ id: rowOf(200).id, caption: `now ${n}` }]);
    }
    await optimised;
    expect(await store.count()).toBe(n);
    expect((await store.get([rowOf(200).id]))[0]!.caption).toBe(`now ${n}`);
    expect((await store.nearest([vectorOf(n - 1)], { k: 1 }))[0]![0]!.id).toBe(rowOf(n - 1).id);
  });
}
