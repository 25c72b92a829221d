import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { makeReport, markdownOf, notesOf, tableOf } from "../../src/bench/report.js";
import { measure, spreadOver } from "../../src/bench/rounds.js";
import { fake } from "./fake.js";

const folder = mkdtempSync(join(tmpdir(), "zeroclip-rounds-"));
afterAll(() => rmSync(folder, { recursive: true }));

const options = {
  rounds: 3,
  coldRounds: 2,
  seconds: 0.03,
  batches: [1, 8],
  files: ["test/fixtures/pictures/cat.jpg"],
  texts: ["a", "b", "c"],
  endToEnd: true,
};
const settings = { ...options, threads: "all", pictures: 1, texts: 3 } as const;
const facts = {
  machine: { cpu: "P", instructions: ["AVX2"], cores: 2, memoryBytes: 8e9, system: "linux x64" },
  versions: { zeroclip: "0.0.0" },
  when: "2026-01-01T00:00:00.000Z",
  settings,
};

describe("rounds", () => {
  it("go through all contenders, figure by figure, each time in another order", async () => {
    const log = join(folder, "log");
    const { contenders, peak } = await measure(
      [fake("A", { log, ms: 2 }, true), fake("B", { log, ms: 6 })],
      options,
    );
    const lines = readFileSync(log, "utf8").trim().split("\n");
    const towers = lines.filter((line) => line.includes("images 8")).map((line) => line[0]);
    expect(towers.join("")).toBe("ABBAABBA");
    expect(lines.filter((line) => line.startsWith("A answer"))).toHaveLength(1 + options.coldRounds);
    expect(contenders.map(({ samples }) => samples.b8)).toEqual([
      [2, 2, 2],
      [6, 6, 6],
    ]);
    for (const { samples } of contenders) {
      expect(Object.keys(samples).sort()).toEqual(["b1", "b8", "cold", "files", "load", "resident", "text"]);
      expect(samples.cold).toHaveLength(2);
    }
    expect(peak.fp32).toHaveLength(3);
    expect(Math.min(...peak.fp32, ...peak.int8)).toBeGreaterThan(0);

    const report = makeReport({ contenders, peak }, facts);
    expect(report.kind).toBe("avx2");
    expect(report.versions).toEqual({ zeroclip: "0.0.0", fake: "1.0" });
    const [first, second] = report.contenders;
    expect(first).toMatchObject({
      own: true,
      diskBytes: 400,
      operations: 2e6,
      figures: { b1: { median: 2, count: 3 } },
    });
    // 2 million operations in 2 ms are one billion a second.
    expect(first!.ofPeak!.fp32).toBeCloseTo(1 / report.peak.fp32.median, 9);
    expect(second).toMatchObject({ timesFirst: { b1: { median: 3 }, b8: { median: 3 } } });
    expect(second!.ofPeak).toBeUndefined();
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);

    const { titles, rows } = tableOf(report);
    for (const row of rows) expect(row).toHaveLength(titles.length);
    expect(rows[1]).toContain("3.00×");
    const markdown = markdownOf(report).split("\n");
    expect(markdown[1]).toMatch(/^\| --- \|( ---: \|)+$/);
    expect(markdown[2]).toMatch(/^\| A \| 5\.00 ±0% \|/);
  });

  it("compare the vectors of contenders that hold the same weights", async () => {
    const { contenders, peak } = await measure([fake("A"), fake("B", { vector: [0.6, 0.8] })], {
      ...options,
      rounds: 1,
      coldRounds: 0,
      batches: [2],
      texts: [],
      endToEnd: false,
      sameWeights: true,
    });
    expect(contenders.map(({ worstCosine }) => worstCosine)).toEqual([1, 0.6]);
    const { titles, rows } = tableOf(
      makeReport({ contenders, peak }, { ...facts, settings: { ...settings, batches: [2] } }),
    );
    expect(rows[1]![titles.indexOf("worst cosine")]).toBe("0.6000");
  });

  it("leave out a contender that fails, with its sentence, and keep the others", async () => {
    const { contenders, peak } = await measure(
      [fake("good"), fake("late", { dies: "texts" }), fake("never", { refuses: "load" })],
      options,
    );
    expect(contenders.map(({ failed }) => failed)).toEqual([
      undefined,
      "late ended (exit code 3): out of luck",
      "never: no such thing here",
    ]);
    expect(contenders[0]!.samples.text).toHaveLength(3);
    expect(contenders[1]!.samples.text).toBeUndefined();
    const report = makeReport({ contenders, peak }, facts);
    expect(tableOf(report).rows[2]![0]).toBe("never (failed)");
    expect(notesOf(report)).toContain("never: no such thing here");
  });

  it("end when they are stopped", async () => {
    const abort = new AbortController();
    const stopped = measure([fake("A", { hangs: "answer" })], { ...options, signal: abort.signal });
    setTimeout(() => abort.abort(), 100);
    await expect(stopped).rejects.toMatchObject({ code: "aborted" });
  });

  it("take a part of a long list from all of it", () => {
    expect(spreadOver([0, 1, 2, 3, 4, 5, 6, 7], 4)).toEqual([0, 2, 4, 6]);
    expect(spreadOver([0, 1], 4)).toEqual([0, 1]);
  });
});
