import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { gate, prefetch } from "../../src/encode/prefetch.js";

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const out: T[] = [];
  for await (const item of items) out.push(item);
  return out;
}

describe("prefetch", () => {
  it("keeps the order, whatever ends first, and starts no more than it may", async () => {
    let started = 0;
    let most = 0;
    let taken = 0;
    const results = prefetch([30, 1, 20, 5, 1, 1], 3, async (ms, position) => {
      started += 1;
      most = Math.max(most, started - taken);
      await sleep(ms);
      return position;
    });
    const out: number[] = [];
    for await (const position of results) {
      taken += 1;
      out.push(position);
    }
    expect(out).toEqual([0, 1, 2, 3, 4, 5]);
    expect(most).toBeLessThanOrEqual(4);
  });

  it("reads an endless source only as far as it is asked", async () => {
    let made = 0;
    const endless = function* () {
      for (;;) yield made++;
    };
    const results = prefetch(endless(), 4, async (item) => item);
    expect((await results.next()).value).toBe(0);
    await results.return(undefined);
    expect(made).toBeLessThanOrEqual(5);
  });

  it("passes on what the source raises, after what came before", async () => {
    const source = function* () {
      yield 1;
      throw new Error("the folder went away");
    };
    await expect(collect(prefetch(source(), 2, async (item) => item))).rejects.toThrowError(
      "the folder went away",
    );
  });
});

describe("gate", () => {
  it("lets no more than its limit run at once and frees a place when a task fails", async () => {
    const through = gate(2);
    let running = 0;
    let most = 0;
    const task = (fails: boolean) =>
      through(async () => {
        running += 1;
        most = Math.max(most, running);
        await sleep(5);
        running -= 1;
        if (fails) throw new Error("bad");
        return "good";
      }).catch(() => "bad");
    expect(await Promise.all([true, false, true, false, false].map(task))).toEqual([
      "bad",
      "good",
      "bad",
      "good",
      "good",
    ]);
    expect(most).toBe(2);
  });
});
