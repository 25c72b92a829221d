import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { OpenedModel } from "../../src/models/manifest.js";
import { type Features, type Feed, openSession } from "../../src/runtime/session.js";
import { cosine } from "../support/cosine.js";
import { type Transpiled, transpile } from "../support/transpile.js";
import { referencePython, runPython } from "./python.js";

/** The five real shapes with parameters as counted (shared/reference.md, "The original checkpoints"). */
const SHAPES = [
  { name: "RN50", parameters: 102_007_137, visual: 38_316_896, dim: 1024, size: 224 },
  { name: "RN101", parameters: 119_688_033, visual: 56_259_936, dim: 512, size: 224 },
  { name: "ViT-B/32", parameters: 151_277_313, visual: 87_849_216, dim: 512, size: 224 },
  { name: "ViT-L/14", parameters: 427_616_513, visual: 303_966_208, dim: 768, size: 224 },
  { name: "ViT-L/14@336px", parameters: 427_944_193, visual: 304_293_888, dim: 768, size: 336 },
];

/** Most memory while loading, in sizes of the fp32 weights (issue 4, section 2). */
const MOST_MEMORY = 2.2;

interface Reference {
  readonly size: number;
  readonly count: number;
  readonly ids: readonly (readonly number[])[];
  readonly image: readonly (readonly number[])[];
  readonly text: readonly (readonly number[])[];
  readonly parameters: number;
  readonly visual: number;
}

interface Compiled {
  readonly model: OpenedModel;
  readonly seconds: number;
  readonly peakBytes: number;
}

const table: string[][] = [];
let folder = "";
let python = "";
let source: Transpiled;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "zeroclip-full-size-"));
  source = await transpile("models/open");
  python = await referencePython(join(folder, "venv"));
});

afterAll(async () => {
  await source[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
  const head = [
    "model",
    "parameters",
    "visual",
    "image 1−cos",
    "centred",
    "text 1−cos",
    "centred",
    "compile",
    "peak/fp32",
  ];
  const rows = [head, head.map(() => "---"), ...table];
  process.stdout.write(`\n${rows.map((row) => `| ${row.join(" | ")} |`).join("\n")}\n\n`);
});

test.each(SHAPES)("$name has the reference's features", async ({ name, parameters, visual, dim, size }) => {
  const work = join(folder, "work");
  await mkdir(work);
  try {
    await runPython(python, "full-size/reference.py", [name, work]);
    const reference: Reference = JSON.parse(await readFile(join(work, "reference.json"), "utf8"));
    const child = join(import.meta.dirname, "compile-child.mjs");
    const args = [
      child,
      join(source.folder, "src/models/open.js"),
      join(work, "model.pt"),
      join(work, "cache"),
    ];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const { model, seconds, peakBytes }: Compiled = JSON.parse(stdout);
    const { manifest } = model;

    expect({ parameters: reference.parameters, visual: reference.visual }).toEqual({ parameters, visual });
    expect(manifest.parameters).toEqual({ image: visual, text: parameters - visual });
    expect(manifest).toMatchObject({ dim, image: { preprocessing: { size } } });
    expect(manifest.logitScale).toBeCloseTo(100, 3);

    const image = compare(await encodeImages(model, work, reference), reference.image);
    const text = compare(await encodeTexts(model, reference), reference.text);
    const memory = peakBytes / (4 * parameters);
    const counts = [parameters, visual].map((count) => count.toLocaleString("en"));
    const distances = [image.cosine, image.centred, text.cosine, text.centred].map((cosine) =>
      (1 - cosine).toExponential(1),
    );
    table.push([name, ...counts, ...distances, `${seconds.toFixed(1)} s`, `${memory.toFixed(2)}×`]);

    for (const { cosine, centred, relative } of [image, text]) {
      expect(cosine).toBeGreaterThanOrEqual(0.99999);
      expect(centred).toBeGreaterThanOrEqual(0.9999);
      expect(relative).toBeLessThan(1e-3);
    }
    expect(memory).toBeLessThan(MOST_MEMORY);
  } finally {
    await rm(work, { recursive: true });
  }
});

async function encodeImages(
  { folder, manifest }: OpenedModel,
  work: string,
  reference: Reference,
): Promise<Features> {
  await using session = await openSession(join(folder, manifest.image.file));
  const data = await readFile(join(work, "pixels.bin"));
  const dims = [reference.count, reference.size, reference.size, 3];
  return await session.run({ [manifest.image.input]: { type: "uint8", data, dims } }, manifest.image.output);
}

async function encodeTexts({ folder, manifest }: OpenedModel, { ids }: Reference): Promise<Features> {
  await using session = await openSession(join(folder, manifest.text.file));
  const { idsInput, prefixInput, output } = manifest.text;
  const feed = (rows: readonly (readonly number[])[]): Feed => ({
    type: "int32",
    data: Int32Array.from(rows.flat()),
    dims: [rows.length, rows[0]!.length],
  });
  const prefix = feed([ids[0]!.slice(0, 1)]);
  return await session.run(
    { [idsInput]: feed(ids.map((row) => row.slice(1))), [prefixInput!]: prefix },
    output,
  );
}

/** The worst row's cosine; the same with the mean feature removed, which a constant feature fails; the worst value. */
function compare(
  got: Features,
  expected: readonly (readonly number[])[],
): { cosine: number; centred: number; relative: number } {
  const width = expected[0]!.length;
  expect(got.dims).toEqual([expected.length, width]);
  const rows = expected.map((_, i) => [...got.data.subarray(i * width, (i + 1) * width)]);
  const mean = expected[0]!.map((_, j) => expected.reduce((sum, row) => sum + row[j]!, 0) / expected.length);
  const away = (row: readonly number[]): number[] => row.map((value, j) => value - mean[j]!);
  const largest = Math.max(...expected.flat().map(Math.abs));
  return {
    cosine: Math.min(...rows.map((row, i) => cosine(row, expected[i]!))),
    centred: Math.min(...rows.map((row, i) => cosine(away(row), away(expected[i]!)))),
    relative:
      Math.max(...rows.flatMap((row, i) => row.map((value, j) => Math.abs(value - expected[i]![j]!)))) /
      largest,
  };
}
