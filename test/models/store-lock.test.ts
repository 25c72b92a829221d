import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { publishFolder, writeFileAtomic } from "../../src/models/atomic.js";
import { acquireLock } from "../../src/models/lock.js";

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "zeroclip-lock-"));
  path = join(folder, "file.lock");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** The lock that a process of this machine leaves when it is killed: ours, with the pid of one that has ended. */
async function leaveDeadLock(token: string): Promise<void> {
  const { place } = JSON.parse(await readFile(path, "utf8").catch(() => "{}")) as { place?: string };
  const dead = spawnSync(process.execPath, ["-e", ""]);
  await writeFile(path, JSON.stringify({ token, pid: dead.pid, place }));
}

describe("acquireLock", () => {
  it("lets one in at a time", async () => {
    let inside = 0;
    let most = 0;
    const enter = async (): Promise<void> => {
      await using _lock = await acquireLock(path);
      inside++;
      most = Math.max(most, inside);
      await new Promise((done) => setTimeout(done, 5));
      inside--;
    };
    await Promise.all(Array.from({ length: 6 }, enter));
    expect(most).toBe(1);
    expect(await readdir(folder)).toEqual([]);
  });

  it("takes over from a process that is gone", async () => {
    const own = await acquireLock(path);
    await leaveDeadLock("feed");
    const next = await acquireLock(path, { staleMs: 1e9 });
    expect(next.takenFrom).toEqual({ token: "feed", provenDead: true });
    await own[Symbol.asyncDispose]();
    expect(await readdir(folder)).toEqual(["file.lock"]);
    await next[Symbol.asyncDispose]();
    expect(await readdir(folder)).toEqual([]);
  });

  it.each([
    [
      "of another machine",
      JSON.stringify({ token: "cafe", pid: 1, place: "elsewhere" }),
      { token: "cafe", provenDead: false },
    ],
    ["that is empty", "", undefined],
    ["of nonsense", '{"pid":-1}', undefined],
  ])("takes over a lock %s once it is silent for long", async (_name, content, takenFrom) => {
    await writeFile(path, content);
    const stop = AbortSignal.timeout(50);
    await expect(acquireLock(path, { signal: stop })).rejects.toMatchObject({ code: "aborted" });
    await utimes(path, new Date(0), new Date(0));
    await using lock = await acquireLock(path);
    expect(lock.takenFrom).toEqual(takenFrom);
  });

  it("clears what a process killed in a takeover left", async () => {
    await writeFile(`${path}.0123456789abcdef`, "{}");
    await using _lock = await acquireLock(path);
    expect(await readdir(folder)).toEqual(["file.lock"]);
  });

  it("lets exactly one of many take over", async () => {
    await writeFile(path, JSON.stringify({ token: "cafe", pid: 1, place: "elsewhere" }));
    await utimes(path, new Date(0), new Date(0));
    const stop = new AbortController();
    const tries = Array.from({ length: 8 }, () => acquireLock(path, { signal: stop.signal }));
    const winner = await Promise.race(tries);
    stop.abort();
    const outcomes = await Promise.allSettled(tries);
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    await winner[Symbol.asyncDispose]();
    expect(await readdir(folder)).toEqual([]);
  });

  it("tells a holder that lost it", async () => {
    const lock = await acquireLock(path, { heartbeatMs: 5 });
    await writeFile(path, JSON.stringify({ token: "thief", pid: 1, place: "elsewhere" }));
    await new Promise<void>((done) => lock.lost.addEventListener("abort", () => done()));
    await lock[Symbol.asyncDispose]();
    expect(await readFile(path, "utf8")).toContain("thief");
  });
});

describe("atomic files", () => {
  it("replace what was there and leave nothing beside", async () => {
    await writeFileAtomic(join(folder, "deep", "a.json"), "1");
    await writeFileAtomic(join(folder, "deep", "a.json"), "2");
    expect(await readdir(join(folder, "deep"))).toEqual(["a.json"]);
    expect(await readFile(join(folder, "deep", "a.json"), "utf8")).toBe("2");
  });

  it("leave nothing where the target can't be", async () => {
    await writeFileAtomic(join(folder, "taken", "inside"), "x");
    await expect(writeFileAtomic(join(folder, "taken"), "y")).rejects.toThrow();
    expect(await readdir(folder)).toEqual(["taken"]);
  });

  it("publish a folder once: the first stands, the second goes", async () => {
    await writeFileAtomic(join(folder, "one", "f"), "1");
    await writeFileAtomic(join(folder, "two", "f"), "2");
    expect(await publishFolder(join(folder, "one"), join(folder, "done"))).toBe(true);
    expect(await publishFolder(join(folder, "two"), join(folder, "done"))).toBe(false);
    expect(await readFile(join(folder, "done", "f"), "utf8")).toBe("1");
    expect(await readdir(folder)).toEqual(["done"]);
  });
});
