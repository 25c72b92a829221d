import { describe, expect, it } from "vitest";
import type { Clip } from "../../src/clip.js";
import { memoryLimit, watchMemory } from "../../src/server/memory.js";
import { ModelPool, memoryOf } from "../../src/server/models.js";

const QUEUE = { maxBatch: 4, maxWaitMs: 0, maxRunMs: 100, maxQueueMs: 100, maxQueueBytes: 1e6 };

/** A pool of models of 100 bytes each, and what became of them, in order. */
function pool(maxBytes: number, open?: (name: string) => Promise<void>) {
  const log: string[] = [];
  const models = new ModelPool({
    models: ["a", "b", "c"],
    maxBytes,
    queue: QUEUE,
    open: async (name) => {
      log.push(`open ${name}`);
      await open?.(name);
      const model = { parameters: { image: 20, text: 5 }, precision: "fp32" };
      return { model, [Symbol.asyncDispose]: async () => void log.push(`close ${name}`) } as unknown as Clip;
    },
  });
  const use = (name?: string, work = async (): Promise<void> => undefined) => models.use(name, work);
  return { models, log, use };
}

describe("ModelPool", () => {
  it("opens a model when it is first asked for, once, and only those of its list", async () => {
    const { models, log, use } = pool(1000);
    expect(models.loaded).toEqual([]);
    await Promise.all([use("b"), use("b"), use("b")]);
    await use();
    expect(log).toEqual(["open b", "open a"]);
    await expect(use("d")).rejects.toMatchObject({ code: "model.unknown" });
    await expect(use("__proto__")).rejects.toMatchObject({ code: "model.unknown" });
    expect(models.loaded.map(({ serving }) => memoryOf(serving.clip.model))).toEqual([100, 100]);
    await models[Symbol.asyncDispose]();
    expect(log.slice(2).sort()).toEqual(["close a", "close b"]);
  });

  it("above its bound closes what was used longest ago, but nothing that is in use", async () => {
    const { models, log, use } = pool(200);
    await use("a");
    await use("b");
    await use("a");
    await use("c");
    expect(log).toEqual(["open a", "open b", "open c", "close b"]);
    let end = (): void => {};
    const held = use(
      "a",
      () =>
        new Promise<void>((done) => {
          end = done;
        }),
    );
    await use("b");
    // c was used before b, and a, used before both, is held.
    expect(log.slice(4)).toEqual(["open b", "close c"]);
    end();
    await held;
    expect(models.loaded.map(({ name }) => name).sort()).toEqual(["a", "b"]);
  });

  it("where memory is scarce closes all that nobody uses but the newest", async () => {
    const { models, log, use } = pool(1000);
    for (const name of ["a", "b", "c"]) await use(name);
    const scarce: number[] = [];
    let resident = 899;
    let looks = 0;
    using _ = watchMemory({
      limit: 1000,
      resident: () => {
        looks += 1;
        return resident;
      },
      everyMs: 1,
      onScarce: (now) => {
        scarce.push(now);
        models.relieve();
        resident = 500;
      },
    });
    await expect.poll(() => looks).toBeGreaterThan(1);
    expect(scarce).toEqual([]);
    resident = 901;
    await expect.poll(() => scarce).toEqual([901]);
    expect(log.slice(3)).toEqual(["close a", "close b"]);
    expect(models.relieve()).toEqual([]);
    expect(memoryLimit()).toBeGreaterThan(2 ** 28);
  });

  it("keeps the only one however large, and one that failed to open is tried again", async () => {
    let broken = true;
    const { log, use } = pool(10, async () => {
      if (broken) throw new Error("no disk");
    });
    await expect(use("a")).rejects.toThrow("no disk");
    broken = false;
    await use("a");
    expect(log).toEqual(["open a", "open a"]);
    await use("b");
    expect(log.slice(2)).toEqual(["open b", "close a"]);
  });
});
