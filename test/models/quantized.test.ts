import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { serializeModel } from "../../src/graph/serialize.js";
import { publishCompiled, verifyCompiled } from "../../src/models/compiled-cache.js";
import type { ModelManifest, QuantizationRecord } from "../../src/models/manifest.js";
import { planModel } from "../../src/models/open.js";
import {
  hasQuantized,
  openQuantized,
  PASSES_VERSION,
  publishQuantized,
  quantizedKey,
} from "../../src/models/quantized.js";
import { UNCALIBRATED } from "../../src/quantize/calibrate.js";
import { PASSES } from "../../src/quantize/passes.js";
import { writeCheckpoint } from "../quantize/checkpoint.js";

/** The bytes that the passes make of a seeded model: with others, raise `PASSES_VERSION` and write both here. */
const MADE = { version: 7, sha256: "51bc7335139d705b6faf6c3672571f2c88ed995b6f7741653ef7e961c78abce2" };

let folder = "";
let checkpoint = "";
let manifest: ModelManifest;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "zeroclip-quantized-"));
  checkpoint = join(folder, "seeded.safetensors");
  await writeCheckpoint(checkpoint);
  await using plan = await planModel(checkpoint, { cacheFolder: folder });
  manifest = plan.manifest;
});
afterAll(() => rm(folder, { recursive: true }));

test("passes that make other bytes have another version", async () => {
  await using plan = await planModel(checkpoint, { cacheFolder: folder });
  const { image, text } = await plan.graphs();
  const hash = createHash("sha256");
  for (const graph of [image, text]) {
    const { model, external } = serializeModel(PASSES.quantise(graph, UNCALIBRATED, new Set()), "x.data");
    hash.update(model);
    for (const { weight } of external) hash.update(weight.read());
  }
  expect({ version: PASSES_VERSION, sha256: hash.digest("hex") }).toEqual(MADE);
});

test("a form of older passes is not opened, and gives way when the model is quantised again", async () => {
  const old = quantizedKey(manifest.revision, PASSES_VERSION - 1);
  await publishCompiled(folder, old, async () => ({ manifest, files: [] }));
  expect(await hasQuantized(manifest, folder)).toBe(false);
  await expect(openQuantized(manifest, folder)).rejects.toMatchObject({ code: "model.not-quantized" });
  const quantization = {} as QuantizationRecord;
  await publishQuantized(manifest, folder, async () => ({ files: [], quantization }));
  expect(await hasQuantized(manifest, folder)).toBe(true);
  expect(await verifyCompiled(folder, old)).toBe(false);
});

test("a form whose record is damaged is told as damaged, not as none", async () => {
  const quantization = {} as QuantizationRecord;
  const form = await publishQuantized(manifest, folder, async () => ({ files: [], quantization }));
  await writeFile(join(form.folder, "entry.json"), "{");
  await expect(openQuantized(manifest, folder)).rejects.toMatchObject({
    code: "model.damaged",
    message: expect.stringMatching(
      / is damaged: run "zeroclip quantize seeded\.safetensors --to int8" again\.$/,
    ),
  });
  await publishQuantized(manifest, folder, async () => ({ files: [], quantization }));
  expect(await hasQuantized(manifest, folder)).toBe(true);
});
