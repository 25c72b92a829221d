import { createHash, randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { KeyTable } from "../../src/cache/key-table.js";
import { MemoryCache } from "../../src/cache/memory.js";
import { listSpaces, spaceName } from "../../src/cache/space.js";
import { type StoreOptions, VectorStore } from "../../src/cache/vector-store.js";

const DIM = 8;
const keyOf = (n: number): Uint8Array => createHash("sha256").update(String(n)).digest().subarray(0, 16);
const vectorOf = (n: number): Float32Array =>
  Float32Array.from({ length: DIM }, (_, i) => Math.fround(n + i / 7));

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "zeroclip-cache-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const facts = { kind: "text", revision: "r", precision: "fp32", device: "cpu", dim: DIM } as const;
const options = (more: Partial<StoreOptions> = {}): StoreOptions => ({
  folder,
  facts,
  model: "m",
  mostBytes: 1024 * 1024,
  ...more,
});
const spaceFolder = (): string => join(folder, spaceName(facts));
const segments = (): string[] => readdirSync(spaceFolder()).filter((name) => name.endsWith(".vectors"));

async function fill(from: number, to: number, more: Partial<StoreOptions> = {}): Promise<void> {
  await using store = new VectorStore(options(more));
  for (let n = from; n < to; n++) await store.put(keyOf(n), vectorOf(n));
}

/** How many of the vectors are there; each of them has to be the right one. */
async function count(from: number, to: number, more: Partial<StoreOptions> = {}): Promise<number> {
  await using store = new VectorStore(options(more));
  const found = await store.get(Array.from({ length: to - from }, (_, i) => keyOf(from + i)));
  found.forEach((vector, i) => {
    if (vector) expect(vector).toEqual(vectorOf(from + i));
  });
  return found.filter((vector) => vector !== undefined).length;
}

describe("a vector store", () => {
  it("gives back, bit for bit, what was put, before and after it was written", async () => {
    await using store = new VectorStore(options());
    const vector = Float32Array.of(0.1, -0, 1e-40, 3, 4, 5, 6, 7);
    await store.put(keyOf(1), vector);
    expect((await store.get([keyOf(1), keyOf(2)]))[0]).toEqual(vector);
    await store.flush();
    expect((await store.get([keyOf(1)]))[0]).toEqual(vector);
    const again = new VectorStore(options());
    expect(await again.get([keyOf(2), keyOf(1)])).toEqual([undefined, vector]);
    await again[Symbol.asyncDispose]();
  });

  it("takes a copy: what the caller does to its array later changes nothing", async () => {
    await using store = new VectorStore(options());
    const vector = vectorOf(1);
    await store.put(keyOf(1), vector);
    vector.fill(9);
    expect(await store.get([keyOf(1)])).toEqual([vectorOf(1)]);
  });

  it.each(["", "{}", '{"model": 1}'])(
    "says again whose its vectors are where space.json is %j",
    async (text) => {
      await fill(0, 10);
      writeFileSync(join(spaceFolder(), "space.json"), text);
      expect((await listSpaces(folder))[0]!.record).toBeUndefined();
      expect(await count(0, 10)).toBe(10);
      expect(await listSpaces(folder)).toMatchObject([{ record: { model: "m", ...facts }, vectors: 10 }]);
      writeFileSync(join(spaceFolder(), "space.json"), text);
      await fill(10, 11);
      expect(await listSpaces(folder)).toMatchObject([{ record: { model: "m" }, vectors: 11 }]);
    },
  );

  it("shows nothing to another revision, precision, device or kind", async () => {
    await fill(0, 10);
    for (const other of [
      { revision: "s" },
      { precision: "int8" },
      { device: "cuda" },
      { kind: "labels" },
    ] as const) {
      expect(await count(0, 10, { facts: { ...facts, ...other } })).toBe(0);
    }
    expect(await count(0, 10)).toBe(10);
  });

  it("holds several segments, and stays below its bound by giving up the least recently used", async () => {
    const small = { mostBytes: 64 * 1024 };
    await fill(0, 300, small);
    expect(segments().length).toBeGreaterThan(1);
    expect(await count(0, 300, small)).toBe(300);
    await fill(300, 5000, small);
    const bytes = segments().reduce((sum, name) => sum + statSync(join(spaceFolder(), name)).size, 0);
    expect(bytes).toBeLessThanOrEqual(64 * 1024);
    expect(await count(0, 300, small)).toBe(0);
    expect(await count(4800, 5000, small)).toBe(200);
  });

  it("is shared by several at once without loss", async () => {
    await Promise.all([fill(0, 500), fill(500, 1000), fill(1000, 1500), fill(0, 100)]);
    expect(await count(0, 1500)).toBe(1500);
  });

  it("learns of what another wrote only by opening, but never writes over it", async () => {
    await using first = new VectorStore(options());
    expect(await first.get([keyOf(1)])).toEqual([undefined]);
    await fill(0, 50);
    await first.put(keyOf(100), vectorOf(100));
    await first.flush();
    expect(await count(0, 50)).toBe(50);
    expect(await count(100, 101)).toBe(1);
  });
});

describe("damage", () => {
  const damage = (change: (bytes: Buffer) => Uint8Array): void => {
    const path = join(spaceFolder(), segments()[0]!);
    writeFileSync(path, change(readFileSync(path)));
  };

  it.each([
    ["cut in its records", (bytes: Buffer) => bytes.subarray(0, bytes.length - 50)],
    ["cut in its keys", (bytes: Buffer) => bytes.subarray(0, 100)],
    ["empty", () => Buffer.alloc(0)],
    ["of other bytes", (bytes: Buffer) => randomBytes(bytes.length)],
    [
      "with one bit turned in every record",
      (bytes: Buffer) => bytes.map((byte, i) => (i % 40 === 39 ? byte ^ 1 : byte)),
    ],
    ["of zeros from the middle", (bytes: Buffer) => bytes.fill(0, bytes.length >> 1)],
  ])("a segment %s loses entries, is never wrong, and takes new ones", async (_, change) => {
    await fill(0, 100);
    damage(change);
    const left = await count(0, 100);
    expect(left).toBeLessThan(100);
    await fill(0, 100);
    expect(await count(0, 100)).toBe(100);
  });

  it("a record that was written without its key (a killed process) is written over", async () => {
    await fill(0, 10);
    damage((bytes) => Buffer.concat([bytes, randomBytes(20)]));
    await fill(10, 20);
    expect(await count(0, 20)).toBe(20);
  });

  it("a lock that a dead process left does not stop anyone", async () => {
    await fill(0, 1);
    writeFileSync(
      join(spaceFolder(), "lock"),
      JSON.stringify({ token: "0", pid: 2 ** 22, place: "elsewhere" }),
    );
    // Held by nobody we can ask: given up on after a moment, without an error.
    await fill(1, 2);
    expect(await count(0, 1)).toBe(1);
  });

  it("a folder that can't be written to costs the work again and raises nothing", async () => {
    writeFileSync(join(folder, "file"), "");
    const nowhere = { folder: join(folder, "file", "below") };
    await fill(0, 10, nowhere);
    expect(await count(0, 10, nowhere)).toBe(0);
    chmodSync(folder, 0o555);
    await fill(0, 10);
    chmodSync(folder, 0o755);
  });
});

describe("the table of keys", () => {
  it("finds every key of many, and the newest value", () => {
    const table = new KeyTable();
    for (let n = 0; n < 20_000; n++) table.set(keyOf(n), n);
    for (let n = 0; n < 20_000; n += 2) table.set(keyOf(n), -n);
    expect(table.size).toBe(20_000);
    for (let n = 0; n < 20_000; n++)
      if (table.get(keyOf(n)) !== (n % 2 ? n : -n)) throw new Error(`key ${n}`);
    expect(table.get(keyOf(20_000))).toBeUndefined();
  });
});

describe("memory", () => {
  it("stays below its bound and gives up what was not asked for longest", () => {
    const memory = new MemoryCache(1000);
    for (const n of [1, 2, 3]) memory.set(keyOf(n), new Float32Array(25));
    expect(memory.get(keyOf(1))).toBeDefined();
    memory.set(keyOf(4), new Float32Array(25));
    expect([1, 2, 3, 4].filter((n) => memory.get(keyOf(n)))).toEqual([1, 3, 4]);
    memory.set(keyOf(5), new Float32Array(1000));
    expect(memory.bytes).toBe(0);
  });
});
