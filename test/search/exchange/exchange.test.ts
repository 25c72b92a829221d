import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exportRows } from "../../../src/search/exchange/export.js";
import { importRows } from "../../../src/search/exchange/import.js";
import { FACTS, type Row, rowId } from "../../../src/search/row.js";
import { openStore } from "../../../src/search/store/open.js";
import type { Store, StoreModel } from "../../../src/search/store/store.js";

const MODEL: StoreModel = { name: "small", revision: "abc", precision: "fp32", dim: 8 };
const COUNT = 2_345;

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "zeroclip-exchange-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const fresh = (model: StoreModel = MODEL): Promise<Store> =>
  openStore("memory:", { model, create: true, version: "test" });

/** A store that outlives the import which closes it. */
const lent = (store: Store): Store =>
  new Proxy(store, {
    get: (target, key) => {
      if (key === Symbol.asyncDispose) return async () => undefined;
      const value = Reflect.get(target, key) as unknown;
      return typeof value === "function" ? value.bind(target) : value;
    },
  });

/** Rows with everything that a row may hold: nothing, all, signs of every kind. */
function row(i: number): Row {
  const path = i % 7 === 0 ? `/photos/line\nbreak "${i}" 猫\u202e.jpg` : `/photos/${i}.jpg`;
  const time = i % 5 === 0 ? i * 1_000 : null;
  const vector = Float32Array.from({ length: MODEL.dim }, (_, d) => Math.sin(i * 3 + d) + 1.5);
  const length = Math.hypot(...vector);
  const full = i % 2 === 0;
  return {
    id: rowId(path, time),
    path,
    time,
    hash: i.toString(16).padStart(64, "0"),
    bytes: i * 2 ** 31,
    modified: 5 - i * 1_000_000_007,
    width: i,
    height: 2 * i,
    taken: full ? 1e12 + i : null,
    latitude: full ? -12.5 + i / 1e6 : null,
    longitude: full ? 179.999_999 : null,
    camera: full ? "Maker Model" : null,
    labels: full ? ['red, "quoted"', "猫"] : [],
    caption: full ? "Two\nlines." : null,
    perceptual: (i * 7).toString(16).padStart(16, "0"),
    sharpness: i / 3,
    blank: i % 3 === 0,
    thumbnail: full ? Uint8Array.of(0, 255, i % 256) : null,
    indexed: 1_700_000_000_000 + i,
    vector: vector.map((value) => value / length),
  };
}

async function rowsOf(store: Store): Promise<Row[]> {
  const all: Row[] = [];
  for await (const rows of store.scan({ columns: [...FACTS, "thumbnail", "vector"] }))
    all.push(...(rows as Row[]));
  return all;
}

describe.each(["rows.jsonl", "rows.parquet"])("%s", (name) => {
  it("brings every row back as it was, whole or not at all", async () => {
    const from = await fresh();
    await from.put(Array.from({ length: COUNT }, (_, i) => row(i)));
    const path = join(folder, "new", name);
    const steps: number[] = [];
    expect(await exportRows(from, path, { onProgress: ({ done }) => steps.push(done) })).toBe(COUNT);
    expect(steps.at(-1)).toBe(COUNT);
    const to = await fresh();
    expect(await importRows(path, async () => lent(to))).toBe(COUNT);
    expect(await rowsOf(to)).toEqual(await rowsOf(from));
    expect(await importRows(path, async () => lent(to))).toBe(COUNT);
    expect(await to.count()).toBe(COUNT);
    expect(readdirSync(join(folder, "new")).filter((file) => file.includes("partial"))).toEqual([]);
  });

  it("is refused where another model made it, and where the folder can't be written", async () => {
    const path = join(folder, `few-${name}`);
    const from = await fresh();
    await from.put([row(1)]);
    await exportRows(from, path);
    const other = await fresh({ ...MODEL, revision: "other" });
    await expect(importRows(path, async () => other)).rejects.toMatchObject({ code: "search.model" });
    writeFileSync(join(folder, "file"), "");
    await expect(exportRows(from, join(folder, "file", name))).rejects.toMatchObject({ code: "usage.out" });
    await expect(importRows(join(folder, `none-${name}`), fresh)).rejects.toMatchObject({
      code: "search.import",
      message: expect.stringContaining("there is no such file"),
    });
  });
});

