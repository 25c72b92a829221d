import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it, vi } from "vitest";
import type { Encoder } from "../../src/encoder.js";
import { ClipError } from "../../src/errors.js";
import type { LabelledSet } from "../../src/evaluate/data/labelled-set.js";
import { cellName, compareCells } from "../../src/evaluate/grid/compare.js";
import { openFeatureLog } from "../../src/evaluate/grid/feature-log.js";
import { type GridOptions, runGrid } from "../../src/evaluate/grid/grid.js";
import { openRunStore } from "../../src/evaluate/grid/run-store.js";
import { unit } from "../../src/math/unit.js";
import { letterEncoder } from "../support/letter-encoder.js";

const root = mkdtempSync(join(tmpdir(), "zeroclip-grid-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Pictures that are seen as their letters: every second one of a class is right, the others are the other class. */
function letterSet(name: string, count = 20): LabelledSet {
  const pictures = Array.from({ length: count }, (_, i) => {
    const truth = i % 2;
    const seen = i % 4 < 2 ? ["cat", "dog"][truth] : "cat";
    const file = `${i}/${seen}.jpg`;
    return { name: file, truth, open: () => file };
  });
  const classes = ["cat", "dog"].map((label) => ({ id: label, label }));
  return { name, kind: "folder", classes, pictures, fingerprint: `${name} ${count}` };
}

/** Opens letter encoders and counts the pictures that they see; `stopAfter` of them it breaks like a process that is ended. */
function opener(
  stopAfter = Number.POSITIVE_INFINITY,
  remembers: (at: number) => boolean = () => false,
): { open: GridOptions["open"]; seen: () => number } {
  let seen = 0;
  const open: GridOptions["open"] = async (name) => {
    if (name === "gone") throw new ClipError("model.missing", "It is not here.");
    const plain = letterEncoder();
    const encoder: Encoder = {
      ...plain,
      model: { ...plain.model, name, revision: name },
      async *encodeImageStream(inputs, options) {
        for await (const one of plain.encodeImageStream(inputs, options)) {
          if (++seen > stopAfter) throw new Error("ended");
          yield { ...one, ...(remembers(seen) ? { remembered: true as const } : {}) };
        }
      },
    };
    return Object.assign(encoder, { [Symbol.asyncDispose]: async () => undefined });
  };
  return { open, seen: () => seen };
}

const prompts = [{ name: "model" }, { name: "twice", templates: ["{} {}"] }];

describe("runGrid", () => {
  it("measures every model × set × views × prompts; pictures once for all prompts", async () => {
    const { open, seen } = opener();
    const sets = [letterSet("one"), letterSet("two", 8)];
    const cells = await runGrid({ models: ["a", "b"], sets, views: ["center", "flip"], prompts, open });
    expect(cells.map(({ model, set, views, prompts: own }) => `${model} ${set} ${views} ${own}`)).toEqual(
      ["a", "b"].flatMap((model) =>
        ["one", "two"].flatMap((set) =>
          ["center", "flip"].flatMap((views) =>
            ["model", "twice"].map((own) => `${model} ${set} ${views} ${own}`),
          ),
        ),
      ),
    );
    expect(seen()).toBe(2 * 2 * (20 + 8));
    expect(cells[0]).toMatchObject({ images: 20, classes: 2, top1: 0.75, top5: 1, meanPerClass: 0.75 });
    expect(cells[0]!.intervals.top1.low).toBeLessThan(0.75);
    expect(cells[0]!.intervals.top1.high).toBeGreaterThan(0.75);
    expect(cells[0]!.memoryBytes).toBeGreaterThan(1e6);
    expect(cells[0]!.confusions).toEqual([{ truth: 1, predicted: 0, count: 5 }]);
    expect(cells[0]!.predicted.slice(0, 4)).toEqual([0, 1, 0, 0]);
    expect(cells[0]!.galleries.wrong.every(({ position }) => position % 4 === 3)).toBe(true);
  });

  it("a picture that can't be read fails alone, in its own place", async () => {
    const set = letterSet("bad", 4);
    const [, second] = set.pictures;
    const pictures = set.pictures.map((picture) =>
      picture === second ? { ...second, open: () => "1/00.jpg" } : picture,
    );
    const [cell] = await runGrid({ models: ["a"], sets: [{ ...set, pictures }], ...opener() });
    expect(cell).toMatchObject({ images: 3, predicted: [0, -1, 0, 0] });
    expect(cell!.failed).toMatchObject([{ image: "1/dog.jpg", error: { code: "image.decode" } }]);
  });

  it("a model that is not here costs the others nothing, and is told", async () => {
    const told: string[] = [];
    const cells = await runGrid({
      models: ["gone", "a"],
      sets: [letterSet("one")],
      ...opener(),
      onFailure: (name, { code }) => told.push(`${name} ${code}`),
    });
    expect(cells).toHaveLength(1);
    expect(told).toEqual(["gone model.missing"]);
    await expect(runGrid({ models: ["gone"], sets: [], ...opener() })).rejects.toMatchObject({
      code: "model.missing",
    });
  });

  it("goes on where it was ended: finished cells and whole batches are not computed again", async () => {
    const folder = join(root, "resumed");
    const sets = [letterSet("one"), letterSet("two")];
    const grid = { models: ["a"], sets, prompts, batchSize: 4 };
    const ended = opener(20 + 10);
    {
      await using store = await openRunStore(folder);
      expect(store.resumed).toBe(false);
      await expect(runGrid({ ...grid, store, open: ended.open })).rejects.toThrow("ended");
    }
    expect(readdirSync(join(folder, "cells"))).toHaveLength(2);
    const rest = opener();
    const kept: boolean[] = [];
    await using store = await openRunStore(folder);
    expect(store.resumed).toBe(true);
    const cells = await runGrid({ ...grid, store, open: rest.open, onCell: (_, was) => kept.push(was) });
    // Of the second set two batches of four were whole.
    expect(rest.seen()).toBe(20 - 8);
    expect(kept).toEqual([true, true, false, false]);
    const whole = await runGrid({ ...grid, open: opener().open });
    const comparable = (all: typeof cells): unknown =>
      all.map(({ imagesPerSecond: _a, memoryBytes: _b, measured: _c, ...rest_ }) => rest_);
    expect(comparable(cells)).toEqual(comparable(whole));
  });

  it("has no speed where the cache of pictures knew one of them, also when it was kept by a run that was ended", async () => {
    const folder = join(root, "cached");
    const sets = [letterSet("one")];
    const grid = { models: ["a"], sets, batchSize: 4 };
    const [plain] = await runGrid({ ...grid, ...opener() });
    expect(plain!.imagesPerSecond).toBeGreaterThan(0);
    const [one] = await runGrid({ ...grid, ...opener(undefined, (at) => at === 7) });
    expect(one!.imagesPerSecond).toBeNull();
    expect(one!.top1).toBe(plain!.top1);
    {
      await using store = await openRunStore(folder);
      // The second picture was known, then the process ended.
      const { open } = opener(10, (at) => at === 2);
      await expect(runGrid({ ...grid, store, open })).rejects.toThrow("ended");
    }
    const rest = opener();
    await using store = await openRunStore(folder);
    const [kept] = await runGrid({ ...grid, store, open: rest.open });
    expect(rest.seen()).toBe(20 - 8);
    expect(kept!.imagesPerSecond).toBeNull();
    // What lies in the folder says so too.
    const [again] = await runGrid({ ...grid, store, open: rest.open });
    expect(again!.imagesPerSecond).toBeNull();
  });

  it("counts the time of a picture that fails: it is that of its batch", async () => {
    // A clock that is a second further each time that it is read.
    let now = 0;
    const clock = vi.spyOn(performance, "now").mockImplementation(() => 1000 * now++);
    try {
      const set = letterSet("bad", 5);
      const pictures = set.pictures.map((picture, i) =>
        i === 0 || i === 4 ? { ...picture, open: () => "00.jpg" } : picture,
      );
      const [cell] = await runGrid({ models: ["a"], sets: [{ ...set, pictures }], ...opener() });
      expect(cell!.imagesPerSecond).toBe(3 / 5);
    } finally {
      clock.mockRestore();
    }
  });

  it("looks again for pictures that failed, and for them alone", async () => {
    const folder = join(root, "away");
    const set = letterSet("one");
    const away = set.pictures.map((picture, i) => (i === 3 ? { ...picture, open: () => "00.jpg" } : picture));
    const run = async (pictures: typeof set.pictures): Promise<readonly [number, number]> => {
      const { open, seen } = opener();
      await using store = await openRunStore(folder);
      const [cell] = await runGrid({ models: ["a"], sets: [{ ...set, pictures }], store, open });
      return [seen(), cell!.failed.length];
    };
    expect(await run(away)).toEqual([20, 1]);
    expect(await run(set.pictures)).toEqual([1, 0]);
    expect(await run(set.pictures)).toEqual([0, 0]);
  });

  it("tells of classes whose names can't be told apart", async () => {
    const told: string[] = [];
    const set = letterSet("one");
    const classes = set.classes.map(({ id }, i) => ({ id, label: ["Cat", "cat"][i]! }));
    await runGrid({
      models: ["a"],
      sets: [{ ...set, classes }],
      ...opener(),
      onWarning: ({ code }) => told.push(code),
    });
    expect(told).toContain("labels.case");
  });

  it("begins anew with fresh, and measures a set again whose files changed", async () => {
    const folder = join(root, "fresh");
    const run = async (set: LabelledSet, fresh: boolean): Promise<number> => {
      const { open, seen } = opener();
      await using store = await openRunStore(folder, { fresh });
      await runGrid({ models: ["a"], sets: [set], store, open });
      return seen();
    };
    const set = letterSet("one");
    expect(await run(set, false)).toBe(20);
    expect(await run(set, false)).toBe(0);
    expect(await run(set, true)).toBe(20);
    expect(await run({ ...set, fingerprint: "other" }, false)).toBe(20);
  });

  it("measures again what is damaged", async () => {
    const folder = join(root, "damaged");
    const run = async (): Promise<number> => {
      const { open, seen } = opener();
      await using store = await openRunStore(folder);
      await runGrid({ models: ["a"], sets: [letterSet("one")], store, open });
      return seen();
    };
    await run();
    const [cell] = readdirSync(join(folder, "cells"));
    writeFileSync(join(folder, "cells", cell!), "{");
    expect(await run()).toBe(0);
    const whole = readFileSync(join(folder, "cells", cell!), "utf8");
    writeFileSync(join(folder, "cells", cell!), whole.replace('"top1":', '"top1":1'));
    expect(await run()).toBe(0);
    expect(readFileSync(join(folder, "cells", cell!), "utf8")).not.toBe(whole.replace('"top1":', '"top1":1'));
    writeFileSync(join(folder, "cells", cell!), '{"format":2,"cell":{"predicted":[1]}}');
    const [vectors] = readdirSync(join(folder, "vectors"));
    truncateSync(join(folder, "vectors", vectors!), 16 + 5 * 4 * 29 + 7);
    expect(await run()).toBe(15);
  });
});

describe("openRunStore", () => {
  it("a folder that can't be written is an error, or nothing is kept", async () => {
    const file = join(root, "file");
    writeFileSync(file, "");
    await expect(openRunStore(join(file, "run"))).rejects.toMatchObject({ code: "evaluate.run" });
    await using store = await openRunStore(join(file, "run"), { lenient: true });
    await store.write("cells", "k", 1);
    expect(await store.read("cells", "k")).toBeUndefined();
  });

  it("one process at a time", async () => {
    const folder = join(root, "busy");
    await using _first = await openRunStore(folder);
    await expect(openRunStore(folder)).rejects.toMatchObject({
      code: "evaluate.run",
      message: expect.stringMatching(/another process works in it/),
    });
    await using second = await openRunStore(folder, { lenient: true });
    expect(second.unkept).toMatch(/another process works in it/);
  });

  it("what is cleared is gone while nobody else can be in it", async () => {
    const folder = join(root, "cleared");
    await using store = await openRunStore(folder);
    await store.write("cells", "k", 1);
    expect(await store.read("cells", "k")).toBe(1);
    await store.clear();
    expect(await store.read("cells", "k")).toBeUndefined();
    expect(readdirSync(folder)).toEqual(["lock"]);
  });
});

describe("openFeatureLog", () => {
  const feature = (position: number) => ({
    position,
    seconds: position === 9 ? null : 0.5,
    vector: unit(Float32Array.of(position + 1, 2, 3)),
  });
  const positions = async (path: string, dim = 3): Promise<number[]> => {
    await using log = await openFeatureLog(path, dim);
    return [...log.known.keys()];
  };

  it("gives back bit for bit what was appended; a cut record and what is behind a damaged one are gone", async () => {
    const path = join(root, "log");
    {
      await using log = await openFeatureLog(path, 3);
      await log.append([feature(4), feature(0)]);
      await log.append([feature(9)]);
    }
    const whole = statSync(path).size;
    appendFileSync(path, Buffer.alloc(11, 1));
    {
      await using log = await openFeatureLog(path, 3);
      // A time that says nothing is kept as such.
      expect([...log.known.values()]).toEqual([feature(4), feature(0), feature(9)]);
      expect(statSync(path).size).toBe(whole);
    }
    const bytes = readFileSync(path);
    bytes[16 + 24 + 9]! ^= 1;
    writeFileSync(path, bytes);
    expect(await positions(path)).toEqual([4]);
    expect(await positions(path, 5)).toEqual([]);
    writeFileSync(path, "of another kind");
    expect(await positions(path)).toEqual([]);
  });
});

describe("compareCells", () => {
  it("compares cells that differ in one thing, on the pictures that both read", async () => {
    const set = letterSet("one");
    const cells = await runGrid({ models: ["a", "b"], sets: [set], views: ["center", "flip"], ...opener() });
    const [a, , b] = cells;
    const worse = {
      ...b!,
      predicted: b!.predicted.map((answer, i) => (i === 0 ? -1 : i < 8 ? 1 - answer : answer)),
    };
    const found = compareCells([a!, worse, cells[1]!], [set]);
    expect(found.map(({ first, second }) => `${first} | ${second}`)).toEqual([
      "a · center | b · center",
      "a · center | a · flip",
    ]);
    // Of pictures 1 to 7 the first has 5 right, the second the 2 others.
    expect(found[0]).toMatchObject({ images: 19, onlyFirst: 5, onlySecond: 2, method: "exact" });
    expect(found[0]!.difference).toBeCloseTo(3 / 19, 12);
    expect(found[0]!.adjustedP).toBeGreaterThanOrEqual(found[0]!.p);
    expect(cellName({ ...a!, variant: { resolution: 32 } }, [a!])).toBe("a · 32 px");
  });
});
