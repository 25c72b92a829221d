import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ClipError } from "../../src/errors.js";
import { Batcher, type BatcherOptions, type RunFigures } from "../../src/server/queue/batcher.js";
import { BusyError } from "../../src/server/queue/busy.js";
import { FairQueue, type Waiting } from "../../src/server/queue/fair-queue.js";
import { Turns } from "../../src/server/queue/turns.js";

interface Thing extends Waiting {
  readonly id: number;
}
const thing = (id: number, client: string, more: Partial<Thing> = {}): Thing => ({
  id,
  client,
  priority: "interactive",
  kind: "",
  ...more,
});
const ids = (things: readonly Thing[]): number[] => things.map(({ id }) => id);

describe("FairQueue", () => {
  it("gives clients turns: one with much waits no longer than the others", () => {
    const queue = new FairQueue<Thing>();
    for (let id = 0; id < 6; id++) queue.push(thing(id, "much"));
    queue.push(thing(10, "little"));
    queue.push(thing(20, "other"));
    expect(ids(queue.take(4))).toEqual([0, 10, 20, 1]);
    expect(queue.size).toBe(4);
    expect(queue.of("much")).toBe(4);
    expect(queue.clients).toBe(1);
  });

  it("lets bulk work in one turn of four, and all of it where nothing else waits", () => {
    const queue = new FairQueue<Thing>();
    for (let id = 0; id < 9; id++) queue.push(thing(id, "a"));
    for (let id = 100; id < 104; id++) queue.push(thing(id, "b", { priority: "bulk" }));
    const order = ids(queue.take(8));
    expect(order.filter((id) => id >= 100)).toHaveLength(2);
    expect(order.slice(0, 3)).toEqual([0, 1, 2]);
    queue.remove(({ id }) => id < 100);
    expect(ids(queue.take(8))).toEqual([102, 103]);
  });

  it("takes things of one kind together; the others keep their place", () => {
    const queue = new FairQueue<Thing>();
    for (const [id, kind] of ["x", "y", "x", "y"].entries()) queue.push(thing(id, `c${id}`, { kind }));
    expect(ids(queue.take(8))).toEqual([0, 2]);
    expect(ids(queue.take(8))).toEqual([1, 3]);
  });

  it("loses and doubles nothing, whatever comes", () => {
    const item = fc.record({
      client: fc.constantFrom("a", "b", "c"),
      priority: fc.constantFrom("interactive" as const, "bulk" as const),
      kind: fc.constantFrom("x", "y"),
    });
    fc.assert(
      fc.property(fc.array(item, { maxLength: 40 }), fc.integer({ min: 1, max: 9 }), (items, most) => {
        const queue = new FairQueue<Thing>();
        for (const [id, one] of items.entries()) queue.push({ id, ...one });
        const seen: Thing[] = [];
        while (queue.size > 0) {
          const taken = queue.take(most);
          expect(taken.length).toBeGreaterThan(0);
          expect(new Set(taken.map(({ kind }) => kind)).size).toBe(1);
          seen.push(...taken);
        }
        expect(ids(seen).sort((a, b) => a - b)).toEqual(items.map((_, id) => id));
        // Of one client, priority and kind the order is that of arrival.
        for (const key of new Set(seen.map(keyOf))) {
          const line = ids(seen.filter((one) => keyOf(one) === key));
          expect(line).toEqual(line.toSorted((a, b) => a - b));
        }
      }),
    );
  });
});

const keyOf = ({ client, priority, kind }: Thing): string => `${client} ${priority} ${kind}`;

