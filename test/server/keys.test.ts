import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createKey, findKey, keysFile, readKeys, removeKey } from "../../src/server/keys/keys.js";
import { watchKeys } from "../../src/server/keys/watch.js";

let home = "";
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "zeroclip-keys-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

it("a key is told once; only its hash is kept", async () => {
  expect(await readKeys(home)).toEqual([]);
  const { key, record } = await createKey(home, "shop", ["read", "write"]);
  expect(key).toMatch(/^zc_[0-9a-f]{12}_[\w-]{43}$/);
  const kept = readFileSync(keysFile(home), "utf8");
  expect(kept).not.toContain(key.slice(-43));
  expect(kept).toContain(record.hash);
  if (process.platform !== "win32") expect(statSync(keysFile(home)).mode & 0o777).toBe(0o600);
  const keys = await readKeys(home);
  expect(findKey(keys, key)).toEqual(record);
  expect(findKey(keys, `${key}x`)).toBeUndefined();
  expect(findKey(keys, "")).toBeUndefined();
  await removeKey(home, record.id);
  expect(await readKeys(home)).toEqual([]);
  await expect(removeKey(home, record.id)).rejects.toMatchObject({ code: "server.keys" });
});

it.each(["", "  ", "a\nb", "a\u001b[2J", "shop\u202e", "x".repeat(201)])(
  "the name %j is refused",
  async (name) => {
    await expect(createKey(home, name, ["read"])).rejects.toMatchObject({ code: "usage.request" });
    expect(await readKeys(home)).toEqual([]);
  },
);

it("a damaged file is told, and never taken for no keys", async () => {
  mkdirSync(dirname(keysFile(home)), { recursive: true });
  writeFileSync(keysFile(home), '{"formatVersion": 1, "keys": [{}]}');
  await expect(readKeys(home)).rejects.toMatchObject({ code: "server.keys" });
});

it("a running server sees keys come and go, and keeps what it has where the file is damaged", async () => {
  const errors: string[] = [];
  using watched = await watchKeys(home, (message) => errors.push(message));
  expect(watched.now).toEqual([]);
  const { record } = await createKey(home, "shop", ["read"]);
  await expect.poll(() => watched.now).toEqual([record]);
  writeFileSync(keysFile(home), "{");
  await expect.poll(() => errors.length).toBeGreaterThan(0);
  expect(watched.now).toEqual([record]);
});

it("keys that are made at the same time are all kept", async () => {
  await Promise.all(Array.from({ length: 12 }, (_, i) => createKey(home, `key ${i}`, ["read"])));
  expect((await readKeys(home)).map(({ name }) => name).sort()).toHaveLength(12);
});
