import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { keyStore } from "../../src/server/keys/store.js";
import { watchKeys } from "../../src/server/keys/watch.js";
import { startServer } from "./server.js";

const folder = mkdtempSync(join(tmpdir(), "zeroclip-disk-"));
const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=256k", "zeroclip", folder]).status === 0;
const skipped = mounted ? "" : " (skipped: no file system may be mounted here)";
afterAll(() => {
  if (mounted) spawnSync("umount", [folder]);
  rmSync(folder, { recursive: true, force: true });
});

describe.skipIf(!mounted)(`a disk that is full${skipped}`, () => {
  const labels = (count: number): { labels: string[] } => ({
    labels: Array.from({ length: count }, (_, i) => `label ${i} ${"x".repeat(80)}`),
  });
  let filled = "";
  beforeAll(() => {
    filled = join(folder, "filled");
  });

  it("what can't be kept is refused with 507, and what was there stays whole", async () => {
    using keys = await watchKeys(folder, (message) => expect.fail(message));
    await using one = await startServer({
      labelSets: join(folder, "label-sets"),
      keys: () => keys.now,
      keyStore: keyStore(folder, keys),
    });
    const ask = (method: "GET" | "PUT" | "PATCH" | "POST", url: string, payload?: object) =>
      one.server.app.inject({ method, url, headers: { host: "localhost" }, ...(payload ? { payload } : {}) });
    const shelf = "/v1/label-sets/shelf";
    expect((await ask("PUT", shelf, labels(20))).statusCode).toBe(200);
    const full = { status: 507, code: "server.disk", detail: expect.stringMatching(/\(ENOSPC\)/) };
    expect((await ask("PUT", shelf, labels(5000))).json()).toMatchObject(full);
    expect((await ask("GET", shelf)).json()).toMatchObject({ version: 1 });
    // Until nothing more fits at all.
    for (let size = 64 * 1024; size >= 1; size = Math.floor(size / 2))
      for (let i = 0; ; i++) {
        try {
          writeFileSync(`${filled}-${size}-${i}`, Buffer.alloc(size));
        } catch {
          rmSync(`${filled}-${size}-${i}`, { force: true });
          break;
        }
      }
    expect((await ask("PATCH", shelf, { add: ["one more"] })).json()).toMatchObject(full);
    expect((await ask("POST", "/v1/keys", { name: "shop" })).json()).toMatchObject({ status: 507 });
    expect((await ask("GET", shelf)).json()).toMatchObject({ version: 1 });
    expect(readdirSync(join(folder, "label-sets", "shelf"))).toEqual(["v00000001.json"]);
    for (const name of readdirSync(folder).filter((entry) => entry.startsWith("filled")))
      rmSync(join(folder, name));
    expect((await ask("PATCH", shelf, { add: ["one more"] })).json()).toMatchObject({
      version: 2,
      labels: 21,
    });
    expect((await ask("POST", "/v1/keys", { name: "shop" })).statusCode).toBe(201);
  });
});
