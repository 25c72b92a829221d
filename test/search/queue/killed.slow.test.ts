import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Store } from "../../../src/search/store/store.js";
import { milvusAddress, milvusLite, NO_MILVUS } from "../../support/milvus-lite.js";
import { pixelEncoderModule } from "../../support/pixel-encoder-module.js";
import { NO_REDIS, redisAddress, redisServer } from "../../support/redis.js";
import { names, Place } from "./place.js";

const ROOT = join(import.meta.dirname, "..", "..", "..");
const redis = redisServer();
let place: Place;
let encoder = "";
const children = new Set<Child>();

/** A worker in a process of its own. */
class Child {
  readonly #child: ChildProcess;
  said = "";

  constructor(pause: number) {
    const program = join(import.meta.dirname, "worker.mjs");
    const args = [program, encoder, place.queue, String(pause)];
    this.#child = spawn(process.execPath, args, { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
    this.#child.stdout!.setEncoding("utf8").on("data", (text: string) => {
      this.said += text;
    });
    children.add(this);
  }

  async signal(name: NodeJS.Signals): Promise<void> {
    children.delete(this);
    const closed = new Promise((resolve) => this.#child.once("close", resolve));
    if (!this.#child.kill(name)) return;
    await closed;
  }
}

/** Rows that the store has at least. */
const rowsFrom = (store: Store, least: number) =>
  expect.poll(() => store.count(), { timeout: 15_000, interval: 20 }).toBeGreaterThanOrEqual(least);

describe.skipIf(NO_REDIS)(`a queue whose processes are killed${NO_REDIS}`, () => {
  beforeAll(async () => {
    await redis.start();
    place = new Place(redisAddress(redis));
    encoder = pixelEncoderModule(place.top);
    await place.pictures(0, 96);
  });
  afterEach(async () => {
    for (const child of children) await child.signal("SIGKILL");
  });
  afterAll(async () => {
    await redis[Symbol.asyncDispose]();
    place[Symbol.dispose]();
  });

  it("loses and doubles nothing when workers are killed", async () => {
    await using store = await place.open();
    const indexing = place.index({ attempts: 10 });
    for (let killed = 0; killed < 2; killed++) {
      const child = new Child(10);
      await expect.poll(() => child.said, { timeout: 10_000 }).toContain("ready");
      await rowsFrom(store, 32 * killed + 1);
      await child.signal("SIGKILL");
    }
    const last = new Child(0);
    expect(await indexing).toMatchObject({ found: 96, failed: 0 });
    expect(await place.rows()).toEqual(names(0, 96));
    await last.signal("SIGTERM");
    expect(last.said.trim().split("\n").at(-1)).toBe("stopped");
  });

  it("loses and doubles nothing when Redis is killed", async () => {
    const db = join(place.top, "redis");
    await using store = await place.open(db);
    new Child(5);
    const indexing = place.index({ store, attempts: 10 });
    await rowsFrom(store, 32);
    await redis.kill();
    await redis.start();
    await rowsFrom(store, 64);
    await redis.kill();
    await redis.start();
    expect(await indexing).toMatchObject({ found: 96, failed: 0 });
    expect(await place.rows(db)).toEqual(names(0, 96));
  });

  it.skipIf(NO_MILVUS)(`loses and doubles nothing when the store is killed${NO_MILVUS}`, async () => {
    await using milvus = await milvusLite().start();
    const address = milvusAddress(milvus, "pictures");
    const store = await place.open(address);
    new Child(5);
    const indexing = place.index({ store, attempts: 10, backoffMs: 200 });
    await rowsFrom(store, 32);
    await milvus.kill();
    await milvus.start();
    expect(await indexing).toMatchObject({ found: 96, failed: 0 });
    await store[Symbol.asyncDispose]();
    expect(await place.rows(address)).toEqual(names(0, 96));
  });
});
