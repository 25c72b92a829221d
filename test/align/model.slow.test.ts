import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { featuresOf, IDS, MASK, studentGraph } from "../../src/align/student.js";
import { loadClip } from "../../src/clip.js";
import { dot } from "../../src/math/dot.js";
import { labelSet } from "../../src/zeroshot/label-sets.js";
import { runGraph } from "../models/run-graph.js";

const folder = mkdtempSync(join(tmpdir(), "zeroclip-align-"));
afterAll(() => rmSync(folder, { recursive: true }));
const made = join(folder, "model");
const pairs = join(folder, "pairs.tsv");
const CAT = "test/fixtures/pictures/cat.jpg";

/** English in Georgian letters: a language that nobody speaks and that everything is known about. */
const coded = (text: string): string =>
  text.replace(/[a-z]/g, (letter) => String.fromCodePoint(0x10d0 + letter.charCodeAt(0) - 97));

const zeroclip = (...args: string[]) =>
  spawnSync(process.execPath, ["dist/cli/main.js", ...args, "--home", join(folder, "home")], {
    encoding: "utf8",
  });

beforeAll(() => {
  const words = labelSet("everyday").labels.map(({ name }) => name);
  const texts = words.flatMap((word) => [word, `a photo of a ${word}`, `a ${word} in a garden`]);
  writeFileSync(pairs, texts.map((text) => `${coded(text)}\t${text}\n`).join(""));
  execFileSync(process.execPath, [
    ...[
      "dist/cli/main.js",
      "align",
      "--pairs",
      pairs,
      "--out",
      made,
      "--home",
      join(folder, "home"),
      "--quiet",
    ],
  ]);
});

it("a model that learnt a language answers in it, and as before in its own", async () => {
  await using clip = await loadClip(made, { home: join(folder, "home") });
  await using starter = await loadClip("starter", { home: join(folder, "home") });
  expect(clip.model.knownScripts).toEqual(expect.arrayContaining(["Latin", "Georgian"]));
  const names = ["cat", "dog", "rocket", "cup of coffee"];
  const [first] = await clip.classify(CAT, names.map(coded));
  expect(first!.label).toBe(coded("cat"));
  const [mixed] = await clip.classify(CAT, ["dog", coded("cat"), "rocket"]);
  expect(mixed!.label).toBe(coded("cat"));
  const [[own], [before]] = [await clip.encodeTexts(["a cat"]), await starter.encodeTexts(["a cat"])];
  expect(dot(own!, before!)).toBeGreaterThan(0.999999);
  expect(clip.model.revision).not.toBe(starter.model.revision);
});

it("the command says what it did; nothing is written over, nothing half-written is left", () => {
  const again = zeroclip("align", "--pairs", pairs, "--out", made);
  expect(again.status).toBe(1);
  expect(again.stderr).toMatch(/Expected a folder that is not there yet/);
  const other = zeroclip(
    "align",
    "--pairs",
    pairs,
    "--out",
    join(folder, "other"),
    "--tokens",
    "200",
    "--json",
  );
  expect(other.status, other.stderr).toBe(0);
  expect(JSON.parse(other.stdout)).toMatchObject({
    model: "other",
    scripts: ["Georgian"],
    pairs: { held: 20 },
  });
  writeFileSync(join(folder, "bad.tsv"), "x\n");
  const bad = zeroclip("align", "--pairs", join(folder, "bad.tsv"), "--out", join(folder, "third"));
  expect(bad.status).toBe(1);
  expect(bad.stderr).toMatch(/line 1 of .*bad\.tsv/);
  expect(readdirSync(folder).sort()).toEqual(["bad.tsv", "home", "model", "other", "pairs.tsv"]);
  expect(JSON.parse(readFileSync(join(made, "zeroclip.json"), "utf8")).aligned.pairs.held).toBe(20);
});

it("its int8 form reads the language, too", { timeout: 300_000 }, async () => {
  const quantised = zeroclip("quantize", made, "--towers", "text", "--quiet");
  expect(quantised.status, quantised.stderr).toBe(0);
  await using clip = await loadClip(`${made}@int8`, { home: join(folder, "home") });
  const [first] = await clip.classify(CAT, ["dog", "cat", "rocket"].map(coded));
  expect(first!.label).toBe(coded("cat"));
});

it("the graph computes what was judged", async () => {
  const student = {
    ...{
      table: Int8Array.from({ length: 20 }, (_, i) => i * 9 - 90),
      scales: Float32Array.of(0, 1, 0.5, 2, 0.1),
    },
    ...{
      width: 4,
      basis: Float32Array.from({ length: 12 }, (_, i) => i - 5),
      mean: Float32Array.of(1, 2, 3),
      power: 0.5,
    },
  };
  const rows = [[1, 2, 3], [4]];
  const feeds = {
    [IDS]: { type: "int64" as const, data: BigInt64Array.of(1n, 2n, 3n, 4n, 0n, 0n), dims: [2, 3] },
    [MASK]: { type: "int64" as const, data: BigInt64Array.of(1n, 1n, 1n, 1n, 0n, 0n), dims: [2, 3] },
  };
  const { data } = await runGraph(studentGraph(student), feeds);
  expect([...data]).toEqual(
    rows.flatMap((ids) => [...featuresOf(student, ids)].map((value) => expect.closeTo(value, 2))),
  );
});
