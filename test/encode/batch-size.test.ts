import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BatchTrial, measureBatchSize } from "../../src/encode/batch-size.js";
import { type BatchFacts, rememberedBatch } from "../../src/encode/remembered-batch.js";
import { ClipError } from "../../src/errors.js";
import { loadClip, orThrow } from "../../src/index.js";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "zeroclip-batch-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const MIB = 2 ** 20;

/** A tower of made-up speed and memory, with a clock of its own. */
function trial(
  msOf: (pictures: number) => number,
  bytesOf: (pictures: number) => number = () => 0,
  more: Partial<BatchTrial> = {},
): BatchTrial & { readonly runs: number[]; readonly now: () => number } {
  let clock = 0;
  let held = 500 * MIB;
  let most = 0;
  const runs: number[] = [];
  return {
    runs,
    run: async (pictures) => {
      runs.push(pictures);
      clock += msOf(pictures);
      most = Math.max(most, bytesOf(pictures));
      held = 500 * MIB + most;
    },
    residentBytes: () => held,
    now: () => clock,
    pictureBytes: MIB,
    mostBytes: 1024 * MIB,
    ...more,
  };
}

describe("measuring", () => {
  it.each<[string, (n: number) => number, number]>([
    ["gains to the end", (n) => 2 + n, 64],
    ["gains up to 8", (n) => n * (n < 8 ? 10 - n : 2), 8],
    ["is fastest at 4", (n) => n * (n === 4 ? 1 : 2), 4],
    ["gains nothing", (n) => n * 5, 1],
    ["gains less than 3 % behind 16", (n) => n * (n < 16 ? 4 : 2 - n / 5_000), 16],
  ])("takes the smallest size near the best where a tower %s", async (_, msOf, expected) => {
    expect(await measureBatchSize(trial(msOf))).toBe(expected);
  });

  it("looks again at what one slow run spoiled", async () => {
    let spoiled = true;
    const msOf = (n: number): number => {
      if (n !== 8) return n * (n < 8 ? 3 : 2.1);
      const ms = spoiled ? 8 * 2.3 : 8 * 1;
      spoiled = false;
      return ms;
    };
    expect(await measureBatchSize(trial(msOf))).toBe(8);
  });

  it.each([
    [1, 2_000],
    [30, 1_100],
    [500, 3_000],
  ])("takes about a second at %s ms a picture", async (ms, most) => {
    const tower = trial((n) => n * ms);
    await measureBatchSize(tower);
    expect(tower.now()).toBeLessThan(most);
  });

  it("tries nothing that by what it saw would go beyond the bound", async () => {
    const faster = (n: number): number => 50 + n;
    const small = trial(faster, (n) => n * 40 * MIB, { mostBytes: 700 * MIB });
    expect(await measureBatchSize(small)).toBe(16);
    expect(Math.max(...small.runs)).toBe(16);
    const pixels = trial(faster, () => 0, { pictureBytes: 100 * MIB });
    expect(await measureBatchSize(pixels)).toBe(8);
    const sudden = trial(faster, (n) => (n === 4 ? 2048 * MIB : 0));
    expect(await measureBatchSize(sudden)).toBe(2);
    expect(await measureBatchSize(trial(faster, () => 0, { mostBytes: 1 }))).toBe(1);
  });

  it("stays at one where the graph takes one, and raises all else", async () => {
    const refusing = (code: "runtime.run" | "runtime.thread") =>
      trial(
        () => 1,
        () => 0,
        {
          run: async (pictures) => {
            if (pictures > 1) throw new ClipError(code, "Expected one picture.");
          },
        },
      );
    expect(await measureBatchSize(refusing("runtime.run"))).toBe(1);
    await expect(measureBatchSize(refusing("runtime.thread"))).rejects.toMatchObject({
      code: "runtime.thread",
    });
  });
});

