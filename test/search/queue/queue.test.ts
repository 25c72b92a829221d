import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ClipError } from "../../../src/errors.js";
import { connectQueue, openQueue } from "../../../src/search/queue/connection.js";
import { deadLetters, replayDead } from "../../../src/search/queue/dead.js";
import type { WorkEvent } from "../../../src/search/queue/work.js";
import { openStore } from "../../../src/search/store/open.js";
import { pixelEncoder } from "../../support/pixel-encoder.js";
import { NO_REDIS, redisAddress, redisServer } from "../../support/redis.js";
import { picture } from "../ingest/scene.js";
import { names, Place } from "./place.js";

const server = redisServer();
let place: Place;

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

describe.skipIf(NO_REDIS)(`pictures that workers compute${NO_REDIS}`, () => {
  beforeAll(async () => void (await server.start()));
  afterAll(() => server[Symbol.asyncDispose]());
  beforeEach(async () => {
    place = new Place(redisAddress(server));
    await using connection = await connectQueue(place.queue);
    await connection.redis.flushall();
  });
  afterEach(() => place[Symbol.dispose]());

  it("are all in the database once, whichever worker had them, and not computed again", async () => {
    await place.pictures(0, 100);
    await writeFile(join(place.photos, "broken.png"), "no picture");
    const events: WorkEvent[][] = [[], [], []];
    const seen: number[] = [];
    {
      await using _a = await place.worker({ name: "a", onBatch: (event) => events[0]!.push(event) });
      await using _b = await place.worker({ name: "b", onBatch: (event) => events[1]!.push(event) });
      await using _c = await place.worker({ name: "c", onBatch: (event) => events[2]!.push(event) });
      const report = await place.index({
        onProgress: ({ done, total }) => total !== undefined && seen.push(done),
      });
      expect(report).toMatchObject({ found: 101, added: 100, failed: 1, removed: 0 });
      expect(report.errors).toMatchObject([
        { path: join(place.photos, "broken.png"), code: expect.stringMatching(/^image\./) },
      ]);
      expect(await place.rows()).toEqual(names(0, 100));
      const files = events.flat().reduce((sum, event) => sum + event.files, 0);
      expect(files).toBe(101);
      expect(seen.at(-1)).toBe(101);
      expect(seen).toEqual(seen.toSorted((a, b) => a - b));

      expect(await place.index()).toMatchObject({ unchanged: 100, added: 0, failed: 1 });
      await rm(join(place.photos, "7.png"));
      await place.pictures(100, 103);
      expect(await place.index()).toMatchObject({ unchanged: 99, added: 3, removed: 1 });
    }
    expect(await place.rows()).toEqual([...names(0, 7), ...names(8, 103)]);
  });

  it("are not computed where the database has their content", async () => {
    await place.pictures(0, 20);
    const encoder = pixelEncoder();
    await using _worker = await place.worker({ openModel: async () => encoder });
    await place.index();
    expect(encoder.computed).toBe(20);
    for (let n = 0; n < 20; n++) {
      await writeFile(join(place.photos, `${100 + n}.png`), await picture(n));
    }
    expect(await place.index()).toMatchObject({ copied: 20, added: 0 });
    expect(encoder.computed).toBe(20);
    expect(await place.rows()).toEqual([...names(0, 20), ...names(100, 120)]);
  });

  it("are tried again when a database fails, then are dead letters, which can be replayed", async () => {
    await place.pictures(0, 40);
    let tries = 0;
    {
      const openStoreThatFails = (): Promise<never> => {
        tries += 1;
        return Promise.reject(new ClipError("search.store", "Expected the store to answer."));
      };
      await using _worker = await place.worker({ openStore: openStoreThatFails });
      const report = await place.index();
      expect(report).toMatchObject({ added: 0, failed: 40, failures: { "search.dead": 40 } });
    }
    // Two batches, three tries each.
    expect(tries).toBe(6);
    const letters = await all(deadLetters(place.queue));
    expect(letters).toHaveLength(2);
    expect(letters.flatMap(({ paths }) => paths)).toHaveLength(40);
    expect(letters[0]).toMatchObject({
      db: place.db,
      tries: 3,
      reason: expect.stringContaining("search.store"),
    });
    expect(letters[0]!.failed).toBeGreaterThan(1.7e12);

    await using _worker = await place.worker();
    expect(await replayDead(place.queue, [letters[0]!.id])).toBe(1);
    await expect.poll(async () => (await place.rows()).length).toBe(letters[0]!.paths.length);
    expect(await replayDead(place.queue)).toBe(1);
    await expect.poll(() => place.rows()).toEqual(names(0, 40));
    expect(await all(deadLetters(place.queue))).toEqual([]);
  });

  it("are dead letters at once where no second try helps", async () => {
    await place.pictures(0, 3);
    await using _worker = await place.worker({ openModel: async () => pixelEncoder("another") });
    const report = await place.index();
    expect(report).toMatchObject({ failed: 3, failures: { "search.dead": 3 } });
    expect(report.errors[0]!.message).toContain("search.model");
    expect(await all(deadLetters(place.queue))).toMatchObject([{ tries: 1 }]);
    expect(await place.rows()).toEqual([]);
  });

  it("are indexed by the next run though the one before left dead letters and waiting batches", async () => {
    await place.pictures(0, 70);
    const stop = new AbortController();
    const first = place.index({ signal: stop.signal, onProgress: ({ total }) => total && stop.abort() });
    await expect(first).rejects.toMatchObject({
      code: "aborted",
      message: expect.stringContaining("3 batches"),
    });
    await using connection = await connectQueue(place.queue);
    const queue = await openQueue(connection);
    expect(await queue.getWaitingCount()).toBe(3);
    await queue.close();
    await using _worker = await place.worker();
    expect(await place.index()).toMatchObject({ found: 70, failed: 0 });
    expect(await place.rows()).toEqual(names(0, 70));
  });

  it("finish with the batch in hand when their worker is told to stop", async () => {
    await place.pictures(0, 64);
    let go = (): void => undefined;
    let isBusy = false;
    const wait = new Promise<void>((resolve) => {
      go = resolve;
    });
    const encoder = pixelEncoder();
    const slow = {
      ...encoder,
      async *encodeImageStream(...args: Parameters<typeof encoder.encodeImageStream>) {
        isBusy = true;
        await wait;
        yield* encoder.encodeImageStream(...args);
      },
    };
    const worker = await place.worker({ openModel: async () => slow });
    const indexing = place.index();
    await expect.poll(() => isBusy).toBe(true);
    const stopped = worker[Symbol.asyncDispose]();
    go();
    await stopped;
    expect(await place.rows()).toHaveLength(32);
    await using _other = await place.worker();
    expect(await indexing).toMatchObject({ added: 64, failed: 0 });
    expect(await place.rows()).toEqual(names(0, 64));
  });

  it("refuse a second coordinator of one database, not of another", async () => {
    await place.pictures(0, 3);
    const stop = new AbortController();
    let isListed = false;
    const first = place.index({ signal: stop.signal, onProgress: () => (isListed = true) });
    await expect.poll(() => isListed).toBe(true);
    await expect(place.index()).rejects.toMatchObject({ code: "search.busy" });
    stop.abort();
    await expect(first).rejects.toMatchObject({ code: "aborted" });
    await using _worker = await place.worker();
    expect(await place.index()).toMatchObject({ failed: 0, found: 3 });
  });

  it("are limited by a rate of all workers", async () => {
    await place.pictures(0, 3);
    await using _worker = await place.worker({ rate: 1 });
    await place.index();
    await using connection = await connectQueue(place.queue);
    // 32 files at one a second: the next batch is held back.
    expect(await connection.redis.pttl("zeroclip:index:limiter")).toBeGreaterThan(0);
  });

  it("survive jobs that are none, which are dead letters", async () => {
    await using connection = await connectQueue(place.queue);
    const queue = await openQueue(connection);
    await queue.add("batch", { formatVersion: 1, files: "x" }, { attempts: 5 });
    await queue.add("batch", { formatVersion: 7 }, { attempts: 5 });
    await queue.close();
    await place.pictures(0, 2);
    await using _worker = await place.worker();
    expect(await place.index()).toMatchObject({ added: 2 });
    const reasons = (await all(deadLetters(place.queue))).map(({ reason }) => reason);
    expect(reasons).toHaveLength(2);
    for (const reason of reasons) expect(reason).toContain("search.queue");
  });

  it("need the model of the database", async () => {
    await using store = await openStore("memory:", {
      model: { name: "x", revision: "y", precision: "fp32", dim: 3 },
      create: true,
      version: "test",
    });
    await expect(place.index({ store })).rejects.toMatchObject({ code: "search.model" });
  });
});

describe("a queue", () => {
  it.each(["", "http://127.0.0.1", "redis", "redis://[", "milvus://x/y"])("is not at %j", async (address) => {
    await expect(connectQueue(address)).rejects.toMatchObject({ code: "search.address" });
  });

  it("that does not answer is one sentence without its password", async () => {
    const failed = connectQueue("redis://me:secret@127.0.0.1:1");
    await expect(failed).rejects.toMatchObject({
      code: "search.queue",
      message: expect.stringMatching(
        /^Expected Redis at redis:\/\/127\.0\.0\.1:1 to answer but it did not \(.*\)\.$/,
      ),
    });
  });
});
