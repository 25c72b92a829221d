import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { encodeTexts } from "../../src/encode/texts.js";
import { quantiseMatMuls } from "../../src/graph/quantise-dynamic.js";
import { dot } from "../../src/math/dot.js";
import { deriveSpec } from "../../src/models/derive.js";
import type { TextTower } from "../../src/models/manifest.js";
import { buildTextTower } from "../../src/models/text-tower.js";
import { Weights } from "../../src/models/weights.js";
import { writeTower } from "../../src/models/write-tower.js";
import { openSession, type Session } from "../../src/runtime/session.js";
import { tinyClip } from "./random-tensors.js";

const CONTEXT = 12;
const [START, END] = [48, 49];
const tensors = tinyClip(5);
const spec = deriveSpec(tensors, { activation: "quick_gelu", imageHeads: 4, textHeads: 2 });
const graph = buildTextTower(spec.text, spec.dim, new Weights(tensors));
let folder = "";
let session: Session;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "zeroclip-shared-"));
  await writeTower(folder, "text", graph);
  session = await openSession(join(folder, "text.onnx"), { threads: 1 });
});
afterAll(async () => {
  await session[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const ints = (data: readonly number[], dims: readonly number[]) =>
  ({ type: "int32", data: Int32Array.from(data), dims }) as const;

async function features(rows: readonly (readonly number[])[], shared: number): Promise<Float32Array> {
  const length = Math.max(...rows.map((row) => row.length)) - shared;
  const own = rows.flatMap((row) => Array.from({ length }, (_, i) => row[shared + i] ?? 0));
  const feeds = {
    input_ids: ints(own, [rows.length, length]),
    prefix_ids: ints(rows[0]!.slice(0, shared), [1, shared]),
  };
  return (await session.run(feeds, "features")).data;
}

const words = fc.array(fc.integer({ min: 0, max: 47 }), { maxLength: 5 });

test("any part of a common beginning may be shared: also none, whole rows, and one with an end token", async () => {
  const property = async (start: number[], others: number[][], early: boolean): Promise<void> => {
    const beginning = [START, ...start, ...(early ? [END] : [])];
    const rows = others.map((own) => [...beginning, ...own, END].slice(0, CONTEXT));
    const plain = await features(rows, 0);
    const largest = Math.max(...plain.map(Math.abs));
    const longest = Math.max(...rows.map((row) => row.length));
    for (let shared = 1; shared <= Math.min(beginning.length, longest - 1); shared++) {
      const found = await features(rows, shared);
      found.forEach((value, i) => {
        expect(Math.abs(value - plain[i]!) / largest).toBeLessThan(2e-5);
      });
    }
  };
  const others = fc.array(words, { minLength: 1, maxLength: 5 });
  await fc.assert(fc.asyncProperty(words, others, fc.boolean(), property), { numRuns: 40, seed: 3 });
});

const tower: TextTower = {
  file: "text.onnx",
  idsInput: "input_ids",
  idsType: "int32",
  prefixInput: "prefix_ids",
  output: "features",
  tokenizer: { kind: "clip-bpe", contextLength: CONTEXT },
};
const tokenizer = {
  maxLength: CONTEXT,
  padId: 0,
  encode: (text: string) => {
    const all = [START, ...text.split(" ").filter(Boolean).map(Number)];
    const ids = [...all.slice(0, CONTEXT - 1), END];
    return { ids, lost: all.length + 1 - ids.length, unknown: 0 };
  },
};

test("prompts of many templates have the vectors that each has alone, in order", async () => {
  const templates = ["{}", "1 2 3 4 {}", "1 2 3 4 5", "7 8 9 10 11 12 13 14 15 16 {} 17", "1 2 {} 3"];
  const texts = templates.flatMap((template) =>
    Array.from({ length: 40 }, (_, i) => template.replace("{}", i % 9 === 8 ? "" : `${i} ${i % 7}`)),
  );
  const side = { session, tower, tokenizer, dim: spec.dim, knownScripts: undefined };
  const together = await encodeTexts(side, texts);
  for (const [i, text] of texts.entries()) {
    const { ids } = tokenizer.encode(text);
    const alone = await features([ids], 0);
    expect(
      dot(
        together[i]!,
        alone.map((value) => value / Math.hypot(...alone)),
      ),
    ).toBeGreaterThan(0.999999);
  }
});

test("the int8 form shares too, within its rounding", async () => {
  await writeTower(folder, "int8", quantiseMatMuls(graph));
  await using int8 = await openSession(join(folder, "int8.onnx"), { threads: 1 });
  const texts = Array.from({ length: 30 }, (_, i) => `1 2 3 ${i}`);
  const side = { tower, tokenizer, dim: spec.dim, knownScripts: undefined };
  const expected = await encodeTexts({ ...side, session }, texts);
  const found = await encodeTexts({ ...side, session: int8 }, texts);
  for (const [i, vector] of found.entries()) expect(dot(vector, expected[i]!)).toBeGreaterThan(0.99);
});