/** A batcher whose runs end when the test says so. */
function controlled(given: Partial<BatcherOptions<number, string>> = {}) {
  const runs: { items: readonly number[]; kind: string; end: (error?: Error) => Promise<void> }[] = [];
  const figures: RunFigures[] = [];
  const time = { now: 0 };
  const batcher = new Batcher<number, string>({
    maxBatch: 4,
    maxWaitMs: 0,
    maxRunMs: 1000,
    maxQueueMs: 1000,
    maxQueueBytes: 100,
    clock: () => time.now,
    onRun: (one) => figures.push(one),
    run: (items, kind) =>
      new Promise((done, fail) => {
        runs.push({
          items,
          kind,
          async end(error) {
            if (error) fail(error);
            else done(items.map((item) => `done ${item}`));
            await new Promise(setImmediate);
          },
        });
      }),
    ...given,
  });
  return { batcher, runs, figures, time };
}
const asker = { client: "a", priority: "interactive" } as const;

describe("Batcher", () => {
  it("runs at once while free, and gathers what comes meanwhile into one run", async () => {
    const { batcher, runs, figures, time } = controlled();
    const first = batcher.submit([1], "", asker);
    expect(runs.map(({ items }) => items)).toEqual([[1]]);
    const second = batcher.submit([2], "", asker);
    expect(runs).toHaveLength(1);
    expect(batcher.waiting).toBe(1);
    // As many as half a run begin beside the first, to be decoded while it computes.
    const third = batcher.submit([3, 4, 5], "", asker);
    expect(runs.map(({ items }) => items)).toEqual([[1], [2, 3, 4, 5]]);
    time.now = 40;
    await runs[0]!.end();
    expect(await first).toEqual(["done 1"]);
    await runs[1]!.end();
    expect(await Promise.all([second, third])).toEqual([["done 2"], ["done 3", "done 4", "done 5"]]);
    expect(figures.map(({ items, seconds }) => [items, seconds])).toEqual([
      [1, 0.04],
      [4, 0.04],
    ]);
  });

  it("waits a moment for those who were answered together, but not for one alone", async () => {
    const { batcher, runs, time } = controlled({ maxWaitMs: 5 });
    const first = batcher.submit([1, 2], "", asker);
    time.now = 100;
    await runs[0]!.end();
    await first;
    const again = batcher.submit([3], "", asker);
    expect(runs).toHaveLength(1);
    const both = [again, batcher.submit([4], "", asker)];
    expect(runs[1]!.items).toEqual([3, 4]);
    await runs[1]!.end();
    await Promise.all(both);
    // Only one comes back: it is run after the wait, and the next one at once.
    const alone = batcher.submit([5], "", asker);
    await expect.poll(() => runs.length).toBe(3);
    await runs[2]!.end();
    await alone;
    const last = batcher.submit([6], "", asker);
    expect(runs).toHaveLength(4);
    await runs[3]!.end();
    expect(await last).toEqual(["done 6"]);
  });

  it("those who were left waiting and those who come back are one run", async () => {
    const { batcher, runs, time } = controlled({ maxBatch: 16, maxWaitMs: 5 });
    const first = batcher.submit([1], "", asker);
    const others = batcher.submit([2, 3, 4], "", asker);
    time.now = 100;
    await runs[0]!.end();
    await first;
    expect(runs).toHaveLength(1);
    const again = batcher.submit([5], "", asker);
    expect(runs[1]!.items).toEqual([2, 3, 4, 5]);
    await runs[1]!.end();
    await Promise.all([others, again]);
  });

  it("does without waits where they were in vain", async () => {
    const { batcher, runs, time } = controlled({ maxWaitMs: 5 });
    /** Things that run by themselves, at a time of their own. */
    const ran = async (...items: number[]): Promise<void> => {
      const before = runs.length;
      const done = batcher.submit(items, "", asker);
      await expect.poll(() => runs.length).toBe(before + 1);
      time.now += 100;
      await runs[before]!.end();
      await done;
    };
    for (let i = 0; i < 2; i++) {
      await ran(1, 2);
      await ran(3);
    }
    await ran(4, 5);
    const at = runs.length;
    const next = batcher.submit([6], "", asker);
    expect(runs).toHaveLength(at + 1);
    await runs[at]!.end();
    await next;
  });

  it("takes fewer at once where a run would take too long", async () => {
    const { batcher, runs, time } = controlled({ maxRunMs: 100 });
    const first = batcher.submit([1], "", asker);
    time.now = 60;
    await runs[0]!.end();
    await first;
    const more = batcher.submit([2, 3, 4], "", asker);
    expect(runs.slice(1).map(({ items }) => items)).toEqual([[2], [3]]);
    await runs[1]!.end();
    await runs[2]!.end();
    await runs[3]!.end();
    expect(await more).toEqual(["done 2", "done 3", "done 4"]);
  });

  it("refuses what would wait too long, and says when to come again", async () => {
    const { batcher, runs, time } = controlled();
    const first = batcher.submit([1], "", asker);
    time.now = 400;
    await runs[0]!.end();
    await first;
    const waiting = batcher.submit([1, 2, 3, 4], "", asker);
    const refused = await batcher.submit([5], "", asker).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(BusyError);
    expect(refused).toMatchObject({ code: "server.busy", retryAfter: 1 });
    expect(() => batcher.admit()).toThrow(BusyError);
    for (let i = 1; i < runs.length; i++) await runs[i]!.end();
    expect(await waiting).toHaveLength(4);
    expect(() => batcher.admit()).not.toThrow();
  });

  it("refuses more bytes than may wait, but never what is alone", async () => {
    const { batcher, runs } = controlled({ bytesOf: (item) => item, maxBatch: 1 });
    const large = batcher.submit([500], "", asker);
    const next = batcher.submit([60], "", asker);
    expect(runs).toHaveLength(2);
    const waiting = batcher.submit([90], "", asker);
    await expect(batcher.submit([20], "", asker)).rejects.toMatchObject({ code: "server.busy" });
    for (const i of [0, 1, 2]) await runs[i]!.end();
    expect(await Promise.all([large, next, waiting])).toEqual([["done 500"], ["done 60"], ["done 90"]]);
  });

  it("drops what nobody waits for any more", async () => {
    const { batcher, runs } = controlled({ maxBatch: 8 });
    const first = batcher.submit([1], "", asker);
    const gone = new AbortController();
    const left = batcher.submit([2, 3], "", { ...asker, signal: gone.signal });
    gone.abort();
    const results = await left;
    expect(results).toEqual([expect.any(ClipError), expect.any(ClipError)]);
    expect(results[0]).toMatchObject({ code: "aborted" });
    expect(batcher.waiting).toBe(0);
    await runs[0]!.end();
    expect(await first).toEqual(["done 1"]);
    expect(runs).toHaveLength(1);
    await expect(batcher.submit([4], "", { ...asker, signal: gone.signal })).rejects.toMatchObject({
      code: "aborted",
    });
  });

  it("a run that fails is an error of its own things, and the next one runs", async () => {
    const { batcher, runs } = controlled();
    const bad = batcher.submit([1], "", asker);
    await runs[0]!.end(new Error("out of memory"));
    expect(await bad).toEqual([expect.objectContaining({ code: "server.run" })]);
    const good = batcher.submit([2], "", asker);
    await runs[1]!.end();
    expect(await good).toEqual(["done 2"]);
  });

  it("keeps kinds apart", async () => {
    const { batcher, runs } = controlled({ maxBatch: 8 });
    const all = [
      batcher.submit([1], "x", asker),
      batcher.submit([2], "y", asker),
      batcher.submit([3], "x", asker),
    ];
    await runs[0]!.end();
    await runs[1]!.end();
    if (runs[2]) await runs[2].end();
    await Promise.all(all);
    for (const { items, kind } of runs)
      expect(items.every((item) => (item === 2) === (kind === "y"))).toBe(true);
  });
});

it("Turns: one after the other, also after one that fails", async () => {
  const turns = new Turns();
  const order: number[] = [];
  const work = (id: number, ms: number) => () =>
    new Promise<void>((done) => {
      setTimeout(() => {
        order.push(id);
        done();
      }, ms);
    });
  const all = [
    turns.run(work(1, 20)),
    turns.run(() => Promise.reject(new Error("no"))),
    turns.run(work(2, 0)),
  ];
  await Promise.allSettled(all);
  expect(order).toEqual([1, 2]);
});
