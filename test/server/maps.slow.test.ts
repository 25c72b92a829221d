import { afterAll, beforeAll, expect, it } from "vitest";
import { seeded } from "../../src/math/random.js";
import { unit } from "../../src/math/unit.js";
import type { Store } from "../../src/search/store/store.js";
import type { Database } from "../../src/server/databases/database.js";
import { Maps } from "../../src/server/databases/maps.js";
import type { ModelPool } from "../../src/server/models.js";
import { row, storeOf } from "../search/assets/rows.js";
import { type SearchServer, startSearchServer } from "./database.js";

let one: SearchServer;
beforeAll(async () => {
  one = await startSearchServer();
  const store = one.stores.memory!;
  const { dim } = store.identity.model;
  const random = seeded(5);
  // So many that their map takes a while.
  const rows = Array.from({ length: 600 }, (_, i) => ({
    ...row(`/made/${i}.jpg`),
    vector: unit(Float32Array.from({ length: dim }, (_, d) => (d % 12 === i % 12 ? 1 : 0) + random())),
  }));
  await store.put(rows);
});
afterAll(() => one[Symbol.asyncDispose]());

it("others are answered while a map is made", async () => {
  const { app } = one.server;
  const ask = () => app.inject({ url: "/v1/databases/memory/map" });
  const order: string[] = [];
  const map = (async () => {
    let answer = await ask();
    while (answer.statusCode === 202) answer = await ask();
    order.push("map");
    return answer;
  })();
  for (let i = 0; i < 20; i++) {
    expect((await app.inject({ url: "/healthz" })).statusCode).toBe(200);
    order.push("health");
  }
  expect(order).toEqual(Array(20).fill("health"));
  expect((await map).json()).toMatchObject({ state: "done", rows: 605 });
});

/** A database of few rows whose scans say whether they were given up; the first one waits for that. */
async function watched() {
  const store = await storeOf([row("/a.jpg"), row("/b.jpg", [0, 1, 0, 0])]);
  const signals: AbortSignal[] = [];
  const scan: Store["scan"] = async function* (options = {}) {
    const { signal } = options;
    signals.push(signal!);
    if (signals.length === 1 && !signal!.aborted)
      await new Promise((given) => signal!.addEventListener("abort", given));
    yield* store.scan(options);
  };
  const watching = new Proxy(store, {
    get: (target, name) => {
      if (name === "scan") return scan;
      const value = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const labels = { labels: ["a"], vectors: [unit(Float32Array.of(1, 0, 0, 0))] };
  const clip = { zeroShotWeights: async () => labels };
  const pool = { use: async (_: string, work: (serving: object) => unknown) => work({ clip }) };
  return {
    db: { name: "few", model: "letters", store: watching } as unknown as Database,
    pool: pool as unknown as ModelPool,
    signals,
  };
}

it("a map that nobody asks for any more is given up; another asker gets one", async () => {
  const { db, pool, signals } = await watched();
  const maps = new Maps(pool, new AbortController().signal, 1);
  const first = maps.of(db).catch((error) => error);
  await expect.poll(() => signals[0]?.aborted).toBe(true);
  expect(await first).toMatchObject({ code: "aborted" });
  const patient = new Maps(pool, new AbortController().signal);
  expect(await patient.of(db)).toMatchObject({ state: "done", rows: 2 });
});

it("the server's end gives it up, too", async () => {
  const { db, pool, signals } = await watched();
  const closing = new AbortController();
  const first = new Maps(pool, closing.signal).of(db).catch((error) => error);
  await expect.poll(() => signals.length).toBe(1);
  closing.abort();
  expect(await first).toMatchObject({ code: "aborted" });
});