describe("remembering", () => {
  const facts: BatchFacts = {
    revision: "a".repeat(64),
    precision: "fp32",
    device: "cpu",
    threads: undefined,
    mostBytes: 1024 * MIB,
  };
  const home = (): string => mkdtempSync(join(folder, "home-"));
  const never = (): Promise<number> => Promise.reject(new Error("measured again"));

  it("measures once for a revision, precision, device, number of threads and bound", async () => {
    const at = home();
    expect(await rememberedBatch(at, facts, async () => 16)).toBe(16);
    expect(await rememberedBatch(at, facts, never)).toBe(16);
    const others: Partial<BatchFacts>[] = [
      { revision: "b".repeat(64) },
      { precision: "int8" },
      { device: "cuda" },
      { threads: 1 },
      { mostBytes: 1 },
    ];
    for (const [i, other] of others.entries()) {
      expect(await rememberedBatch(at, { ...facts, ...other }, async () => 20 + i)).toBe(20 + i);
    }
    expect(await rememberedBatch(at, facts, never)).toBe(16);
    expect(readdirSync(at)).toEqual(["batch-sizes.json"]);
  });

  it.each([
    ["cut off", '{"a": 1'],
    ["empty", ""],
    ["a list", "[1, 2]"],
    ["null", "null"],
    ["full of nonsense", JSON.stringify({ x: 0, y: 1e9, z: "8", w: null, v: 2.5 })],
  ])("measures again and writes anew where the file is %s", async (_, text) => {
    const at = home();
    const file = join(at, "batch-sizes.json");
    await rememberedBatch(at, facts, async () => 4);
    const [key] = Object.keys(JSON.parse(readFileSync(file, "utf8")));
    writeFileSync(file, text.replace('"y"', JSON.stringify(key)));
    expect(await rememberedBatch(at, facts, async () => 32)).toBe(32);
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({ [key!]: 32 });
  });

  it("answers where nothing can be written, and keeps the last 200", async () => {
    const at = home();
    mkdirSync(join(at, "batch-sizes.json"));
    expect(await rememberedBatch(at, facts, async () => 2)).toBe(2);
    expect(readdirSync(at)).toEqual(["batch-sizes.json"]);
    const full = home();
    const many = Object.fromEntries(Array.from({ length: 250 }, (_, i) => [`old ${i}`, 8]));
    writeFileSync(join(full, "batch-sizes.json"), JSON.stringify(many));
    await rememberedBatch(full, facts, async () => 4);
    const kept = Object.keys(JSON.parse(readFileSync(join(full, "batch-sizes.json"), "utf8")));
    expect(kept).toHaveLength(200);
    expect(kept.at(-1)).toContain(facts.revision);
  });
});

describe("batchSize: auto", () => {
  const pictures = ["astronaut", "cat", "coffee", "rocket"].map(
    (name) => `test/fixtures/pictures/${name}.jpg`,
  );

  it("gives the embeddings of any other size, and is measured once for all processes", async () => {
    const home = join(folder, "auto");
    const stored = (): Record<string, number> =>
      JSON.parse(readFileSync(join(home, "batch-sizes.json"), "utf8"));
    await using clip = await loadClip("starter", { home, offline: true });
    const [expected, measured, again] = [
      orThrow(await clip.encodeImages(pictures)),
      ...(await Promise.all([1, 2].map(() => clip.encodeImages(pictures, { batchSize: "auto" })))).map(
        (results) => orThrow(results),
      ),
    ];
    for (const [i, vector] of expected.entries()) {
      for (const other of [measured, again]) {
        expect(vector.reduce((sum, value, j) => sum + value * other![i]![j]!, 0)).toBeGreaterThan(0.999);
      }
    }
    const [[key, size] = ["", 0], ...others] = Object.entries(stored());
    expect(others).toEqual([]);
    expect(key).toContain(clip.model.revision);
    expect([1, 2, 4, 8, 16, 32, 64]).toContain(size);
    // What is remembered is what is used: sizes that were never measured come from the file.
    writeFileSync(join(home, "batch-sizes.json"), JSON.stringify({ [key]: 3 }));
    await using next = await loadClip("starter", { home, offline: true });
    const done: number[] = [];
    await next.encodeImages(pictures, { batchSize: "auto", onProgress: (at) => done.push(at.done) });
    expect(done).toEqual([3, 4]);
  });

  it("is bounded by batchBytes, and other words are refused", async () => {
    const home = join(folder, "bounded");
    await using clip = await loadClip("starter", { home, offline: true, batchBytes: 1 });
    const done: number[] = [];
    const images = pictures.slice(0, 2);
    await clip.encodeImages(images, { batchSize: "auto", onProgress: (at) => done.push(at.done) });
    expect(done).toEqual([1, 2]);
    for (const batchSize of ["Auto", 0, 257, 1.5] as unknown as "auto"[]) {
      await expect(clip.encodeImages(images, { batchSize })).rejects.toMatchObject({
        code: "usage.batch-size",
      });
    }
  });
});