it("an empty store is an empty file", async () => {
  for (const name of ["empty.jsonl", "empty.parquet"]) {
    expect(await exportRows(await fresh(), join(folder, name))).toBe(0);
    expect(await importRows(join(folder, name), fresh)).toBe(0);
  }
});

describe("a file that was changed", () => {
  const lines = (change: (record: Record<string, unknown>) => unknown, at = 2): string[] =>
    [0, 1, 2, 3].map((i) => {
      const { vector: _, thumbnail: __, ...record } = row(i);
      return JSON.stringify(i === at ? change({ ...record }) : record);
    });
  const broken: [string, string[], RegExp][] = [
    ["no JSON", [...lines((r) => r).slice(0, 3), "{"], /JSON in line 4/],
    ["no row", lines(() => [1]), /line 3 .*its id is no text/],
    ["null", lines(() => null), /line 3 .*it is none/],
    ["a number as text", lines((r) => ({ ...r, width: "12" })), /line 3 .*width is no number/],
    ["labels as text", lines((r) => ({ ...r, labels: "red" })), /line 3 .*labels is no texts/],
    ["a place that is none", lines((r) => ({ ...r, latitude: 200 })), /line 3 .*latitude/],
    ["another path", lines((r) => ({ ...r, path: "/elsewhere" })), /line 3 .*id/],
    ["a hash that is none", lines((r) => ({ ...r, hash: "xyz" })), /line 3 .*hash/],
    ["a line too few", lines((r) => r).slice(1), /(4 lines .* there are 3)|line/],
    ["a line too many", [...lines((r) => r), "{}"], /there are more/],
    ["an endless line", [`"${"x".repeat(5_000_000)}"`, ...lines((r) => r).slice(1)], /line 1 has/],
  ];

  it.each(broken)("%s: refused with its place, and nothing is put", async (_, text, words) => {
    const path = join(folder, "broken.jsonl");
    const from = await fresh();
    const four = [0, 1, 2, 3].map(row);
    await from.put(four);
    await exportRows(from, path);
    writeFileSync(path, `${text.join("\n")}\n`);
    const to = await fresh();
    await expect(importRows(path, async () => lent(to))).rejects.toMatchObject({
      code: "search.import",
      message: expect.stringMatching(words),
    });
    expect(await to.count()).toBe(0);
  });

  it("numbers that are cut, or none", async () => {
    const path = join(folder, "cut.jsonl");
    const from = await fresh();
    await from.put([0, 1].map(row));
    await exportRows(from, path);
    const vectors = path.replace(/jsonl$/, "npy");
    const whole = readFileSync(vectors);
    for (const bytes of [whole.subarray(0, whole.length - 1), Buffer.alloc(0), Buffer.from("words")]) {
      writeFileSync(vectors, bytes);
      await expect(importRows(path, fresh)).rejects.toMatchObject({ code: "search.import" });
    }
    whole.fill(0xff, 128);
    writeFileSync(vectors, whole);
    await expect(importRows(path, fresh)).rejects.toMatchObject({
      message: expect.stringMatching(/line 1.*vector/),
    });
    writeFileSync(join(folder, "damaged.parquet"), "PAR1 but no more of it PAR1");
    await expect(importRows(join(folder, "damaged.parquet"), fresh)).rejects.toMatchObject({
      code: "search.import",
    });
  });
});

it("NumPy reads the vectors", { timeout: 30_000 }, async () => {
  const python = ["python3", "/usr/bin/python3"].find((name) => {
    try {
      execFileSync(name, ["-c", "import numpy"], { stdio: "ignore" });
      return true;
    } catch {
      return false;
    }
  });
  const from = await fresh();
  await from.put([0, 1, 2].map(row));
  await exportRows(from, join(folder, "np.jsonl"));
  const head = readFileSync(join(folder, "np.npy")).subarray(0, 128).toString("latin1");
  expect(head).toContain("'shape': (3, 8)");
  if (python === undefined) return;
  const code = `import numpy; print(numpy.load(${JSON.stringify(join(folder, "np.npy"))}).shape)`;
  expect(String(execFileSync(python, ["-c", code]))).toBe("(3, 8)\n");
});
