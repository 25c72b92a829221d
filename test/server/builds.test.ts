import { describe, expect, it } from "vitest";
import { Builds } from "../../src/server/queue/builds.js";
import { BusyError } from "../../src/server/queue/busy.js";
import { dataUrl, startServer } from "./server.js";

const asker = (client: string, signal?: AbortSignal) =>
  ({ client, priority: "interactive", ...(signal ? { signal } : {}) }) as const;
const LARGE = 1000;

/** Builds that end when the test says so, on a clock of its own. */
function controlled(maxQueueMs = 1000) {
  const time = { now: 0 };
  const builds = new Builds<string>(maxQueueMs, () => time.now);
  const runs: {
    key: string;
    signal: AbortSignal;
    told: (done: number, all: number) => void;
    end: () => void;
  }[] = [];
  const get = (key: string, prompts: number, client = "a", signal?: AbortSignal): Promise<string> =>
    builds.get(
      key,
      prompts,
      asker(client, signal),
      (stop, told) =>
        new Promise((done, fail) => {
          stop.addEventListener("abort", () => fail(new Error("stopped")));
          runs.push({ key, signal: stop, told, end: () => done(`made ${key}`) });
        }),
    );
  const begun = (): string[] => runs.map(({ key }) => key);
  return { builds, time, runs, get, begun };
}
const settled = (): Promise<void> => new Promise((done) => setImmediate(done));

describe("Builds", () => {
  it("makes a set once for all who ask; the next who asks later begins anew", async () => {
    const { get, runs, begun, builds } = controlled();
    const both = [get("x", 10), get("x", 10, "b")];
    expect(begun()).toEqual(["x"]);
    runs[0]!.end();
    expect(await Promise.all(both)).toEqual(["made x", "made x"]);
    expect(builds.size).toBe(0);
    const again = get("x", 10);
    runs[1]!.end();
    expect(await again).toBe("made x");
  });

  it("large ones wait for each other by turns of clients, small ones begin at once", async () => {
    const { get, runs, begun } = controlled();
    const all = [
      get("a1", LARGE),
      get("a2", LARGE),
      get("a3", LARGE),
      get("b1", LARGE, "b"),
      get("small", 5, "c"),
    ];
    expect(begun()).toEqual(["a1", "small"]);
    for (const [i, next] of ["a2", "b1", "a3"].entries()) {
      runs.find(({ key }) => key === ["a1", "a2", "b1"][i])!.end();
      await expect.poll(() => begun().at(-1)).toBe(next);
    }
    for (const { end } of runs) end();
    expect(await Promise.all(all)).toHaveLength(5);
  });

  it("gives up what nobody waits for any more, and goes on with the next", async () => {
    const { get, runs, begun, builds } = controlled();
    const gone = [new AbortController(), new AbortController()];
    const first = [get("x", LARGE, "a", gone[0]!.signal), get("x", LARGE, "b", gone[1]!.signal)];
    const second = get("y", LARGE);
    const given = Promise.allSettled(first);
    gone[0]!.abort();
    await settled();
    expect(runs[0]!.signal.aborted).toBe(false);
    gone[1]!.abort();
    expect((await given).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(runs[0]!.signal.aborted).toBe(true);
    await expect.poll(begun).toEqual(["x", "y"]);
    runs[1]!.end();
    expect(await second).toBe("made y");
    const waiting = new AbortController();
    const third = [get("p", LARGE), get("q", LARGE, "a", waiting.signal)];
    waiting.abort();
    await expect(third[1]).rejects.toMatchObject({ code: "aborted" });
    runs[2]!.end();
    await third[0];
    expect(begun()).toEqual(["x", "y", "p"]);
    expect(builds.size).toBe(0);
    await expect(get("r", 5, "a", waiting.signal)).rejects.toMatchObject({ code: "aborted" });
  });

  it("refuses what would wait too long; a large set is no reason to refuse a small one", async () => {
    const { get, runs, time } = controlled(1000);
    const known = get("x", LARGE);
    runs[0]!.told(500, LARGE);
    time.now = 2000;
    runs[0]!.end();
    await known;
    // 2 ms a prompt are known now.
    const large = get("y", LARGE);
    await expect(get("z", LARGE, "b")).rejects.toBeInstanceOf(BusyError);
    const small = get("small", 5, "b");
    runs[1]!.told(600, LARGE);
    const third = get("z", LARGE, "b");
    for (const run of runs) run.end();
    expect(await Promise.all([large, small])).toEqual(["made y", "made small"]);
    await expect.poll(() => runs.length).toBe(4);
    runs[3]!.end();
    expect(await third).toBe("made z");
  });

  it("what fails is told to all who wait, and is tried anew by the next", async () => {
    const builds = new Builds<string>(1000);
    const fails = (): Promise<string> => Promise.reject(new Error("no"));
    const asked = [builds.get("x", 5, asker("a"), fails), builds.get("x", 5, asker("b"), fails)];
    expect((await Promise.allSettled(asked)).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(await builds.get("x", 5, asker("a"), async () => "good")).toBe("good");
  });
});

it("a flood of large sets that are given up leaves the server free for the next request", async () => {
  await using one = await startServer({ settings: { requestTimeoutMs: 1000 } });
  await one.server.warm();
  const ask = (labels: readonly string[]) =>
    one.server.app.inject({
      method: "POST",
      url: "/v1/classify",
      headers: { host: "localhost" },
      payload: { image: dataUrl("cat"), labels },
    });
  const many = await Promise.all(
    Array.from({ length: 12 }, (_, k) => ask(Array.from({ length: 3000 }, (_, i) => `thing ${k} ${i}`))),
  );
  for (const answer of many) expect([429, 504]).toContain(answer.statusCode);
  // 36,000 prompts would take minutes: the next one need not wait for them.
  await expect.poll(async () => (await ask(["cat", "dog"])).statusCode).toBe(200);
});
